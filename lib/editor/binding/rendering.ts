import { type ContentMatch, Fragment, type Node, type NodeType } from '@tiptap/pm/model'
import * as Y from 'yjs'
import type { Format, TextAttributes } from './format.ts'
import { elementPiece, equalNodes, isStrange, type Piece, type Shown, type TextPiece } from './shown.ts'

/*
 * Renders the Y.Doc as ProseMirror nodes. It only reads: unknown content is never written or deleted. Content that the
 * schema does not know, or does not allow where it is, is shown as a placeholder where one is allowed, else not at all.
 * Content that the schema requires and the Y.Doc lacks is filled in. An update reuses the objects of the old rendering
 * for everything unchanged, so that ProseMirror redraws nothing else. shown.ts explains `Shown` and `Piece`.
 */

/** The node types that stand for unknown content; null: such content is kept in the Y.Doc without being shown. */
export interface Placeholders {
  readonly block: NodeType | null
  readonly inline: NodeType | null
}

/** The difference between a rendering and the Y.Doc now. */
export interface Change {
  /** The rendering before the change. */
  readonly before: Shown
  /** The Y types whose own children, attributes or text changed. */
  readonly changed: ReadonlySet<object>
  /** The ancestors of changed types that did not change themselves. */
  readonly above: ReadonlySet<object>
}

/** A child of a Y type: a type, or a plain value. */
interface Child {
  /** The type, or for a plain value the id of its item. */
  readonly key: object | string
  /** The type, null for a plain value. */
  readonly type: object | null
  /** The id of its item, `client:clock`, which the placeholder carries. */
  readonly id: string
}

export class Rendering {
  readonly format: Format
  readonly placeholders: Placeholders

  constructor(format: Format, placeholders: Placeholders) {
    this.format = format
    this.placeholders = placeholders
  }

  /** Renders everything anew. */
  render(root: Y.XmlFragment): Shown {
    return this.#root(root, null)
  }

  /** Renders the document after a change, reusing what did not change. */
  update(change: Change): Shown {
    const { before } = change
    if (change.changed.has(before.type)) return this.#root(before.type, change)
    return this.#above(before, change) ?? this.#root(before.type, change)
  }

  #root(root: Y.XmlFragment, change: Change | null): Shown {
    const { topNodeType } = this.format.schema
    const shown = this.#holder(root, topNodeType, {}, change?.before ?? null, change)
    if (shown) return shown
    throw new RangeError('the schema of the document cannot be filled')
  }

  /** Renders a type of which only descendants changed. Returns null if its children must be fitted again. */
  #above(before: Shown, change: Change): Shown | null {
    const pieces: Piece[] = []
    for (const piece of before.pieces) {
      const next = this.#isSame(piece, change) ? piece : this.#again(piece, before.node.type, change)
      if (!next || (next !== piece && !sameTypes(piece.nodes, next.nodes))) return null
      pieces.push(next)
    }
    const content = Fragment.fromArray(pieces.flatMap(({ nodes }) => nodes))
    return { type: before.type, node: before.node.copy(content), pieces, strange: pieces.some(isStrange) }
  }

  #isSame(piece: Piece, { changed, above }: Change): boolean {
    return (
      typeof piece.key !== 'object' || piece.key === null || !(changed.has(piece.key) || above.has(piece.key))
    )
  }

  #again(piece: Piece, parent: NodeType, change: Change): Piece | null {
    if (piece.kind === 'text') return this.#text(piece.key, parent)
    return piece.kind === 'element' ? this.#element(piece.key, piece, change) : null
  }

  #holder(
    type: Y.XmlFragment,
    nodeType: NodeType,
    attributes: Record<string, unknown>,
    before: Shown | null,
    change: Change | null,
  ): Shown | null {
    const pieces = this.#fitting(type, nodeType, change ? before : null, change)
    if (!pieces) return null
    const nodes = pieces.flatMap((piece) => piece.nodes)
    const node = nodeType.create(attributes, nodes)
    const strange = pieces.some(isStrange)
    if (before?.node.sameMarkup(node) && sameObjects(before.node, node))
      return { type, node: before.node, pieces, strange }
    return { type, node, pieces, strange }
  }

  /**
   * Returns a piece for each child, in order, with placeholders and filled-in nodes where the schema demands them.
   * Returns null if the schema cannot be satisfied.
   */
  #fitting(
    type: Y.XmlFragment,
    nodeType: NodeType,
    before: Shown | null,
    change: Change | null,
  ): Piece[] | null {
    const known = new Map(before?.pieces.map((piece) => [piece.key, piece] as const))
    const pieces: Piece[] = []
    let match = nodeType.contentMatch
    for (const child of childrenOf(type)) {
      const piece = this.#child(child, nodeType, known.get(child.key), change)
      const placed = piece && place(piece, match)
      if (placed) {
        pieces.push(...placed.pieces)
        match = placed.match
        continue
      }
      const strange = this.#placeholder(child, nodeType, match, known.get(child.key))
      pieces.push(strange.piece)
      match = strange.match
    }
    const end = match.fillBefore(Fragment.empty, true)
    if (!end) return null
    for (const node of end.content) pieces.push({ kind: 'fill', key: null, nodes: [node] })
    return before ? withFillsOf(before, pieces) : pieces
  }

  #child(child: Child, parent: NodeType, before: Piece | undefined, change: Change | null): Piece | null {
    const reusable = before && (before.kind === 'element' || before.kind === 'text') ? before : undefined
    if (reusable && change && this.#isSame(reusable, change)) return reusable
    if (child.type instanceof Y.XmlText) return this.#text(child.type, parent)
    // A Y.XmlHook is a map, and to these checks it is no element.
    return child.type instanceof Y.XmlElement ? this.#element(child.type, reusable, change) : null
  }

  #element(element: Y.XmlElement, before: Piece | undefined, change: Change | null): Piece | null {
    const shown = before?.kind === 'element' ? before.shown : null
    if (shown && change && !change.changed.has(element)) {
      const above = this.#above(shown, change)
      if (above) return elementPiece(element, above)
    }
    const type = this.#typeOf(element.nodeName)
    const attributes = type && this.format.attributes(type, element.getAttributes())
    const next = type && attributes && this.#holder(element, type, attributes, shown, change)
    return next ? elementPiece(element, next) : null
  }

  #typeOf(name: string): NodeType | null {
    const type = this.format.schema.nodes[name]
    if (!type || type.isText || type === this.format.schema.topNodeType) return null
    return type === this.placeholders.block || type === this.placeholders.inline ? null : type
  }

  #text(text: Y.XmlText, parent: NodeType): TextPiece | null {
    const { schema } = this.format
    const { inline } = this.placeholders
    const nodes: Node[] = []
    let strange = false
    let at = 0
    for (const { insert, attributes } of text.toDelta() as {
      insert: unknown
      attributes?: TextAttributes
    }[]) {
      if (typeof insert === 'string') {
        if (insert !== '') nodes.push(schema.text(insert, this.format.marks(attributes, parent)))
        at += insert.length
        continue
      }
      // Positions in the text count an embedded value, so it cannot be left out.
      if (!inline) return null
      nodes.push(inline.create({ of: itemAt(text, at) }))
      at += 1
      strange = true
    }
    return { kind: 'text', key: text, nodes: Fragment.fromArray(nodes).content, strange }
  }

  #placeholder(
    { key, id }: Child,
    parent: NodeType,
    match: ContentMatch,
    before: Piece | undefined,
  ): { readonly piece: Piece; readonly match: ContentMatch } {
    const type = parent.inlineContent ? this.placeholders.inline : this.placeholders.block
    const next = type && match.matchType(type)
    if (!type || !next) return { piece: { kind: 'strange', key, nodes: [] }, match }
    const node = type.create({ of: id })
    const nodes = before?.kind === 'strange' && equalNodes(before.nodes, [node]) ? before.nodes : [node]
    return { piece: { kind: 'strange', key, nodes }, match: next }
  }
}

