import * as Y from 'yjs'
import { ROOTS } from '#lib/protocol/version.ts'

/** A block as the editor writes it: text, or a node with attributes and children. */
export type Block =
  | string
  | readonly [name: string, attributes: Record<string, unknown>, ...children: Block[]]

/** Returns a document with this title and these blocks in its body. */
export function documentOf(title: string, ...blocks: Block[]): Y.Doc {
  const doc = new Y.Doc()
  doc.getText(ROOTS.title).insert(0, title)
  doc.getXmlFragment(ROOTS.body).insert(0, blocks.map(typeOf))
  return doc
}

/** Returns a paragraph. */
export const p = (...text: Block[]): Block => ['paragraph', {}, ...text]

/** Returns the Y type of a block, which is not in a document. */
export function typeOf(block: Block): Y.XmlElement | Y.XmlText {
  if (typeof block === 'string') return new Y.XmlText(block)
  const [name, attributes, ...children] = block
  const made = new Y.XmlElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value as string)
  made.insert(0, children.map(typeOf))
  return made
}
