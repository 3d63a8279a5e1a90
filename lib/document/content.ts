import * as Y from 'yjs'
import { ROOTS } from '#lib/protocol/version.ts'
import { isAttributeValue, isMarkValue, MARK_KINDS, NODE_KINDS } from './schema.ts'

/*
 * The content of a document as plain data, in ProseMirror's JSON form. Text, web pages, Markdown and the clipboard are
 * written from it and read into it, without an editor and without a page.
 */

/** A format of a text. */
export interface ContentMark {
  readonly type: string
  readonly attrs?: Readonly<Record<string, unknown>>
}

/** A node: a block, a line break, or a text with its formats. */
export interface Content {
  readonly type: string
  readonly attrs?: Readonly<Record<string, unknown>>
  readonly content?: readonly Content[]
  readonly text?: string
  readonly marks?: readonly ContentMark[]
}

export const HARD_BREAK: Content = { type: 'hardBreak' }

/** Returns a text node. `text` must not be empty. */
export function textNode(text: string, marks: readonly ContentMark[] = []): Content {
  return marks.length === 0 ? { type: 'text', text } : { type: 'text', text, marks }
}

/** Returns a paragraph. */
export function paragraph(content: readonly Content[] = []): Content {
  return content.length === 0 ? { type: 'paragraph' } : { type: 'paragraph', content }
}

/** Returns true for blocks that hold text directly. */
export function isTextBlock({ type }: Content): boolean {
  return NODE_KINDS.get(type)?.text != null
}

/** Returns the text of a node without its formats; line breaks are newlines. */
export function textIn(node: Content): string {
  if (node.type === 'hardBreak') return '\n'
  return node.text ?? (node.content ?? []).map(textIn).join('')
}

/** Returns true if two lists of marks are the same, in any order. */
export function sameMarks(a: readonly ContentMark[] = [], b: readonly ContentMark[] = []): boolean {
  return a.length === b.length && a.every((mark) => b.some((other) => sameMark(mark, other)))
}

/** Returns true if two marks are the same. */
export function sameMark(a: ContentMark, b: ContentMark): boolean {
  return a.type === b.type && a.attrs?.href === b.attrs?.href
}

/**
 * Returns the blocks of the body that the schema allows. Unknown elements give their text in paragraphs, unknown
 * attributes and formats are left out.
 */
export function contentOf(doc: Y.Doc): Content[] {
  return childrenOf(doc.getXmlFragment(ROOTS.body)).flatMap(blocksIn)
}

/** Returns the elements and texts in a type. */
export function childrenOf(parent: Y.XmlFragment): (Y.XmlElement | Y.XmlText)[] {
  return parent.toArray().filter((child) => child instanceof Y.XmlElement || child instanceof Y.XmlText)
}

/** Returns an element or a text as blocks. */
export function blocksIn(block: Y.XmlElement | Y.XmlText): Content[] {
  if (block instanceof Y.XmlText) return [paragraph(inlineIn(block, true))]
  const { nodeName } = block
  const kind = NODE_KINDS.get(nodeName)
  const children = childrenOf(block)
  if (nodeName === 'hardBreak') return [paragraph()]
  if (!kind) {
    if (!children.some((child) => child instanceof Y.XmlText)) return children.flatMap(blocksIn)
    return [paragraph(children.flatMap((child) => inlineIn(child, true)))]
  }
  const attrs = attributesOf(block)
  const made = { type: nodeName, ...(Object.keys(attrs).length === 0 ? {} : { attrs }) }
  const content = kind.text
    ? children.flatMap((child) => inlineIn(child, kind.text === 'formatted'))
    : children.flatMap((child) => fitting(blocksIn(child), kind.children))
  return [content.length === 0 ? made : { ...made, content }]
}

/** Puts blocks into items where only items are allowed, and takes the blocks out of items where none are. */
function fitting(blocks: readonly Content[], allowed: readonly string[]): Content[] {
  const [only = ''] = allowed
  return blocks.flatMap((block) => {
    if (allowed.includes(block.type)) return [block]
    if (only === 'listItem' || only === 'taskItem')
      return [{ type: only, content: isItem(block) ? (block.content ?? []) : [block] }]
    return isItem(block) ? fitting(block.content ?? [], allowed) : []
  })
}

function isItem({ type }: Content): boolean {
  return type === 'listItem' || type === 'taskItem'
}

function inlineIn(node: Y.XmlElement | Y.XmlText, formatted: boolean): Content[] {
  if (node instanceof Y.XmlElement) {
    if (node.nodeName === 'hardBreak' && formatted) return [HARD_BREAK]
    return childrenOf(node).flatMap((child) => inlineIn(child, formatted))
  }
  const delta: { insert?: unknown; attributes?: Record<string, unknown> }[] = node.toDelta()
  return delta.flatMap(({ insert, attributes }) =>
    typeof insert === 'string' && insert !== ''
      ? [textNode(insert, formatted ? marksIn(attributes ?? {}) : [])]
      : [],
  )
}

function marksIn(attributes: Readonly<Record<string, unknown>>): ContentMark[] {
  return Object.entries(attributes).flatMap(([type, value]) => {
    if (!value || !MARK_KINDS.has(type) || !isMarkValue(type, value)) return []
    if (type !== 'link') return [{ type }]
    const href = typeof value === 'object' && 'href' in value ? value.href : null
    return typeof href === 'string' ? [{ type, attrs: { href } }] : []
  })
}

function attributesOf(element: Y.XmlElement): Record<string, unknown> {
  const allowed = NODE_KINDS.get(element.nodeName)?.attributes ?? {}
  const attrs: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(allowed)) {
    // Y.XmlElement types attributes as strings; the editor stores numbers and flags.
    const value: unknown = element.getAttribute(name)
    if (value !== undefined && value !== null && isAttributeValue(kind, value)) attrs[name] = value
  }
  return attrs
}
