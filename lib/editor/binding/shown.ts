import type { Node } from '@tiptap/pm/model'
import type * as Y from 'yjs'

/*
 * The rendering of the Y.Doc: a tree beside it and the document. Every Y type that holds others has a `Shown`: its
 * node, and one piece for each of its children, in order. The tree is immutable: an unchanged part is the same object
 * afterwards, and so are its nodes.
 */

/** A Y type shown as a node with content; the outermost one as the document. */
export interface Shown {
  readonly type: Y.XmlFragment
  readonly node: Node
  readonly pieces: readonly Piece[]
  /** True if anything in it, however deep, is kept in the Y.Doc without being shown as what it is. */
  readonly strange: boolean
}

/** A child of a Y type, or the node shown in place of a missing one. */
export type Piece = ElementPiece | TextPiece | StrangePiece | FillPiece

interface ElementPiece {
  readonly kind: 'element'
  readonly key: Y.XmlElement
  readonly shown: Shown
  readonly nodes: readonly Node[]
}

/**
 * A text takes up as many positions as it is long. Its nodes are equal to those in the document, not the same
 * objects.
 */
export interface TextPiece {
  readonly kind: 'text'
  readonly key: Y.XmlText
  readonly nodes: readonly Node[]
  readonly strange: boolean
}

/**
 * Content that this editor does not know, or that is not allowed there: a placeholder, or nothing if none is allowed.
 */
interface StrangePiece {
  readonly kind: 'strange'
  /** The Y type, or the id of its item for a plain value. */
  readonly key: object | string
  readonly nodes: readonly Node[]
}

/** A node that the schema demands and the Y.Doc does not have. */
interface FillPiece {
  readonly kind: 'fill'
  readonly key: null
  readonly nodes: readonly Node[]
}

/** Returns a piece for a known element. */
export function elementPiece(key: Y.XmlElement, shown: Shown): ElementPiece {
  return { kind: 'element', key, shown, nodes: [shown.node] }
}

/** Returns true if something behind the piece is kept without being shown as what it is. */
export function isStrange(piece: Piece): boolean {
  if (piece.kind === 'element') return piece.shown.strange
  return piece.kind === 'strange' || (piece.kind === 'text' && piece.strange)
}

/** Returns the number of positions that these nodes take up. */
export function sizeOf(nodes: readonly Node[]): number {
  let size = 0
  for (const node of nodes) size += node.nodeSize
  return size
}

/** Returns true if two lists of nodes look the same. */
export function equalNodes(a: readonly Node[], b: readonly Node[]): boolean {
  return a.length === b.length && a.every((node, index) => node === b[index] || node.eq(b[index] as Node))
}

/** Returns the same tree over `node`, an equal node: along a changed path the document has its own objects. */
export function adopt(shown: Shown, node: Node): Shown {
  if (shown.node === node) return shown
  const blocks = node.content.content.filter(({ isText }) => !isText)
  let at = 0
  const pieces = shown.pieces.map((piece): Piece => {
    // The texts of a line need only be equal.
    const own = piece.nodes.filter(({ isText }) => !isText).length
    const real = blocks.slice(at, at + own)
    at += own
    if (piece.kind === 'text' || real.every((each, index) => each === piece.nodes[index])) return piece
    const [first] = real
    return piece.kind === 'element' && first
      ? elementPiece(piece.key, adopt(piece.shown, first))
      : { ...piece, nodes: real }
  })
  return { ...shown, node, pieces }
}
