import * as decoding from 'lib0/decoding'

/*
 * The functions shared by the codecs of all binary bodies. All numbers are unsigned LEB128 (lib0's varUint); all
 * strings and byte strings are prefixed with their length. Each body is one Uint8Array, the last argument of its
 * event. Every decode function throws MalformedBody on anything it does not fully understand, trailing bytes
 * included; none allocates more than the input's own length. Decoded byte strings are views into the input.
 */

/** Thrown by every decode function if the bytes are not a valid body. */
export class MalformedBody extends Error {
  override readonly name = 'MalformedBody'
}

/** Decodes a whole body. Throws MalformedBody, also if bytes are left over. */
export function read<T>(bytes: Uint8Array, decode: (d: decoding.Decoder) => T): T {
  try {
    const d = decoding.createDecoder(bytes)
    const value = decode(d)
    if (decoding.hasContent(d)) throw new MalformedBody('bytes left over')
    return value
  } catch (error) {
    if (error instanceof MalformedBody) throw error
    // lib0 throws plain errors and RangeErrors for input that ends early, numbers that are too large and invalid
    // UTF-8.
    throw new MalformedBody(error instanceof Error ? error.message : 'unreadable')
  }
}

/**
 * Reads a count of items of at least `least` bytes each. Throws if more are claimed than fit, before anything is
 * allocated.
 */
export function readCount(d: decoding.Decoder, least: number): number {
  const count = decoding.readVarUint(d)
  if (count * least > d.arr.length - d.pos) throw new MalformedBody('count beyond the end')
  return count
}

/** Reads a byte that must be 0 or 1. */
export function readFlag(d: decoding.Decoder): boolean {
  const flag = decoding.readUint8(d)
  if (flag > 1) throw new MalformedBody('flag is neither 0 nor 1')
  return flag === 1
}

/** Reads a number that must be below `bound`. */
export function readBelow(d: decoding.Decoder, bound: number): number {
  const number = decoding.readVarUint(d)
  if (number >= bound) throw new MalformedBody('number out of range')
  return number
}

/** Reads a byte that is an index into `values`, and returns the value. */
export function readIndexed<T>(d: decoding.Decoder, values: readonly T[]): T {
  const value = values[decoding.readUint8(d)]
  if (value === undefined) throw new MalformedBody('index out of range')
  return value
}

/** Returns the bytes, copied if they are a small part of a buffer, which they would keep in memory. */
export function unpinned(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length + 256 ? new Uint8Array(bytes) : bytes
}

/** Returns true if both arrays hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
