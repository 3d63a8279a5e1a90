import type { CDPSession, Page } from '@playwright/test'
import type { FirefoxWindow } from './firefox-window.ts'

/** What an input method does in the tab of a person, who has put the caret somewhere. */
export interface InputMethod {
  /** Shows candidate text, in the place of the last one. */
  compose(candidate: string): Promise<void>
  /** Ends with this text in its place. */
  commit(chosen: string): Promise<void>
  /** A key as a keyboard sends it, Enter or a character; while something is composed it belongs to the input method. */
  press(key: string): Promise<void>
}

/** The one of Chromium: through the DevTools protocol. */
export class ChromiumInputMethod implements InputMethod {
  readonly #page: Page
  #keyboard: Promise<CDPSession> | null = null

  constructor(page: Page) {
    this.#page = page
  }

  async compose(candidate: string): Promise<void> {
    const end = candidate.length
    const composed = { text: candidate, selectionStart: end, selectionEnd: end }
    await (await this.#devtools()).send('Input.imeSetComposition', composed)
  }

  async commit(chosen: string): Promise<void> {
    await (await this.#devtools()).send('Input.insertText', { text: chosen })
  }

  async press(key: string): Promise<void> {
    const enter = { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' }
    const sent = { key, ...(key === 'Enter' ? enter : { text: key }) }
    const keyboard = await this.#devtools()
    await keyboard.send('Input.dispatchKeyEvent', { type: 'keyDown', ...sent })
    await keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', ...sent })
  }

  #devtools(): Promise<CDPSession> {
    this.#keyboard ??= this.#page.context().newCDPSession(this.#page)
    return this.#keyboard
  }
}

/** The one of Firefox: what its own input methods call, by scripts in its window. */
export class FirefoxInputMethod implements InputMethod {
  readonly #window: FirefoxWindow

  constructor(window: FirefoxWindow) {
    this.#window = window
  }

  compose(candidate: string): Promise<void> {
    const length = candidate.length
    return this.#run(`
      tip.setPendingCompositionString(${JSON.stringify(candidate)})
      tip.appendClauseToPendingComposition(${length}, tip.ATTR_RAW_CLAUSE)
      tip.setCaretInPendingComposition(${length})
      tip.flushPendingComposition()`)
  }

  commit(chosen: string): Promise<void> {
    return this.#run(`tip.commitCompositionWith(${JSON.stringify(chosen)})`)
  }

  press(key: string): Promise<void> {
    const sent = { key, ...(key === 'Enter' ? { code: key, keyCode: 13 } : {}) }
    return this.#run(`
      const key = new KeyboardEvent('', ${JSON.stringify(sent)})
      tip.keydown(key)
      tip.keyup(key)`)
  }

  async #run(script: string): Promise<void> {
    // Firefox asks the one who began to end what is composed, when the page takes the focus away or changes the text.
    const body = `
      const { tip, asked } = (window.inputMethodOfTests ??= {
        tip: Cc['@mozilla.org/text-input-processor;1'].createInstance(Ci.nsITextInputProcessor),
        asked: (tip, { type }) => {
          if (type === 'request-to-commit') tip.commitComposition()
          if (type === 'request-to-cancel') tip.cancelComposition()
          return true
        },
      })
      if (!tip.beginInputTransactionForTests(window, asked)) throw new Error('another input method is at work')
      ${script}
      return true`
    await this.#window.run(body)
  }
}
