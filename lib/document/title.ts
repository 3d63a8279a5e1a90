import * as Y from 'yjs'
import { cleanName } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { ROOTS } from '#lib/protocol/version.ts'

/*
 * The title of a document, by one rule for lists, tabs and file names: the title people set, otherwise the first line
 * of the body that contains text. A line ends with its block, at a line break, and at a newline in code.
 */

/** The most characters (code points) of a first line. */
const LINE_LENGTH = 120
/** The most text read in search of a first line, UTF-16 units, and Yjs items visited: a document may be all blank lines. */
const READ_UNITS = 4000
const READ_ITEMS = 2000

type Child = Y.XmlElement | Y.XmlText

/** Returns the title as lists and tabs show it, or '' if the document has no text. */
export function titleOf(doc: Y.Doc): string {
  return setTitle(doc) || firstLine(doc)
}

/** Returns the title people set, or '' if there is none. */
export function setTitle(doc: Y.Doc): string {
  return cleanName(doc.getText(ROOTS.title).toString(), LIMITS.titleLength)
}

/** Returns the first line of the body that holds text, cut to 120 characters, or '' if there is none. */
export function firstLine(doc: Y.Doc): string {
  return headOf(bodyOf(doc)).line
}

/**
 * Calls `changed` after each transaction that may have changed `titleOf`, and returns a function that ends this. Edits
 * below the block that holds the first line cost a walk to that block's level and nothing else.
 */
export function observeTitle(doc: Y.Doc, changed: () => void): () => void {
  const [title, body] = [doc.getText(ROOTS.title), bodyOf(doc)]
  let head: ReadonlySet<unknown> = headOf(body).blocks
  const observe = (events: readonly { readonly target: unknown }[]) => {
    if (!events.some(({ target }) => target === body || head.has(blockOf(target, body)))) return
    head = headOf(body).blocks
    changed()
  }
  title.observe(changed)
  body.observeDeep(observe)
  return () => {
    title.unobserve(changed)
    body.unobserveDeep(observe)
  }
}

/** Returns the first line, and the blocks of the body that decide it: the one that contains it and all before. */
function headOf(body: Y.XmlFragment): { line: string; blocks: ReadonlySet<unknown> } {
  const blocks = new Set<unknown>()
  const reading = new Reading()
  for (const block of reading.childrenOf(body)) {
    blocks.add(block)
    const line = reading.firstLineOf(block)
    if (line !== '') return { line, blocks }
  }
  return { line: '', blocks }
}

/** Returns the first line with text. The pieces of a line are joined; it ends at a newline. */
function firstOf(pieces: Iterable<string>): string {
  let line = ''
  for (const piece of pieces) {
    const [first = '', ...rest] = piece.split('\n')
    line += first
    for (const next of rest) {
      const found = cut(line)
      if (found !== '') return found
      line = next
    }
  }
  return cut(line)
}

/** Reads a document from its beginning, and no further than READ_UNITS and READ_ITEMS. */
class Reading {
  #units = READ_UNITS
  #items = READ_ITEMS

  /** Returns the first line with text in a block, or '' if there is none. */
  firstLineOf(block: Child): string {
    return firstOf(this.#lines(block))
  }

  /** Yields the elements and texts in a type. */
  *childrenOf(parent: Y.XmlFragment): Generator<Child> {
    for (const { content } of this.#itemsOf(parent)) {
      const child = content instanceof Y.ContentType ? content.type : null
      if (child instanceof Y.XmlElement || child instanceof Y.XmlText) yield child
    }
  }

  /** Yields the text of a block in pieces, with a newline at the end of each line. */
  *#lines(block: Child): Generator<string> {
    const children = block instanceof Y.XmlElement ? [...this.childrenOf(block)] : [block]
    const isLine = children.some((child) => child instanceof Y.XmlText)
    for (const child of children) yield* isLine ? this.#inline(child) : this.#lines(child)
    yield '\n'
  }

  *#inline(child: Child): Generator<string> {
    if (child instanceof Y.XmlElement) {
      if (child.nodeName === 'hardBreak') yield '\n'
      else for (const inner of this.childrenOf(child)) yield* this.#inline(inner)
      return
    }
    for (const { content } of this.#itemsOf(child)) {
      if (!(content instanceof Y.ContentString)) continue
      const text = content.str.slice(0, this.#units)
      this.#units -= text.length
      yield text
    }
  }

  *#itemsOf(type: Y.XmlFragment | Y.XmlText): Generator<Y.Item> {
    for (let item = type._start; item !== null && this.#items > 0 && this.#units > 0; item = item.right) {
      this.#items--
      if (!item.deleted) yield item
    }
  }
}

function cut(line: string): string {
  return [...cleanName(line, READ_UNITS)].slice(0, LINE_LENGTH).join('').trim()
}

/** Returns the block of the body that a type is or is in. */
function blockOf(target: unknown, body: Y.XmlFragment): unknown {
  let type = target
  while (type instanceof Y.AbstractType && type.parent !== body && type.parent !== null) type = type.parent
  return type
}

function bodyOf(doc: Y.Doc): Y.XmlFragment {
  return doc.getXmlFragment(ROOTS.body)
}
