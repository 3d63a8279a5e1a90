import { withLinks } from '../addresses-in-text.ts'
import { type Content, type ContentMark, paragraph, textIn, textNode } from '../content.ts'
import { BlockBuilder } from './block-builder.ts'
import { codeBlockIn, isCodeBox } from './code.ts'
import { isBlockTag, isDropped, styleOfTag } from './elements.ts'
import { checkedIn, type Item, listItems, listsOf, startIn, WordList, wordMarkOf } from './lists.ts'
import { inherited, PLAIN, Styles, type TextStyle } from './styles.ts'
import { isLayout, rowsIn, spanOf } from './tables.ts'
import { tidied } from './tidying.ts'
import {
  attribute,
  descendants,
  type Element,
  firstBelow,
  hasClass,
  isElement,
  type Node,
  parseHtml,
  textBelow,
  textOfNode,
} from './tree.ts'
import { OPEN_ENDS } from './writing.ts'

/*
 * Reads HTML that other programs put on the clipboard, and our own. The result is content that the schema allows:
 * text is never dropped because of its surroundings, an unknown structure becomes paragraphs.
 */

export interface ReadHtml {
  readonly blocks: readonly Content[]
  /** For our own HTML, how far the slice is open at both ends; null for everything else. */
  readonly open: readonly [start: number, end: number] | null
  /** The pictures that were left out. */
  readonly pictures: number
}

/** Reads HTML. Never throws, whatever the HTML. */
export function readHtml(html: string): ReadHtml {
  const nodes = parseHtml(html)
  const own = ownMark(nodes)
  const reader = new Reader(new Styles(own ? [] : nodes), own !== null)
  const blocks = reader.blocksIn(nodes, own ? { ...PLAIN, keepsSpace: true } : PLAIN)
  if (own) return { blocks, open: own, pictures: 0 }
  return { blocks: withLinks(tidied(blocks)), open: null, pictures: reader.pictures }
}

/** Elements nested deeper than this give their text only. */
const DEEPEST = 300
/** A picture smaller than this, in pixels, is an ornament. */
const ORNAMENT = 40

class Reader {
  /** The pictures met so far. */
  pictures = 0
  readonly #styles: Styles
  /** True for HTML of ours: nothing is guessed. */
  readonly #exact: boolean
  #depth = 0

  constructor(styles: Styles, exact: boolean) {
    this.#styles = styles
    this.#exact = exact
  }

  blocksIn(nodes: readonly Node[], style: TextStyle): Content[] {
    const builder = new BlockBuilder()
    this.#walk(nodes, style, builder)
    return builder.finish()
  }

