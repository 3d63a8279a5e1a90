import type { Node, NodeType } from '@tiptap/pm/model'
import * as Y from 'yjs'
import type { Format } from './format.ts'
import type { Rendering } from './rendering.ts'
import { elementPiece, isStrange, type Piece, type TextPiece } from './shown.ts'
import { type Kept, living, strangeIds } from './strange.ts'

/** Makes the Y types of one local change. Used by the writing of blocks and of lines alike. */
export class Making {
  readonly format: Format
  readonly #doc: Y.Doc
  readonly #placeholders: ReadonlySet<NodeType | null>
  readonly #kept = new Map<string, Kept>()
  /** True once unknown content was moved, or stands beside a change: the Y.Doc must then be shown again. */
  isStale = false

  constructor(doc: Y.Doc, { format, placeholders }: Rendering) {
    this.#doc = doc
    this.format = format
    this.#placeholders = new Set([placeholders.block, placeholders.inline])
  }

  /** Returns a new child for a node other than text, or null for a placeholder whose content is gone. */
  create(node: Node): Exclude<Piece, { kind: 'fill' }> | null {
    if (this.#placeholders.has(node.type)) {
      const kept = this.kept(node)
      if (!kept) return null
      return { kind: 'strange', key: kept.make() as object, nodes: [node] }
    }
    const type = new Y.XmlElement(node.type.name)
    for (const [name, value] of Object.entries(node.attrs))
      if (value !== null && value !== undefined) type.setAttribute(name, value)
    const pieces = textRuns(node.content.content).flatMap((run) =>
      Array.isArray(run) ? this.text(run) : (this.create(run) ?? []),
    )
    type.insert(0, pieces.map(({ key }) => key) as Y.XmlElement[])
    return elementPiece(type, { type, node, pieces, strange: pieces.some(isStrange) })
  }

  /** Returns a new text made of text nodes. */
  text(nodes: readonly Node[]): TextPiece {
    const text = new Y.XmlText()
    text.applyDelta(
      nodes.map((node) => ({
        insert: this.wellFormed(node),
        attributes: this.format.textAttributes(node.marks),
      })),
    )
    return { kind: 'text', key: text, nodes, strange: false }
  }

  /** Returns the text of a node. Half a surrogate pair cannot be sent: other clients would see another character. */
  wellFormed({ text = '' }: Node): string {
    if (text.isWellFormed()) return text
    this.isStale = true
    return text.toWellFormed()
  }

  /** Copies the unknown content of a piece before it is deleted, since a placeholder for it may stand elsewhere now. */
  keep(piece: Piece): void {
    if (!isStrange(piece)) return
    for (const id of strangeIds(piece)) {
      const found = living(this.#doc, id)
      if (found) this.#kept.set(id, found)
    }
  }

  /** Returns the content a placeholder stands for, or null if it is gone. */
  kept(placeholder: Node): Kept | null {
    if (!this.#placeholders.has(placeholder.type)) return null
    this.isStale = true
    const id = String(placeholder.attrs.of)
    return this.#kept.get(id) ?? living(this.#doc, id)
  }
}

/** Groups neighbouring text nodes, which are one text in the Y.Doc. */
function textRuns(nodes: readonly Node[]): (Node | Node[])[] {
  const runs: (Node | Node[])[] = []
  for (const node of nodes) {
    const last = runs.at(-1)
    if (!node.isText) runs.push(node)
    else if (Array.isArray(last)) last.push(node)
    else runs.push([node])
  }
  return runs
}
