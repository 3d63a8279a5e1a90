/**
 * Bytes in several arrays that are not copied together. A history contains a whole snapshot, and copying it would
 * cost more than sending it.
 */
export class ByteList {
  /** The total number of bytes. */
  readonly length: number
  readonly #arrays: readonly Uint8Array[]

  constructor(arrays: readonly Uint8Array[]) {
    this.#arrays = arrays
    this.length = arrays.reduce((sum, { length }) => sum + length, 0)
  }

  /** Returns all bytes in one array. */
  whole(): Uint8Array {
    return this.slice(0, this.length)
  }

  /** Returns the bytes from `start` to `end` or the end: a view if one array holds them, otherwise a copy. */
  slice(start: number, end: number): Uint8Array {
    const parts: Uint8Array[] = []
    let from = 0
    for (const array of this.#arrays) {
      const part = array.subarray(Math.max(0, start - from), Math.max(0, end - from))
      if (part.length > 0) parts.push(part)
      from += array.length
    }
    return parts.length === 1 && parts[0] ? parts[0] : joined(parts)
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
