import * as Y from 'yjs'
import { ROOTS } from '#lib/protocol/version.ts'

/*
 * Encodes the content that a document shows, so that the bytes are equal if and only if the content is: kinds and
 * attributes of elements, text with its formats, regardless of the items Yjs keeps it in. Reads the live types, not
 * an encoded state, which Yjs would integrate again when reading it. A change to these bytes is a change to the wire
 * (tests/protocol/fingerprint.test.ts).
 */

/** None of these bytes ever occurs in UTF-8, so text cannot be mistaken for one. */
const BEGIN = 0xff
const END = 0xfe
const ATTRIBUTE = 0xfd
const FORMATS = 0xfc
const VALUE = 0xfb

/** The number of items visited between two pauses of the walk: well below a millisecond. */
const STRIDE = 500

/** The internals that are read of any Y type. */
interface Holder {
  readonly _start: Y.Item | null
  readonly _map: ReadonlyMap<string, Y.Item>
}

/** A type whose children are being read. */
interface Visit {
  next: Y.Item | null
  /**
   * The formats in force, and as they were last written: text that looks the same is one run, however many items it
   * has.
   */
  readonly formats: Map<string, unknown>
  changed: boolean
  written: string
}

/**
 * Walks through `doc` in small steps and returns its bytes at the end. The document must not change between the
 * steps, or the bytes match no state of it. Linear, without recursion through types. Accepts any content that Yjs can
 * hold.
 */
export function* contentBytes(doc: Y.Doc): Generator<void, Uint8Array> {
  const bytes = new GrowingBytes()
  let looked = 0
  for (const root of [doc.getXmlFragment(ROOTS.body), doc.getText(ROOTS.title)]) {
    const visits = [begin(root, bytes)]
    for (let visit = visits.at(-1); visit; visit = visits.at(-1)) {
      const item = visit.next
      if (!item) {
        bytes.mark(END)
        visits.pop()
        continue
      }
      visit.next = item.right
      const inner = item.deleted ? null : read(item.content, visit, bytes)
      if (inner) visits.push(begin(inner, bytes))
      if (++looked % STRIDE === 0) yield
    }
  }
  return bytes.taken()
}

function begin(type: Holder, bytes: GrowingBytes): Visit {
  bytes.mark(BEGIN)
  bytes.text(kindOf(type))
  for (const name of [...type._map.keys()].sort()) {
    const item = type._map.get(name)
    if (!item || item.deleted) continue
    bytes.mark(ATTRIBUTE)
    bytes.text(name)
    bytes.mark(VALUE)
    // In a list of values the last counts. Our schema has no types in attributes: for a type, write only that one is
    // there.
    bytes.text(canonical(item.content instanceof Y.ContentType ? {} : item.content.getContent().at(-1)))
  }
  return { next: type._start, formats: new Map(), changed: false, written: '' }
}

/** Writes the content of one live item. Returns the type in it, which is to be walked next, or null. */
function read(content: Y.Item['content'], visit: Visit, bytes: GrowingBytes): Holder | null {
  if (content instanceof Y.ContentString) {
    writeFormats(visit, bytes)
    bytes.text(content.str)
  } else if (content instanceof Y.ContentFormat) {
    const { key, value } = content
    if (value === null) visit.formats.delete(key)
    else visit.formats.set(key, value)
    visit.changed = true
  } else if (content instanceof Y.ContentType) {
    writeFormats(visit, bytes)
    return content.type
  } else if (content.isCountable()) {
    writeFormats(visit, bytes)
    // The documents of our schema contain no subdocument; the object that Yjs keeps for one is full of circles.
    for (const value of content instanceof Y.ContentDoc ? [{}] : content.getContent()) {
      bytes.mark(VALUE)
      bytes.text(canonical(value))
    }
  }
  return null
}

function writeFormats(visit: Visit, bytes: GrowingBytes): void {
  if (!visit.changed) return
  visit.changed = false
  const formats = visit.formats.size === 0 ? '' : canonical(Object.fromEntries(visit.formats))
  if (formats === visit.written) return
  visit.written = formats
  bytes.mark(FORMATS)
  bytes.text(formats)
  bytes.mark(FORMATS)
}

function kindOf(type: Holder): string {
  if (type instanceof Y.XmlElement) return `element ${type.nodeName}`
  if (type instanceof Y.XmlHook) return `hook ${type.hookName}`
  if (type instanceof Y.XmlFragment) return 'fragment'
  if (type instanceof Y.Text) return 'text'
  return type instanceof Y.Map ? 'map' : 'list'
}

/**
 * Returns a value as JSON with sorted names. Formats travel as JSON, so anything JSON omits is ignored: it exists
 * only in the copy that created it.
 */
function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const members = Object.entries(value).filter(([, each]) => each !== undefined)
  const sorted = members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join()}}`
}

const UTF8 = new TextEncoder()

class GrowingBytes {
  #bytes = new Uint8Array(64 * 1024)
  #length = 0

  mark(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  text(text: string): void {
    this.#reserve(3 * text.length)
    this.#length += UTF8.encodeInto(text, this.#bytes.subarray(this.#length)).written
  }

  taken(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
