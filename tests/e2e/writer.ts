import { expect, type Locator, type Page } from '@playwright/test'
import { decodeRow } from '#lib/protocol/messages/update.ts'
import { Decoder } from '#lib/protocol/packet-parser.ts'
import { addressIn } from '#lib/protocol/urls.ts'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { wordsIn } from '#lib/ui/words/page-words.ts'
import { ChromiumInputMethod, type InputMethod } from '../support/input-method.ts'

/** The words of the page in the tests' language. */
export const words = wordsIn('en')
export const frontWords = frontWordsIn('en')

const { active, idle, unsteady } = words.states

/** A place in the text: the line (block) from 0, and the number of its characters before the caret. */
export interface Place {
  readonly line: number
  readonly after: number
}

/** One tab of one person on the page of a document, and what they do and see there. */
export class Writer {
  readonly page: Page
  readonly body: Locator
  readonly title: Locator
  /** The save chip. */
  readonly chip: Locator
  /**
   * The faces of everyone here, this person included; each is one button that says who they are and what they are
   * doing.
   */
  readonly people: Locator
  readonly inputMethod: InputMethod
  #lastRow = 0

  constructor(page: Page, inputMethod: InputMethod = new ChromiumInputMethod(page)) {
    this.page = page
    this.inputMethod = inputMethod
    page.on('websocket', (socket) => {
      const take = this.#rowReader()
      socket.on('framereceived', ({ payload }) => take(payload))
    })
    this.body = page.getByRole('textbox', { name: words.body })
    this.title = page.getByRole('textbox', { name: words.titleLabel })
    this.chip = page.getByRole('button', { name: words.save.button })
    this.people = page
      .getByRole('list', { name: words.people })
      .getByRole('button', { name: new RegExp(`, (${active}|${idle}|${unsteady})`) })
  }

  /** Creates a document with one click from the front page. */
  async startWriting(frontPage = '/'): Promise<void> {
    await this.page.goto(frontPage)
    await this.page.getByRole('button', { name: frontWords.start }).click()
    await this.page.waitForURL((url) => addressIn(url.pathname) !== null)
    await expect(this.body).toBeFocused()
  }

  /** Opens a link and waits until typing is possible. */
  async open(link: string): Promise<void> {
    await this.page.goto(link)
    await expect(this.body).toBeEditable()
  }

  /** Types at the caret. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text)
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key)
  }

  /** Pastes at the selection content that another program copied as `type`. */
  async paste(content: string, type = 'text/plain'): Promise<void> {
    await this.body.evaluate(
      (body, [type, content]) => {
        const clipboardData = new DataTransfer()
        clipboardData.setData(type, content)
        // Firefox takes the content itself, but no DataTransfer.
        const firefox = { dataType: type, data: content }
        const pasted = { clipboardData, bubbles: true, cancelable: true, ...firefox }
        body.dispatchEvent(new ClipboardEvent('paste', pasted))
      },
      [type, content] as const,
    )
  }

