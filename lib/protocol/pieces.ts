/**
 * Bytes in several pieces that stay where they are. A history holds a whole snapshot, and to copy it would cost more than to
 * send it.
 */
export class Pieces {
  readonly length: number
  readonly #pieces: readonly Uint8Array[]

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces
    this.length = pieces.reduce((sum, { length }) => sum + length, 0)
  }

  /** All of it in one. */
  whole(): Uint8Array {
    return this.slice(0, this.length)
  }

  /** From `start` up to `end`, or to where it ends: a view where one piece holds it, else a copy. */
  slice(start: number, end: number): Uint8Array {
    const parts: Uint8Array[] = []
    let from = 0
    for (const piece of this.#pieces) {
      const part = piece.subarray(Math.max(0, start - from), Math.max(0, end - from))
      if (part.length > 0) parts.push(part)
      from += piece.length
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
