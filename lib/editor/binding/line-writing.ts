import type { Mark, Node } from '@tiptap/pm/model'
import * as Y from 'yjs'
import type { TextAttributes } from './format.ts'
import type { Making } from './making.ts'
import { adopt, elementPiece, type Piece, type Shown, sizeOf, type TextPiece } from './shown.ts'
import { copyOfText } from './strange.ts'
import { editBetween, isSplit, lineOf } from './text-edits.ts'

/*
 * Writes the content of a line, that is, the text and inline nodes of a block, into the Y.Doc. A *place* is an offset
 * in a line: a UTF-16 unit of text counts one, and so does an inline node, however large. Neighbouring texts in the
 * Y.Doc are shown as one and stay two.
 */

/** Writes the content of inline nodes that stay the same nodes. */
interface InsideWriting {
  /** Returns the rendering of `node`. `caret`: a position in its content, or null. */
  write(shown: Shown, node: Node, caret: number | null): Shown
}

/**
 * Writes the changed content of a block of text and returns its pieces. `caret`: a ProseMirror position in that
 * content, which tells where an edit was made that could have been in several places; null if it is elsewhere.
 */
export function writeLine(
  making: Making,
  insides: InsideWriting,
  shown: Shown,
  node: Node,
  caret: number | null,
): Piece[] {
  const [old, nodes] = [shown.node.content.content, node.content.content]
  const [before, after] = [lineOf(old), lineOf(nodes)]
  const edit = editBetween(before, after, caret === null ? null : placeIn(nodes, caret))
  const line = new LineWriting(making, insides, shown)
  if (edit) {
    const [gone, come] = [before.atoms.get(edit.at), after.atoms.get(edit.to)]
    const isOneNode = edit.remove === 1 && edit.insert === 1 && gone?.type === come?.type
    if (!isOneNode || !come || !line.update(edit.at, come)) {
      line.remove(edit.at, edit.remove)
      line.insert(edit.to, [...slicesOf(nodes, edit.to, edit.to + edit.insert)])
    }
  }
  for (const change of changedMarks(old, nodes, edit ?? { at: after.text.length, remove: 0, insert: 0 })) {
    // Format both halves of a surrogate pair, or Yjs would replace each with U+FFFD.
    const from = change.from - Number(isSplit(after.text, change.from))
    const to = change.to + Number(isSplit(after.text, change.to))
    if (to - from !== change.to - change.from) making.isStale = true
    line.format({ ...change, from, to })
  }
  return line.pieces(nodes)
}

/** One child of the block with the number of places it takes up. The text of a new child is not in `piece` yet. */
interface Part {
  piece: Piece
  size: number
}

/** Marks for the characters between two places of the new line. */
interface Formatting {
  readonly from: number
  readonly to: number
  readonly marks: readonly Mark[]
}

class LineWriting {
  readonly #making: Making
  readonly #insides: InsideWriting
  readonly #type: Y.XmlFragment
  readonly #parts: Part[]