  /** Clicks between two characters. */
  async goTo(place: Place): Promise<void> {
    const spot = await this.body.evaluate((body, { line, after }) => {
      const block = body.children[line]
      if (!block) throw new Error(`there is no line ${line}`)
      const texts = document.createTreeWalker(block, NodeFilter.SHOW_TEXT)
      let left = after
      for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const length = text.textContent?.length ?? 0
        if (left <= length) {
          const range = document.createRange()
          range.setStart(text, left)
          const { x, y, height } = range.getBoundingClientRect()
          return { x, y: y + height / 2 }
        }
        left -= length
      }
      throw new Error(`line ${line} is shorter than ${after}`)
    }, place)
    await this.page.mouse.click(spot.x, spot.y)
    await expect.poll(() => this.caret()).toEqual(place)
  }

  /** Returns where this tab's caret is. */
  async caret(): Promise<Place> {
    return this.body.evaluate((body) => {
      const selection = document.getSelection()
      const node = selection?.focusNode
      const line = [...body.children].findIndex((block) => node && block.contains(node))
      const block = body.children[line]
      if (!selection || !node || !block) return { line, after: 0 }
      const before = document.createRange()
      before.setStart(block, 0)
      before.setEnd(node, selection.focusOffset)
      return { line, after: before.toString().length }
    })
  }

  async goToEnd(): Promise<void> {
    await this.body.click()
    await this.press('Control+End')
  }

  /** Returns the blocks of the document, as text. */
  async lines(): Promise<string[]> {
    return this.body.evaluate((body) =>
      [...body.children].map((block) => (block.textContent ?? '').replace(/[\u200b\ufeff]/g, '')),
    )
  }

  async sees(text: string): Promise<void> {
    await expect(this.body).toContainText(text)
  }

  /**
   * Makes the browser notice that the network is back: the page tries immediately, however long its back-off has
   * become.
   */
  async hearsOnline(): Promise<void> {
    await this.page.evaluate(() => window.dispatchEvent(new Event('online')))
  }

  async seesSaved(): Promise<void> {
    await expect(this.chip).toContainText(words.chip.saved)
  }

  /** Opens the details of the chip. */
  async openSaveDetails(): Promise<void> {
    await this.chip.click()
    await expect(this.page.getByRole('heading', { name: words.save.heading })).toBeVisible()
  }

  /** Expects the popover's "on this device ✓". */
  async seesOnDevice(): Promise<void> {
    await this.openSaveDetails()
    const step = this.page.getByRole('listitem').filter({ hasText: words.save.onDevice })
    await expect(step).toContainText(words.save.done)
  }

  /** Returns another person's caret in the text, by the name on its flag. */
  caretOf(name: string): Locator {
    return this.body.locator(`[data-name="${name}"]`)
  }

  /** Changes the person's name. */
  async rename(name: string): Promise<void> {
    await this.people.first().click()
    await this.page.getByLabel(words.yourName).fill(name)
    await this.page.getByRole('button', { name: words.saveName, exact: true }).click()
    await expect(this.people.first()).toHaveAccessibleName(new RegExp(`^${name} `))
  }

  /** Returns the link that the Share dialog copies. */
  async copyLink(): Promise<string> {
    await this.page.getByRole('button', { name: words.share }).click()
    const dialog = this.page.getByRole('dialog', { name: words.shareTitle })
    await dialog.getByRole('button', { name: words.copy }).click()
    await expect(this.page.getByText(words.linkCopied).first()).toBeVisible()
    const link = await dialog.getByRole('textbox', { name: words.shareLink }).inputValue()
    await this.press('Escape')
    await expect(dialog).toBeHidden()
    return link
  }

  /** The number of the last row of the log that came over this tab's socket, shown or held back. */
  get lastRow(): number {
    return this.#lastRow
  }

  /**
   * Counts `lastRow` from here on in browsers that do not expose their sockets. Must be called before the page is
   * opened.
   */
  async watchRows(): Promise<void> {
    if (this.page.context().browser()?.browserType().name() === 'chromium') return
    await this.page.routeWebSocket(
      (url) => url.pathname.startsWith('/socket'),
      (socket) => {
        const take = this.#rowReader()
        const server = socket.connectToServer()
        server.onMessage((message) => {
          take(message)
          socket.send(message)
        })
      },
    )
  }

  /** Returns a reader of what one socket receives, frame by frame. */
  #rowReader(): (frame: string | Buffer) => void {
    const parser = new Decoder()
    parser.on('decoded', ({ data }) => {
      if (!Array.isArray(data) || data[0] !== 'document:update' || !(data[1] instanceof Uint8Array)) return
      this.#lastRow = Math.max(this.#lastRow, decodeRow(data[1]).seq)
    })
    return (frame) => {
      // Text frames are the transport's own and packets without bytes.
      if (typeof frame !== 'string') parser.add(frame)
    }
  }

  /** Opens a second tab of the same person. */
  async openTab(link: string): Promise<Writer> {
    const tab = new Writer(await this.page.context().newPage())
    await tab.open(link)
    return tab
  }
}