  #walk(nodes: readonly Node[], style: TextStyle, into: BlockBuilder): void {
    let words: WordList | null = null
    const endWords = () => {
      for (const list of words?.finish() ?? []) into.block(list)
      words = null
    }
    for (const node of nodes) {
      const mark = !this.#exact && isElement(node) ? wordMarkOf(node, this.#styles) : null
      if (mark && isElement(node)) {
        into.end()
        words ??= new WordList()
        words.add(mark, this.blocksIn(mark.body.childNodes, inherited(style, this.#styles.of(mark.body))))
        continue
      }
      if (words && !isBlank(node)) endWords()
      this.#node(node, style, into)
    }
    endWords()
  }

  #node(node: Node, style: TextStyle, into: BlockBuilder): void {
    const text = textOfNode(node)
    if (text !== null) this.#text(text, style, into)
    if (!isElement(node)) return
    if (isDropped(node) || this.#styles.hides(node)) return
    if (this.#depth > DEEPEST) {
      this.#text(textBelow(node), style, into)
      return
    }
    this.#depth += 1
    this.#element(node, style, into)
    this.#depth -= 1
  }

  #text(text: string, style: TextStyle, into: BlockBuilder): void {
    const words = text.replaceAll('\ufeff', '')
    if (!style.keepsSpace) {
      into.text(words, this.#marks(style))
      return
    }
    // The source's own line ends between blocks.
    if (/^\s*\n\s*$/.test(words) && into.isBetweenBlocks) return
    into.exactText(words, this.#marks(style))
  }

  #element(element: Element, outer: TextStyle, into: BlockBuilder): void {
    const { tagName, childNodes } = element
    const own = this.#styles.of(element)
    const style = inherited(styleOfTag(element, outer), own)
    switch (tagName) {
      case 'br':
        if (!hasClass(element, 'Apple-interchange-newline')) into.lineBreak()
        return
      case 'hr':
        into.block({ type: 'horizontalRule' })
        return
      case 'h1':
      case 'h2':
      case 'h3':
      case 'h4':
      case 'h5':
      case 'h6':
        this.#heading(element, Math.min(4, Number(tagName[1])), style, into)
        return
      case 'blockquote':
        this.#quote(childNodes, style, into)
        return
      case 'ul':
      case 'ol':
        this.#list(element, style, into)
        return
      case 'li':
        for (const list of listsOf([this.#item(element, style)], false, null)) into.block(list)
        return
      case 'table':
        this.#table(element, style, into)
        return
      case 'pre':
        into.block(codeBlockIn(element, this.#exact))
        return
      case 'img':
      case 'picture':
      case 'video':
        this.#picture(element, style, into)
        return
      case 'math':
        into.text(formulaIn(element), this.#marks(style))
        return
      case 'ruby':
        this.#ruby(element, style, into)
        return
      case 'q':
        into.text('“', this.#marks(style))
        this.#walk(childNodes, style, into)
        into.text('”', this.#marks(style))
        return
      case 'dt':
        this.#block(childNodes, { ...style, bold: true }, into)
        return
    }
    // The second rendering of a formula, and the ends of paragraphs of Word in a browser.
    if (
      hasClass(element, 'katex-html') ||
      hasClass(element, 'EOP') ||
      own.get('mso-element') === 'comment-list'
    )
      return
    if (hasClass(element, 'Apple-converted-space')) {
      into.text(' ', this.#marks(style))
      return
    }
    if (!this.#exact && isCodeBox(element, own)) {
      this.#codeBox(element, style, into)
      return
    }
    if (hasClass(element, 'MsoTitle')) {
      this.#heading(element, 1, style, into)
      return
    }
    if (/^Mso(Intense)?Quote/.test(attribute(element, 'class'))) {
      this.#quote(childNodes, style, into)
      return
    }
    const display = own.get('display') ?? ''
    if (tagName === 'p') {
      this.#block(childNodes, style, into, true)
      return
    }
    const isBlock = isBlockTag(tagName) || /^(block|flex|grid|list-item|table)/.test(display)
    if (isBlock) this.#block(childNodes, style, into)
    else this.#walk(childNodes, style, into)
  }

  #block(nodes: readonly Node[], style: TextStyle, into: BlockBuilder, keepsEmpty = false): void {
    into.end()
    const before = into.last
    this.#walk(nodes, style, into)
    // An element that holds blocks is not a paragraph of its own.
    into.end(paragraph, keepsEmpty && into.last === before)
  }

  #heading(element: Element, level: number, style: TextStyle, into: BlockBuilder): void {
    const content = this.blocksIn(element.childNodes, style)
    for (const block of content.length === 0 && this.#exact ? [paragraph()] : content) {
      if (block.type !== 'paragraph') into.block(block)
      else into.block({ ...block, type: 'heading', attrs: { level } })
    }
  }

  #quote(nodes: readonly Node[], style: TextStyle, into: BlockBuilder): void {
    const content = this.blocksIn(nodes, style)
    if (content.length === 0 && !this.#exact) return
    into.block({ type: 'blockquote', content: content.length === 0 ? [paragraph()] : content })
  }

  #list(element: Element, style: TextStyle, into: BlockBuilder): void {
    const items: Item[] = []
    for (const child of listItems(element)) {
      if (isElement(child) && child.tagName === 'li') items.push(this.#item(child, style))
      else {
        // A list directly in a list belongs to the item before it.
        const content = this.blocksIn([child], style)
        const last = items.at(-1)
        if (content.length === 0) continue
        if (last) items[items.length - 1] = { ...last, content: [...last.content, ...content] }
        else items.push({ content, checked: null })
      }
    }
    const isOrdered = element.tagName === 'ol'
    const letters = /^[aAiI]$/.exec(attribute(element, 'type'))?.[0]
    for (const list of listsOf(items, isOrdered, isOrdered ? startIn(element) : null))
      into.block(isOrdered && letters ? { ...list, attrs: { ...list.attrs, type: letters } } : list)
  }

  #item(element: Element, outer: TextStyle): Item {
    const style = inherited(outer, this.#styles.of(element))
    return checkedIn(element, this.blocksIn(element.childNodes, style))
  }

  /** A table of data becomes a line for each row, with tabs between the cells; one for layout becomes its content. */
  #table(element: Element, style: TextStyle, into: BlockBuilder): void {
    into.end()
    const { rows, caption } = rowsIn(element, (row) => this.#styles.hides(row))
    if (caption) this.#block(caption.childNodes, style, into)
    if (isLayout(rows)) {
      for (const cells of rows) for (const cell of cells) this.#block(cell.childNodes, style, into)
      return
    }
    for (const cells of rows) {
      const line: Content[] = []
      for (const [index, cell] of cells.entries()) {
        if (index > 0) line.push(textNode('\t'))
        line.push(...this.#cell(cell, style))
        for (let extra = 1; extra < spanOf(cell) && index < cells.length - 1; extra++)
          line.push(textNode('\t'))
      }
      if (line.some((node) => textIn(node).trim() !== '')) into.block(paragraph(line))
    }
  }

  /** Returns a cell as one line: what is below each other in it is side by side. */
  #cell(cell: Element, outer: TextStyle): Content[] {
    const style = inherited(outer, this.#styles.of(cell))
    const inline = this.blocksIn(cell.childNodes, style).map((block) => block.content ?? [])
    return inline
      .filter((content) => content.length > 0)
      .flatMap((content, index) => (index === 0 ? content : [textNode(' '), ...content]))
      .map((node) => (node.type === 'hardBreak' ? textNode(' ') : node))
  }

  #codeBox(element: Element, style: TextStyle, into: BlockBuilder): void {
    const block = codeBlockIn(element)
    const code = textIn(block)
    // One line of code is pasted into the sentence.
    if (code.includes('\n')) into.block(block)
    else into.exactText(code, this.#marks(style))
  }

  #picture(element: Element, style: TextStyle, into: BlockBuilder): void {
    const image = element.tagName === 'picture' ? firstBelow(element, 'img') : element
    if (!image) return
    const alt = attribute(image, 'alt')
    // Emoji that a page draws by itself.
    if (/^\p{Extended_Pictographic}/u.test(alt) && alt.length < 20) {
      into.text(alt, this.#marks(style))
      return
    }
    const width = Number.parseInt(
      attribute(image, 'width') || (this.#styles.of(image).get('width') ?? ''),
      10,
    )
    if (width < ORNAMENT || attribute(image, 'src') === '') return
    this.pictures += 1
  }

  /** Returns the marks of a style. Code has no other; a link that is code stays a link. */
  #marks({ bold, italic, underline, strike, code, href }: TextStyle): ContentMark[] {
    if (code && href === null) return [{ type: 'code' }]
    // The line below a link is not a mark of its own.
    const isUnderlined = underline && (href === null || this.#exact)
    return [
      ...(href === null ? [] : [{ type: 'link', attrs: { href } }]),
      ...(bold ? [{ type: 'bold' }] : []),
      ...(italic ? [{ type: 'italic' }] : []),
      ...(isUnderlined ? [{ type: 'underline' }] : []),
      ...(strike ? [{ type: 'strike' }] : []),
    ]
  }

  /** Readings are put behind their characters, in brackets. */
  #ruby(element: Element, style: TextStyle, into: BlockBuilder): void {
    for (const child of element.childNodes) {
      if (!isElement(child) || (child.tagName !== 'rt' && child.tagName !== 'rtc'))
        this.#node(child, style, into)
      else if (textBelow(child).trim() !== '') into.text(`（${textBelow(child).trim()}）`, this.#marks(style))
    }
  }
}

/** Returns the source of a formula, or its signs. */
function formulaIn(element: Element): string {
  const source = firstBelow(element, 'annotation')
  return source ? textBelow(source).trim() : textBelow(element)
}

function isBlank(node: Node): boolean {
  const text = textOfNode(node)
  return text === null ? !isElement(node) : text.trim() === ''
}

/** Returns how far our own HTML is open at both ends, or null for HTML of others. */
function ownMark(nodes: readonly Node[]): readonly [number, number] | null {
  for (const node of descendants({ childNodes: [...nodes] })) {
    if (!isElement(node) || node.tagName === 'meta') continue
    const open = /^(\d{1,3}) (\d{1,3})$/.exec(attribute(node, OPEN_ENDS))
    return open ? [Number(open[1]), Number(open[2])] : null
  }
  return null
}
