import type { Node } from '@tiptap/pm/model'
import * as Y from 'yjs'
import { isSameValue } from './format.ts'
import { writeLine } from './line-writing.ts'
import { Making } from './making.ts'
import type { Rendering } from './rendering.ts'
import { elementPiece, equalNodes, isStrange, type Piece, type Shown } from './shown.ts'
import { pairSiblings } from './siblings.ts'

/*
 * From the document to the Y.Doc: only the differences from the document as it was last shown. Nodes are compared with
 * nodes, never with the Y.Doc, which may hold more than is shown.
 */

/** Writes one local change into the Y.Doc. For use within one Yjs transaction. */
export class Writing {
  readonly #making: Making
  readonly #whole: boolean

  /** `whole`: rewrites blocks that differ, without looking for what stayed in them. */
  constructor(doc: Y.Doc, rendering: Rendering, whole: boolean) {
    this.#making = new Making(doc, rendering)
    this.#whole = whole
  }

  /** True if the Y.Doc must be shown again: unknown content was moved, or stands beside a change. */
  get isStale(): boolean {
    return this.#making.isStale
  }

  /** Makes the Y type hold what `node` shows. `caret`: a position in its content, a hint where letters repeat. */
  write(shown: Shown, node: Node, caret: number | null): Shown {
    if (shown.node === node) return shown
    this.#attributes(shown, node)
    if (shown.node.content === node.content) return { ...shown, node }
    const pieces = node.inlineContent
      ? writeLine(this.#making, this, shown, node, caret)
      : this.#blocks(shown, node.content.content, caret)
    const strange = pieces.some(isStrange)
    // Content that could not be shown may have found a place.
    if (strange && pieces.some(({ kind, nodes }) => kind === 'strange' && nodes.length === 0))
      this.#making.isStale = true
    return { type: shown.type, node, pieces, strange }
  }

  #attributes({ type, node: before }: Shown, { attrs }: Node): void {
    if (!(type instanceof Y.XmlElement)) return
    for (const [name, value] of Object.entries(attrs)) {
      if (isSameValue(before.attrs[name], value)) continue
      if (value === null || value === undefined) type.removeAttribute(name)
      else type.setAttribute(name, value)
    }
  }

  #blocks({ type, pieces }: Shown, nodes: readonly Node[], caret: number | null): Piece[] {
    const only = this.#whole ? null : onlyChanged(pieces, nodes)
    if (only) {
      const place = caretsIn(nodes, caret)(only.index)
      const next = elementPiece(only.piece.key, this.write(only.piece.shown, only.node, place))
      return pieces.map((piece) => (piece === only.piece ? next : piece))
    }
    const seen = pieces.filter((piece) => piece.nodes.length > 0)
    const places = this.#whole ? untouched(seen, nodes) : placesOf(seen, nodes)
    const carets = caretsIn(nodes, caret)
    const update = (piece: Piece, place: number): Piece => {
      const node = nodes[place]
      if (!node || piece.kind === 'text' || piece.kind === 'fill') return piece
      if (piece.kind === 'element')
        return elementPiece(piece.key, this.write(piece.shown, node, carets(place)))
      return { ...piece, nodes: [node] }
    }
    if (isSameList(seen, nodes, places)) {
      return pieces.map((piece) => {
        const place = places.get(piece)
        return place === undefined ? piece : update(piece, place)
      })
    }
    for (const piece of seen) if (!places.has(piece)) this.#making.keep(piece)
    const result: Piece[] = []
    let [at, done] = [0, 0]
    const createUpTo = (end: number) => {
      const made = nodes.slice(done, end).flatMap((node) => this.#making.create(node) ?? [])
      done = end
      if (made.length > 0) type.insert(at, made.map(({ key }) => key) as Y.XmlElement[])
      result.push(...made)
      at += made.length
    }
    for (const piece of pieces) {
      // Nodes that filled the schema become part of the text with the first change beside them.
      if (piece.kind === 'fill') continue
      const place = places.get(piece)
      if (place === undefined && piece.nodes.length > 0) {
        type.delete(at, 1)
        continue
      }
      if (place !== undefined) {
        createUpTo(place)
        done = place + 1
      }
      result.push(place === undefined ? piece : update(piece, place))
      at += 1
    }
    createUpTo(nodes.length)
    return result
  }
}

/** Returns the one element that changed, or null if more changed than its inside. A letter typed is such a change. */
function onlyChanged(pieces: readonly Piece[], nodes: readonly Node[]) {
  if (pieces.length !== nodes.length) return null
  const differs = (piece: Piece, index: number) => piece.nodes.length !== 1 || piece.nodes[0] !== nodes[index]
  const index = pieces.findIndex(differs)
  const [piece, node] = [pieces[index], nodes[index]]
  if (piece?.kind !== 'element' || !node || piece.shown.node.type !== node.type) return null
  return pieces.findLastIndex(differs) === index ? { index, piece, node } : null
}

/** Returns the node that each piece has become. */
function placesOf(seen: readonly Piece[], nodes: readonly Node[]): Map<Piece, number> {
  const places = new Map<Piece, number>()
  const pairs = pairSiblings(
    seen.flatMap((piece) => piece.nodes),
    nodes,
  )
  seen.forEach((piece, index) => {
    const place = pairs[index] ?? null
    const node = place === null ? null : nodes[place]
    if (place === null || !node) return
    // A placeholder never becomes another node, nor another placeholder.
    if (piece.kind === 'strange' && !equalNodes(piece.nodes, [node])) return
    places.set(piece, place)
  })
  return places
}

/** Pairs only the equal blocks before and after the differing ones. */
function untouched(seen: readonly Piece[], nodes: readonly Node[]): Map<Piece, number> {
  const places = new Map<Piece, number>()
  const isSame = (piece: Piece | undefined, node: Node | undefined) =>
    piece !== undefined && node !== undefined && equalNodes(piece.nodes, [node])
  let start = 0
  for (; start < seen.length && isSame(seen[start], nodes[start]); start += 1)
    places.set(seen[start] as Piece, start)
  for (let end = 1; end <= Math.min(seen.length, nodes.length) - start; end += 1) {
    const piece = seen.at(-end)
    if (!piece || !isSame(piece, nodes.at(-end))) break
    places.set(piece, nodes.length - end)
  }
  return places
}

/** Returns true if only insides changed: all blocks are there in order, and what fills the schema is unchanged. */
function isSameList(
  seen: readonly Piece[],
  nodes: readonly Node[],
  places: ReadonlyMap<Piece, number>,
): boolean {
  return (
    seen.length === nodes.length &&
    seen.every(
      (piece, index) =>
        places.get(piece) === index && (piece.kind !== 'fill' || piece.nodes[0] === nodes[index]),
    )
  )
}

/** Returns for each block the caret's place in it, or null. Looks for that block only once: there may be thousands. */
function caretsIn(nodes: readonly Node[], caret: number | null): (index: number) => number | null {
  if (caret === null) return () => null
  let start = 1
  const at = nodes.findIndex(({ content, nodeSize }) => {
    if (caret >= start && caret <= start + content.size) return true
    start += nodeSize
    return false
  })
  const place = caret - start
  return (index) => (index === at ? place : null)
}
