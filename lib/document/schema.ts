/*
 * What the body of a document may hold, as plain data: schema version SCHEMA_VERSION of version.ts. The editor's own
 * schema says the same (tests/document/schema.test.ts); the server checks documents against this one.
 */

/** What an attribute's value may be. Pasted numbers may be anything that is a number; how large values are is the gate's. */
export type AttributeKind = 'text' | 'number' | 'flag' | 'href'

export type Attributes = Readonly<Record<string, AttributeKind>>

export interface NodeKind {
  /** Kinds of elements that may stand in it. */
  readonly children: readonly string[]
  /** Whether text may stand in it: with formats, without them, or not at all. */
  readonly text: 'formatted' | 'plain' | null
  readonly attributes: Attributes
}

const BLOCKS = [
  'paragraph',
  'heading',
  'blockquote',
  'bulletList',
  'orderedList',
  'taskList',
  'codeBlock',
  'horizontalRule',
] as const

/** What may stand at the top of the body. */
export const BODY_CHILDREN: readonly string[] = BLOCKS

/** Elements by their name. */
export const NODE_KINDS: ReadonlyMap<string, NodeKind> = new Map<string, NodeKind>([
  ['paragraph', { children: ['hardBreak'], text: 'formatted', attributes: {} }],
  ['heading', { children: ['hardBreak'], text: 'formatted', attributes: { level: 'number' } }],
  ['blockquote', { children: BLOCKS, text: null, attributes: {} }],
  ['bulletList', { children: ['listItem'], text: null, attributes: {} }],
  ['orderedList', { children: ['listItem'], text: null, attributes: { start: 'number', type: 'text' } }],
  ['listItem', { children: BLOCKS, text: null, attributes: {} }],
  ['taskList', { children: ['taskItem'], text: null, attributes: {} }],
  ['taskItem', { children: BLOCKS, text: null, attributes: { checked: 'flag' } }],
  ['codeBlock', { children: [], text: 'plain', attributes: { language: 'text' } }],
  ['horizontalRule', { children: [], text: null, attributes: {} }],
  ['hardBreak', { children: [], text: null, attributes: {} }],
])

/** Formats of text by their name. */
export const MARK_KINDS: ReadonlyMap<string, Attributes> = new Map<string, Attributes>([
  ['bold', {}],
  ['italic', {}],
  ['underline', {}],
  ['strike', {}],
  ['code', {}],
  ['link', { href: 'href' }],
])

/** True for the addresses a link may have: http, https and mailto. */
export function isSafeHref(href: string): boolean {
  return /^(https?:\/\/|mailto:)[^\s]/i.test(href)
}

/** True when a value may stand in an attribute of that kind; null is no value and always may. */
export function isAttributeValue(kind: AttributeKind, value: unknown): boolean {
  if (value === null) return true
  switch (kind) {
    case 'text':
      return typeof value === 'string'
    case 'number':
      return typeof value === 'number'
    case 'flag':
      return typeof value === 'boolean'
    case 'href':
      return typeof value === 'string' && isSafeHref(value)
  }
}

/** True when `value` may stand under the format `name`: null ends one, anything else is its attributes. */
export function isMarkValue(name: string, value: unknown): boolean {
  const attributes = MARK_KINDS.get(name)
  if (!attributes) return false
  if (value === null || value === true) return true
  if (typeof value !== 'object' || Array.isArray(value)) return false
  return Object.entries(value as object).every(([key, each]) => {
    const kind = Object.hasOwn(attributes, key) ? attributes[key] : undefined
    return kind !== undefined && isAttributeValue(kind, each)
  })
}
