import * as LIMITS from '#lib/protocol/limits.ts'

/*
 * The byte level of the update gate: numbers, strings and values as lib0 writes them inside a Yjs v1 update.
 * Everything is read in place: no value is built, and nothing is allocated from a claimed length.
 */

/** Codes of the gate's refusals. */
export type GateCode = 'invalid-update' | 'foreign-client' | 'unknown-root' | 'gap' | 'too-large'

/** Thrown inside the gate. checkUpdates turns it into an answer; scanClocks lets it through. */
export class RefusedUpdate extends Error {
  override readonly name = 'RefusedUpdate'
  readonly code: GateCode
  constructor(code: GateCode, message: string) {
    super(message)
    this.code = code
  }
}

const PROTO = '__proto__'
/** Maximum bytes of a name. Names of types, attributes and marks are short words; longer ones are abuse. */
const MAX_NAME_BYTES = 1024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A cursor over untrusted bytes. Every method throws RefusedUpdate ('invalid-update') instead of reading past the
 * end. `onValue` is called for each value, including those inside values, and may throw.
 */
export class GateBytes {
  readonly #bytes: Uint8Array
  readonly #onValue: () => void
  #end: number
  #pos = 0

  constructor(bytes: Uint8Array, onValue: () => void) {
    this.#bytes = bytes
    this.#onValue = onValue
    this.#end = bytes.length
  }

  get left(): number {
    return this.#end - this.#pos
  }

