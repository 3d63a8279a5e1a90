import * as encoding from 'lib0/encoding'

/*
 * Writes Yjs v1 updates by hand, well formed or not. A part is a number (varUint), a string (with its length), raw
 * bytes, or a list of parts.
 */

export type Part = number | string | Uint8Array | readonly Part[]

/** Joins parts into bytes. */
export function forge(...parts: readonly Part[]): Uint8Array {
  return encoding.encode((e) => write(e, parts))
}

function write(e: encoding.Encoder, part: Part): void {
  if (typeof part === 'number') encoding.writeVarUint(e, part)
  else if (typeof part === 'string') encoding.writeVarString(e, part)
  else if (part instanceof Uint8Array) encoding.writeUint8Array(e, part)
  else for (const each of part) write(e, each)
}

const NO_DELETES: Part = 0

/** Encodes the structs of one client. */
export function section(client: number, clock: number, structs: readonly Part[]): Part {
  return [structs.length, client, clock, structs]
}

/** Encodes an update of these sections, followed by a delete set. */
export function update(sections: readonly Part[], deletes: Part = NO_DELETES): Uint8Array {
  return forge(sections.length, sections, deletes)
}

/** Encodes ranges `[clock, length]` of one client as a whole delete set. */
export function deletesOf(client: number, ranges: readonly (readonly [number, number])[]): Part {
  return [1, client, ranges.length, ranges]
}

/** Encodes an item without origins, in a root type. */
export function inRoot(content: number, root: string, body: Part): Part {
  return [Uint8Array.of(content), 1, root, body]
}

/** Encodes an item without origins, in the type made by item (client, clock). */
export function inType(content: number, client: number, clock: number, body: Part): Part {
  return [Uint8Array.of(content), 0, client, clock, body]
}

/** Encodes an item after item (client, clock). */
export function rightOf(content: number, client: number, clock: number, body: Part): Part {
  return [Uint8Array.of(content | 128), client, clock, body]
}

/** Encodes an item before item (client, clock). */
export function leftOf(content: number, client: number, clock: number, body: Part): Part {
  return [Uint8Array.of(content | 64), client, clock, body]
}

export const CONTENT = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  doc: 9,
  skip: 10,
} as const
