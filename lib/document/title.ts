import * as Y from 'yjs'
import { cleanName } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { ROOTS } from '#lib/protocol/version.ts'

/*
 * The title of a document, by one rule for lists, tabs and file names: the title people set, otherwise the first line
 * of the body that contains text. A line ends with its block, at a line break, and at a newline in code.
 */

/** A first line is cut to this many characters (code points). */
const LINE_LENGTH = 120
/** The text read in search of a first line, UTF-16 units: the first letter may follow much blank space. */
const READ_LENGTH = 10_000

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
  for (const block of childrenOf(body)) {
    blocks.add(block)
    const line = lineIn(linesOf(block))
    if (line !== '') return { line, blocks }
  }
  return { line: '', blocks }
}

function lineIn(pieces: Iterable<string>): string {
  let line = ''
  for (const piece of pieces) {
    const [first = '', ...rest] = piece.split('\n')
    line += first
    if (rest.length === 0) {
      if (line.length < READ_LENGTH) continue
      return cut(line)
    }
    for (const next of rest) {
      const found = cut(line)
      if (found !== '') return found
      line = next
    }
  }
  return cut(line)
}

/** Yields the text of a block in pieces. A line ends at '\n'. */
function* linesOf(block: Child): Generator<string> {
  const children = block instanceof Y.XmlElement ? childrenOf(block) : [block]
  const isLine = children.some((child) => child instanceof Y.XmlText)
  for (const child of children) yield* isLine ? inline(child) : linesOf(child)
  yield '\n'
}

function* inline(child: Child): Generator<string> {
  if (child instanceof Y.XmlElement) {
    if (child.nodeName === 'hardBreak') yield '\n'
    else for (const inner of childrenOf(child)) yield* inline(inner)
    return
  }
  for (let item = child._start; item !== null; item = item.right)
    if (!item.deleted && item.content instanceof Y.ContentString) yield item.content.str
}

function cut(line: string): string {
  const clean = cleanName(line.slice(0, READ_LENGTH), READ_LENGTH)
  return [...clean.slice(0, 2 * LINE_LENGTH)].slice(0, LINE_LENGTH).join('').trim()
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

function childrenOf(parent: Y.XmlFragment): Child[] {
  return parent.toArray().filter((child) => child instanceof Y.XmlElement || child instanceof Y.XmlText)
}
