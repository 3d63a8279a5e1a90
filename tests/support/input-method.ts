import type { CDPSession, Page } from '@playwright/test'
import type { FirefoxWindow } from './firefox-window.ts'

/** The actions of an input method in the tab of a person who has placed the caret. */
export interface InputMethod {
  /** Shows candidate text in place of the previous one. */
  compose(candidate: string): Promise<void>
  /** Ends the composition with this text in its place. */
  commit(chosen: string): Promise<void>
  /** Sends a key as a keyboard does, Enter or a character; during a composition it belongs to the input method. */
  press(key: string): Promise<void>
}

/** The input method of Chromium, through the DevTools protocol. */
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

/** The input method of Firefox, through the calls of its own input methods, by scripts in its window. */
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
    // When the page takes the focus away or changes the text, Firefox asks the initiator to end the composition.
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
