import type { AttributeSpec, Mark, MarkType, NodeType, Schema } from '@tiptap/pm/model'

/*
 * The form of attributes and marks in the Y.Doc. It is y-prosemirror's, so stored documents and other editors agree.
 * A mark is an attribute of the text under its name; a mark that may overlap with itself stands under its name and a
 * hash of its attributes.
 */

/** Decides which content of the Y.Doc may enter the editor: peers may have written anything. */
export interface Admission {
  /** Returns true if `value` is allowed in the attribute `name` of an element. */
  attribute(element: string, name: string, value: unknown): boolean
  /** Returns true if `value` is allowed for the mark `name` of a text. */
  mark(name: string, value: unknown): boolean
}

/** Hashes a mark to eight characters. */
export type MarkHash = (mark: Mark) => string

export type TextAttributes = Readonly<Record<string, unknown>>

const HASHED = /^(.+)--[a-zA-Z0-9+/=]{8}$/

/** Converts attributes and marks between a schema and the Y.Doc. */
export class Format {
  readonly schema: Schema
  readonly #admission: Admission
  readonly #hash: MarkHash | null

  /** `hash` is needed only for a schema with marks that may overlap with themselves (overlapping-marks.ts). */
  constructor(schema: Schema, admission: Admission, hash: MarkHash | null) {
    const overlapping = Object.values(schema.marks).find((type) => !type.excludes(type))
    if (overlapping && !hash)
      throw new Error(`marks of the kind ${overlapping.name} may overlap and need a hash`)
    this.schema = schema
    this.#admission = admission
    this.#hash = hash
  }

  /** Returns the attributes of a node as the element gives them, or null if they do not make a node of that type. */
  attributes(type: NodeType, given: TextAttributes): Record<string, unknown> | null {
    const attributes: Record<string, unknown> = {}
    for (const [name, spec] of Object.entries(type.spec.attrs ?? {})) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      if (value === undefined && spec.default !== undefined) continue
      if (this.#admission.attribute(type.name, name, value) && isValid(spec, value)) attributes[name] = value
      else if (spec.default === undefined) return null
    }
    return attributes
  }

  /**
   * Returns the marks that a text with these attributes has in a node of type `parent`. Marks that exclude each
   * other, left by two people formatting concurrently, resolve the same way everywhere: they join in the order of
   * the schema.
   */
  marks(attributes: TextAttributes | undefined, parent: NodeType): readonly Mark[] {
    if (!attributes) return []
    const found: { readonly key: string; readonly mark: Mark }[] = []
    for (const [key, value] of Object.entries(attributes)) {
      const mark = this.mark(key, value)
      if (mark && parent.allowsMarkType(mark.type)) found.push({ key, mark })
    }
    if (found.length > 1) found.sort((a, b) => rank(a.mark) - rank(b.mark) || (a.key < b.key ? -1 : 1))
    return found.reduce<readonly Mark[]>((set, { mark }) => mark.addToSet(set), [])
  }

  /** Returns the mark for one attribute of a text, or null if this editor does not know or admit it. */
  mark(key: string, value: unknown): Mark | null {
    const type = this.#markType(key)
    if (!type || value === null || value === undefined || !this.#admission.mark(type.name, value)) return null
    const given = isRecord(value) ? value : {}
    const attributes: Record<string, unknown> = {}
    for (const [name, spec] of Object.entries(type.spec.attrs ?? {})) {
      if (Object.hasOwn(given, name) && isValid(spec, given[name])) attributes[name] = given[name]
      else if (spec.default === undefined) return null
    }
    return type.create(attributes)
  }

  /** Returns true if the schema has no mark of this attribute's kind. */
  isUnknownMark(key: string): boolean {
    return this.#markType(key) === null
  }

  /** Returns the attribute under which a mark is stored. */
  keyOf(mark: Mark): string {
    const { name } = mark.type
    return this.#hash && !mark.type.excludes(mark.type) ? `${name}--${this.#hash(mark)}` : name
  }

  /** Returns the attributes of a text with these marks. */
  textAttributes(marks: readonly Mark[]): Record<string, unknown> {
    return Object.fromEntries(marks.map((mark) => [this.keyOf(mark), mark.attrs]))
  }

  #markType(key: string): MarkType | null {
    const { marks } = this.schema
    return marks[key] ?? marks[HASHED.exec(key)?.[1] ?? ''] ?? null
  }
}

/** Checks a value as the schema itself does. */
function isValid({ validate }: AttributeSpec, value: unknown): boolean {
  if (typeof validate === 'string')
    return validate.split('|').includes(value === null ? 'null' : typeof value)
  if (!validate) return true
  try {
    validate(value)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function rank(mark: Mark): number {
  return Object.keys(mark.type.schema.marks).indexOf(mark.type.name)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Returns true if two attribute values, which are plain data, are equal. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  return typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b)
}