/**
 * Returns the piece, after the nodes that the schema requires before it, and the match after it. Returns null if the
 * schema does not allow it here.
 */
function place(piece: Piece, match: ContentMatch): { pieces: Piece[]; match: ContentMatch } | null {
  const content = Fragment.fromArray(piece.nodes as Node[])
  const next = match.matchFragment(content)
  if (next) return { pieces: [piece], match: next }
  const fill = match.fillBefore(content)
  const after = fill && match.matchFragment(fill)?.matchFragment(content)
  if (!fill || !after) return null
  return {
    pieces: [...fill.content.map((node): Piece => ({ kind: 'fill', key: null, nodes: [node] })), piece],
    match: after,
  }
}

/** Returns the pieces with filled-in nodes replaced by equal ones of the old rendering, so that they stay the same objects. */
function withFillsOf(before: Shown, pieces: Piece[]): Piece[] {
  if (!pieces.some(({ kind }) => kind === 'fill')) return pieces
  const left = before.pieces.filter(({ kind }) => kind === 'fill')
  return pieces.map((piece) => {
    if (piece.kind !== 'fill') return piece
    const index = left.findIndex(({ nodes }) => equalNodes(nodes, piece.nodes))
    return index < 0 ? piece : (left.splice(index, 1)[0] ?? piece)
  })
}

function sameTypes(a: readonly Node[], b: readonly Node[]): boolean {
  const [first, second] = [a, b].map((nodes) => nodes.map(({ type }) => type))
  return a.length === b.length && (first ?? []).every((type, index) => type === second?.[index])
}

function sameObjects(a: Node, b: Node): boolean {
  return a.childCount === b.childCount && a.content.content.every((node, index) => node === b.child(index))
}

/** Yields the content of a Y type: each type, and each plain value. */
function* childrenOf(type: Y.XmlFragment): Generator<Child> {
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue
    const { client, clock } = item.id
    if (item.content instanceof Y.ContentType) {
      const key: object = item.content.type
      yield { key, type: key, id: `${client}:${clock}` }
    } else {
      for (let index = 0; index < item.length; index += 1) {
        const id = `${client}:${clock + index}`
        yield { key: id, type: null, id }
      }
    }
  }
}

/** Returns the id of the character at an index of a text. */
function itemAt(text: Y.XmlText, index: number): string {
  let left = index
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue
    if (left < item.length) return `${item.id.client}:${item.id.clock + left}`
    left -= item.length
  }
  return ''
}