  constructor(making: Making, insides: InsideWriting, { type, pieces }: Shown) {
    this.#making = making
    this.#insides = insides
    this.#type = type
    this.#parts = pieces.map((piece) => ({
      piece,
      size: piece.kind === 'text' ? sizeOf(piece.nodes) : piece.nodes.length,
    }))
  }

  /**
   * Updates an inline node that stayed the same node, with other attributes or content. Returns false if it cannot.
   */
  update(at: number, node: Node): boolean {
    const found = this.#parts[this.#partAt(at)]
    if (found?.piece.kind !== 'element') return false
    const { key, shown } = found.piece
    found.piece = elementPiece(key, this.#insides.write(shown, node, null))
    return true
  }

  /** Removes `length` places from `from` on. Unknown content among them can be moved elsewhere (`Making.keep`). */
  remove(from: number, length: number): void {
    let end = this.#size()
    for (let index = this.#parts.length - 1; index >= 0; index -= 1) {
      const part = this.#parts[index]
      if (!part) continue
      const start = end - part.size
      const [first, last] = [Math.max(start, from), Math.min(end, from + length)]
      end = start
      if (last <= first) continue
      this.#making.keep(part.piece)
      if (part.piece.kind === 'text') {
        part.piece.key.delete(first - start, last - first)
        part.size -= last - first
      } else {
        if (part.piece.kind !== 'fill') this.#type.delete(this.#indexOf(index), 1)
        this.#parts.splice(index, 1)
      }
    }
  }

  /** Inserts nodes. Text goes into the text that contains the place or ends there, as typed text does. */
  insert(at: number, nodes: readonly Node[]): void {
    let { index, offset } = this.#cursorAt(at)
    for (const node of nodes) {
      const part = this.#parts[index]
      const text = part?.piece.kind === 'text' ? part.piece.key : null
      const embed = node.isText ? null : this.#making.kept(node)
      if ((node.isText || embed?.embed) && part && text) {
        if (embed) text.insertEmbed(offset, embed.make() as object)
        else insertText(this.#making, text, offset, node)
        part.size += node.nodeSize
        offset += node.nodeSize
        continue
      }
      if (node.isText || embed?.embed) {
        const piece = this.#making.text(node.isText ? [node] : [])
        if (embed) piece.key.insertEmbed(0, embed.make() as object)
        this.#put(index, { piece, size: node.nodeSize })
        offset = node.nodeSize
        continue
      }
      if (part && text && offset > 0) {
        if (offset < part.size) this.#split(index, part, text, offset)
        index += 1
      }
      const piece = this.#making.create(node)
      if (piece) this.#put(index, { piece, size: 1 })
      if (piece) index += 1
      offset = 0
    }
  }

  /** Sets the marks of all text between two places. */
  format({ from, to, marks }: Formatting): void {
    let start = 0
    for (const { piece, size } of this.#parts) {
      const [first, last] = [Math.max(from, start), Math.min(to, start + size)]
      if (piece.kind === 'text' && first < last)
        setMarks(this.#making, piece.key, first - start, last - start, marks)
      start += size
    }
  }

  /** Returns the pieces with the nodes of the new line, which must be what has been written. */
  pieces(nodes: readonly Node[]): Piece[] {
    let start = 0
    return this.#parts.map(({ piece, size }): Piece => {
      const own = [...slicesOf(nodes, start, start + size)]
      start += size
      if (piece.kind === 'text') return { ...piece, nodes: own }
      const [node] = own
      if (!node) return piece
      return piece.kind === 'element'
        ? elementPiece(piece.key, adopt(piece.shown, node))
        : { ...piece, nodes: own }
    })
  }

  #size(): number {
    return this.#parts.reduce((sum, { size }) => sum + size, 0)
  }

  /** Returns the index of the part that contains a place, -1 at the end of the line. */
  #partAt(at: number): number {
    let end = 0
    return this.#parts.findIndex(({ size }) => {
      end += size
      return at < end
    })
  }

  /** Returns where to insert at a place: inside or at the end of a text if there is one, else before part `index`. */
  #cursorAt(at: number): { index: number; offset: number } {
    let start = 0
    let between = this.#parts.length
    for (const [index, { piece, size }] of this.#parts.entries()) {
      if (piece.kind === 'text' && at >= start && at <= start + size) return { index, offset: at - start }
      if (start >= at) between = Math.min(between, index)
      if (start > at) break
      start += size
    }
    return { index: between, offset: 0 }
  }

  /** Returns a part's index in the Y.Doc, which does not hold what only fills the schema. */
  #indexOf(part: number): number {
    return this.#parts.slice(0, part).filter(({ piece }) => piece.kind !== 'fill').length
  }

  #put(index: number, part: Part): void {
    this.#type.insert(this.#indexOf(index), [part.piece.key as Y.XmlElement])
    this.#parts.splice(index, 0, part)
  }

  /** Splits a text into two, so that a node can go between them. */
  #split(index: number, part: Part, text: Y.XmlText, offset: number): void {
    const rest: TextPiece = { kind: 'text', key: copyOfText(text, offset), nodes: [], strange: false }
    // Its placeholders now stand for copies.
    if (part.piece.kind === 'text' && part.piece.strange) this.#making.isStale = true
    text.delete(offset, part.size - offset)
    this.#put(index + 1, { piece: rest, size: part.size - offset })
    part.size = offset
  }
}