  byte(): number {
    if (this.#pos >= this.#end) return malformed('cut short')
    return this.#bytes[this.#pos++] ?? malformed('cut short')
  }

  /** Reads an unsigned LEB128 number up to `max` (at most 2^53 - 1). */
  uint(max: number): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value <= max ? value : malformed('number too large')
      scale *= 128
    }
    return malformed('number too long')
  }

  /** Reads the length of a sequence that follows, in which each item takes at least one byte. */
  count(): number {
    return this.uint(this.left)
  }

  skip(length: number): void {
    if (length > this.left) malformed('cut short')
    this.#pos += length
  }

  /** Skips a string. Returns its length in UTF-16 units, which is what Yjs counts. */
  text(): number {
    const length = this.count()
    return this.#utf8(this.#pos + length)
  }

  /**
   * Reads a short string that serves as a name. Refuses `__proto__`, because editors turn attributes into plain
   * objects.
   */
  name(): string {
    const length = this.count()
    if (length > MAX_NAME_BYTES) malformed('name too long')
    const start = this.#pos
    this.#utf8(start + length)
    const name = utf8.decode(this.#bytes.subarray(start, this.#pos))
    if (name === PROTO) malformed('forbidden name')
    return name
  }

  /** Skips a string that holds one JSON value. */
  jsonText(): void {
    const length = this.count()
    if (length > LIMITS.valueBytes) malformed('value too large')
    const end = this.#end
    this.#end = this.#pos + length
    this.#space()
    this.#json(LIMITS.nesting)
    this.#space()
    if (this.left > 0) malformed('bad JSON')
    this.#end = end
  }

  /** Skips a string that holds one JSON value or the bare word `undefined` (lists of Yjs before 13.0). */
  legacyJsonText(): void {
    const start = this.#pos
    const length = this.count()
    if (length === 9 && this.left >= 9 && this.#bytes[this.#pos] === 0x75) {
      this.#word('undefined')
      return
    }
    this.#pos = start
    this.jsonText()
  }

  /** Skips a value written by lib0's writeAny. Refuses big integers, which JSON cannot hold. */
  any(): void {
    const start = this.#pos
    this.#any(LIMITS.nesting)
    if (this.#pos - start > LIMITS.valueBytes) malformed('value too large')
  }

  #any(nesting: number): void {
    this.#onValue()
    switch (this.byte()) {
      case 127: // undefined
      case 126: // null
      case 121: // false
      case 120: // true
        return
      case 125:
        this.#signed()
        return
      case 124:
        this.skip(4)
        return
      case 123:
        this.skip(8)
        return
      case 119:
        this.text()
        return
      case 118:
        if (nesting === 0) malformed('nested too deep')
        for (let i = this.count(); i > 0; i--) {
          this.name()
          this.#any(nesting - 1)
        }
        return
      case 117:
        if (nesting === 0) malformed('nested too deep')
        for (let i = this.count(); i > 0; i--) this.#any(nesting - 1)
        return
      case 116:
        this.skip(this.count())
        return
      default:
        malformed('unknown value type')
    }
  }

  #signed(): void {
    for (let i = 0; i < 8; i++) if (this.byte() < 128) return
    malformed('number too long')
  }

  /**
   * Skips to `end`, which must be within bounds, through well-formed UTF-8 (as TextDecoder's fatal mode defines
   * it). Returns the length in UTF-16 units.
   */
  #utf8(end: number): number {
    const bytes = this.#bytes
    let pos = this.#pos
    let units = 0
    while (pos < end) {
      const lead = bytes[pos++] ?? 0
      units++
      if (lead < 0x80) continue
      let following: number
      let least = 0x80
      let most = 0xbf
      if (lead >= 0xc2 && lead <= 0xdf) following = 1
      else if (lead >= 0xe0 && lead <= 0xef) {
        following = 2
        if (lead === 0xe0) least = 0xa0
        if (lead === 0xed) most = 0x9f
      } else if (lead >= 0xf0 && lead <= 0xf4) {
        following = 3
        units++
        if (lead === 0xf0) least = 0x90
        if (lead === 0xf4) most = 0x8f
      } else return malformed('bad UTF-8')
      if (pos + following > end) return malformed('bad UTF-8')
      for (; following > 0; following--) {
        const byte = bytes[pos++] ?? 0
        if (byte < least || byte > most) return malformed('bad UTF-8')
        least = 0x80
        most = 0xbf
      }
    }
    this.#pos = pos
    return units
  }

  #peek(): number {
    return this.#pos < this.#end ? (this.#bytes[this.#pos] ?? -1) : -1
  }

  #space(): void {
    for (let c = this.#peek(); c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d; c = this.#peek())
      this.#pos++
  }

  #word(word: string): void {
    for (let i = 0; i < word.length; i++) if (this.byte() !== word.charCodeAt(i)) malformed('bad JSON')
  }

  #json(nesting: number): void {
    this.#onValue()
    switch (this.#peek()) {
      case 0x6e:
        this.#word('null')
        return
      case 0x74:
        this.#word('true')
        return
      case 0x66:
        this.#word('false')
        return
      case 0x22:
        this.#jsonString(false)
        return
      case 0x5b:
        this.#jsonItems(0x5d, false, nesting)
        return
      case 0x7b:
        this.#jsonItems(0x7d, true, nesting)
        return
      default:
        this.#jsonNumber()
    }
  }

  #jsonItems(close: number, keyed: boolean, nesting: number): void {
    if (nesting === 0) malformed('nested too deep')
    this.#pos++
    this.#space()
    if (this.#peek() === close) {
      this.#pos++
      return
    }
    while (true) {
      if (keyed) {
        if (this.#peek() !== 0x22) malformed('bad JSON')
        this.#jsonString(true)
        this.#space()
        if (this.byte() !== 0x3a) malformed('bad JSON')
        this.#space()
      }
      this.#json(nesting - 1)
      this.#space()
      const next = this.byte()
      if (next === close) return
      if (next !== 0x2c) malformed('bad JSON')
      this.#space()
    }
  }

  #jsonString(isKey: boolean): void {
    const start = this.#pos++
    let escaped = false
    for (let c = this.byte(); c !== 0x22; c = this.byte()) {
      if (c < 0x20) malformed('bad JSON')
      if (c !== 0x5c) continue
      escaped = true
      const kind = this.byte()
      if (kind === 0x75) {
        for (let i = 0; i < 4; i++) if (!isHexDigit(this.byte())) malformed('bad JSON')
      } else if (!SIMPLE_ESCAPES.has(kind)) malformed('bad JSON')
    }
    const end = this.#pos
    this.#pos = start
    this.#utf8(end)
    if (!isKey || end - start > MAX_NAME_BYTES || (!escaped && end - start !== PROTO.length + 2)) return
    if (JSON.parse(utf8.decode(this.#bytes.subarray(start, end))) === PROTO) malformed('forbidden name')
  }

  #jsonNumber(): void {
    if (this.#peek() === 0x2d) this.#pos++
    if (this.#peek() === 0x30) this.#pos++
    else this.#digits()
    if (this.#peek() === 0x2e) {
      this.#pos++
      this.#digits()
    }
    if (this.#peek() === 0x65 || this.#peek() === 0x45) {
      this.#pos++
      if (this.#peek() === 0x2b || this.#peek() === 0x2d) this.#pos++
      this.#digits()
    }
  }

  #digits(): void {
    const start = this.#pos
    for (let c = this.#peek(); c >= 0x30 && c <= 0x39; c = this.#peek()) this.#pos++
    if (this.#pos === start) malformed('bad JSON')
  }
}

const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((each) => each.charCodeAt(0)))

function isHexDigit(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66)
}

/** Refuses bytes that are not a Yjs v1 update. */
export function malformed(what: string): never {
  throw new RefusedUpdate('invalid-update', what)
}
