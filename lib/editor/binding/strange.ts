import * as Y from 'yjs'
import type { Piece, Shown } from './shown.ts'

/*
 * Moves content that this editor does not know along with the block that holds it. Yjs cannot move a type, so it is
 * copied whole before the old one is deleted.
 */

/** Unknown content on its way into the Y.Doc again. `embed`: it goes into a text, as one character. */
export interface Kept {
  readonly make: () => unknown
  readonly embed: boolean
}

/**
 * Returns a function that makes copies of something that may be gone by then. A map or an array, which no text editor
 * puts there, is copied once.
 */
function copies(value: unknown): () => unknown {
  if (value instanceof Y.XmlElement) {
    const { nodeName } = value
    const attributes = Object.entries(value.getAttributes())
    const children = value.toArray().map(copies)
    return () => {
      const copy = new Y.XmlElement(nodeName)
      for (const [name, attribute] of attributes) copy.setAttribute(name, attribute as string)
      copy.insert(0, children.map((each) => each()) as Y.XmlElement[])
      return copy
    }
  }
  if (value instanceof Y.XmlText) {
    const parts = (value.toDelta() as { insert: unknown }[]).map((part) => ({
      part,
      insert: copies(part.insert),
    }))
    return () => {
      const copy = new Y.XmlText()
      copy.applyDelta(parts.map(({ part, insert }) => ({ ...part, insert: insert() })))
      return copy
    }
  }
  const copy = value instanceof Y.AbstractType ? value.clone() : value
  return () => copy
}

/** Returns a copy of a text from `from` on, with everything in it. */
export function copyOfText(text: Y.XmlText, from: number): Y.XmlText {
  const copy = new Y.XmlText()
  let at = 0
  const parts: { insert: unknown }[] = []
  for (const part of text.toDelta() as { insert: unknown }[]) {
    const length = typeof part.insert === 'string' ? part.insert.length : 1
    const skip = Math.max(0, from - at)
    at += length
    if (skip >= length) continue
    parts.push({
      ...part,
      insert: typeof part.insert === 'string' ? part.insert.slice(skip) : copies(part.insert)(),
    })
  }
  copy.applyDelta(parts)
  return copy
}

/** Returns copies of the item with this id, or null if it is deleted or was never here. */
export function living(doc: Y.Doc, id: string): Kept | null {
  const [client, clock] = id.split(':').map(Number)
  if (client === undefined || clock === undefined || Y.getState(doc.store, client) <= clock) return null
  const item = Y.getItem(doc.store, Y.createID(client, clock))
  if (!(item instanceof Y.Item) || item.deleted) return null
  const embed = item.parent instanceof Y.XmlText
  if (item.content instanceof Y.ContentType) return { make: copies(item.content.type), embed }
  return { make: copies(item.content.getContent()[clock - item.id.clock]), embed }
}

/** Yields the ids of all unknown content behind a piece. */
export function* strangeIds(piece: Piece): Generator<string> {
  if (piece.kind === 'element' && piece.shown.strange) yield* strangeIdsIn(piece.shown)
  else if (piece.kind === 'strange' || piece.kind === 'text')
    for (const node of piece.nodes) if (!node.isText) yield String(node.attrs.of)
}

function* strangeIdsIn({ pieces }: Shown): Generator<string> {
  for (const piece of pieces) yield* strangeIds(piece)
}
