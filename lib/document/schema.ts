/*
 * The allowed content of the body of a document, as plain data: schema version SCHEMA_VERSION of version.ts. The
 * editor's own schema agrees with it (tests/document/schema.test.ts); the server checks documents against this one.
 */

/** The kind of an attribute's value. Pasted numbers may be any number; the gate limits how large values are. */
export type AttributeKind = 'text' | 'number' | 'flag' | 'href'

export type Attributes = Readonly<Record<string, AttributeKind>>

export interface NodeKind {
  /** The kinds of elements allowed in it. */
  readonly children: readonly string[]
  /** The kind of text allowed in it: with formats, without them, or none. */
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

/** The elements allowed at the top of the body. */
export const BODY_CHILDREN: readonly string[] = BLOCKS

/** The elements by name. */
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

/** The formats of text by name. */
export const MARK_KINDS: ReadonlyMap<string, Attributes> = new Map<string, Attributes>([
  ['bold', {}],
  ['italic', {}],
  ['underline', {}],
  ['strike', {}],
  ['code', {}],
  ['link', { href: 'href' }],
])

/** Returns true for the addresses a link may have: http, https and mailto. */
export function isSafeHref(href: string): boolean {
  return /^(https?:\/\/|mailto:)[^\s]/i.test(href)
}

/** Returns true if a value is allowed in an attribute of that kind; null means no value and is always allowed. */
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

/** Returns true if `value` is allowed for the format `name`: null ends a format, anything else is its attributes. */
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