function insertText(making: Making, text: Y.XmlText, at: number, node: Node): void {
  const inherited = Object.entries(attributesAround(text, at)).filter(([key]) =>
    making.format.isUnknownMark(key),
  )
  text.insert(at, making.wellFormed(node), {
    ...Object.fromEntries(inherited),
    ...making.format.textAttributes(node.marks),
  })
}

/** Returns the attributes of the character before `at` that the one after it has too. */
function attributesAround(text: Y.XmlText, at: number): TextAttributes {
  let hasFormat = false
  for (let item = text._start; item !== null && !hasFormat; item = item.right)
    hasFormat = !item.deleted && item.content instanceof Y.ContentFormat
  if (!hasFormat) return {}
  const runs = runsOf(text)
  const [left, right] = [
    runs.find(({ from, to }) => from < at && at <= to),
    runs.find(({ from, to }) => from <= at && at < to),
  ]
  return Object.fromEntries(
    Object.entries(left?.attributes ?? {}).filter(([key]) => right && Object.hasOwn(right.attributes, key)),
  )
}

/** Changes only those attributes of a text that are shown as marks. */
function setMarks(making: Making, text: Y.XmlText, from: number, to: number, marks: readonly Mark[]): void {
  for (const run of runsOf(text)) {
    const [first, last] = [Math.max(from, run.from), Math.min(to, run.to)]
    if (first >= last) continue
    const present = Object.entries(run.attributes).flatMap(([key, value]) => {
      const mark = making.format.mark(key, value)
      return mark ? [{ key, mark }] : []
    })
    const gone = present.filter(({ mark }) => !mark.isInSet(marks)).map(({ key }) => [key, null] as const)
    const come = marks.filter((mark) => !present.some((each) => each.mark.eq(mark)))
    const change = { ...Object.fromEntries(gone), ...making.format.textAttributes(come) }
    if (Object.keys(change).length > 0) text.format(first, last - first, change)
  }
}

function runsOf(text: Y.XmlText): { from: number; to: number; attributes: TextAttributes }[] {
  let at = 0
  return (text.toDelta() as { insert: unknown; attributes?: TextAttributes }[]).map(
    ({ insert, attributes = {} }) => {
      const from = at
      at += typeof insert === 'string' ? insert.length : 1
      return { from, to: at, attributes }
    },
  )
}

/** Returns where characters that stayed have different marks. */
function changedMarks(
  before: readonly Node[],
  after: readonly Node[],
  { at, remove, insert }: { readonly at: number; readonly remove: number; readonly insert: number },
): Formatting[] {
  const found: Formatting[] = []
  const compare = (from: number, to: number, shift: number) => {
    for (const old of textRunsIn(before, from, to)) {
      for (const next of textRunsIn(after, old.from + shift, old.to + shift))
        if (!isSameSet(old.node.marks, next.node.marks)) found.push({ ...next, marks: next.node.marks })
    }
  }
  compare(0, at, 0)
  compare(at + remove, Number.POSITIVE_INFINITY, insert - remove)
  return found
}

function isSameSet(a: readonly Mark[], b: readonly Mark[]): boolean {
  return a === b || (a.length === b.length && a.every((mark) => mark.isInSet(b)))
}

function* textRunsIn(nodes: readonly Node[], from: number, to: number) {
  let start = 0
  for (const node of nodes) {
    const end = start + (node.isText ? node.nodeSize : 1)
    if (node.isText && Math.max(start, from) < Math.min(end, to))
      yield { node, from: Math.max(start, from), to: Math.min(end, to) }
    start = end
  }
}

/** Yields the nodes between two places, with text cut to fit. */
function* slicesOf(nodes: readonly Node[], from: number, to: number): Generator<Node> {
  let start = 0
  for (const node of nodes) {
    const end = start + (node.isText ? node.nodeSize : 1)
    if (Math.max(start, from) < Math.min(end, to))
      yield node.isText ? node.cut(Math.max(0, from - start), Math.min(node.nodeSize, to - start)) : node
    start = end
  }
}

/** Converts a position in a line to a place. */
function placeIn(nodes: readonly Node[], position: number): number {
  let [start, place] = [0, 0]
  for (const node of nodes) {
    if (position <= start) break
    place += node.isText ? Math.min(node.nodeSize, position - start) : 1
    start += node.nodeSize
  }
  return place
}
