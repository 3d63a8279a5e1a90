import { type Content, type ContentMark, HARD_BREAK, paragraph, sameMarks, textNode } from '../content.ts'

/** A character that text is written with closely, without spaces between words: Han, kana, and their punctuation. */
const CLOSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60]/u

/** A line end of the source between two of them, which is no space. */
const LINE_END_BETWEEN_CLOSE =
  /(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60])[\n\r][ \t\n\r\f]*(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60])/gu

/** A space that was read and is written if text follows it in the same line. */
interface Space {
  readonly marks: readonly ContentMark[]
  /** True if all of it came from the source's own line ends. */
  readonly isLineEnd: boolean
}

/**
 * Gathers the blocks of one container: text goes into a paragraph that ends when a block begins. Spaces collapse as
 * browsers collapse them.
 */
export class BlockBuilder {
  readonly #blocks: Content[] = []
  #line: Content[] = []
  #space: Space | null = null

  /** Adds text whose spaces do not count. */
  text(text: string, marks: readonly ContentMark[]): void {
    let [start, end] = [0, text.length]
    while (start < end && isSpace(text, start)) start += 1
    while (end > start && isSpace(text, end - 1)) end -= 1
    if (start > 0) this.#noteSpace(text.slice(0, start), marks)
    if (start === end) return
    const words = text.slice(start, end)
    const one = words.includes('\n') ? words.replace(LINE_END_BETWEEN_CLOSE, '') : words
    this.#writeSpace(one)
    this.#push(one.replace(/[ \t\n\r\f]+/g, ' '), marks)
    if (end < text.length) this.#noteSpace(text.slice(end), marks)
  }

  /** Adds text as it is; its newlines are line breaks. */
  exactText(text: string, marks: readonly ContentMark[]): void {
    this.#writeSpace(text)
    for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
      if (index > 0) this.#line.push(HARD_BREAK)
      if (line !== '') this.#push(line, marks)
    }
  }

  lineBreak(): void {
    this.#space = null
    this.#line.push(HARD_BREAK)
  }

  /** Adds a block behind the text so far. */
  block(block: Content): void {
    this.end()
    this.#blocks.push(block)
  }

  /** The last block, if no text follows it. */
  get last(): Content | null {
    return this.#line.length === 0 ? (this.#blocks.at(-1) ?? null) : null
  }

  /** True if no text has come since the last block. */
  get isBetweenBlocks(): boolean {
    return this.#line.length === 0
  }

  /** Ends the paragraph; `make` makes the block of its content. An empty one is a block only with `keepsEmpty`. */
  end(make: (content: Content[]) => Content = paragraph, keepsEmpty = false): void {
    const line = this.#line
    this.#line = []
    this.#space = null
    const hadBreak = line.at(-1) === HARD_BREAK
    // A break at the end of a block shows nothing.
    if (hadBreak) line.pop()
    if (line.length > 0 || hadBreak || keepsEmpty) this.#blocks.push(make(line))
  }

  /** Ends the paragraph and returns all blocks. */
  finish(): Content[] {
    this.end()
    return this.#blocks
  }

  #noteSpace(space: string, marks: readonly ContentMark[]): void {
    this.#space ??= { marks, isLineEnd: /[\n\r]/.test(space) }
  }

  #writeSpace(next: string): void {
    const space = this.#space
    this.#space = null
    const last = this.#line.at(-1)
    if (!space || last?.text === undefined || /\s$/.test(last.text)) return
    if (space.isLineEnd && CLOSE.test(lastOf(last.text)) && CLOSE.test(firstOf(next))) return
    this.#push(' ', space.marks)
  }

  #push(text: string, marks: readonly ContentMark[]): void {
    const last = this.#line.at(-1)
    if (last?.text !== undefined && sameMarks(last.marks, marks))
      this.#line[this.#line.length - 1] = textNode(last.text + text, marks)
    else this.#line.push(textNode(text, marks))
  }
}

function isSpace(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit === 32 || (unit >= 9 && unit <= 13 && unit !== 11)
}

function firstOf(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0)
}

function lastOf(text: string): string {
  return [...text.slice(-2)].at(-1) ?? ''
}
