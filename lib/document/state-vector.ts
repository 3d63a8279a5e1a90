import * as Y from 'yjs'

/** Decodes a trusted state vector to clocks by client id. */
export function decodeVector(vector: Uint8Array): Map<number, number> {
  return Y.decodeStateVector(vector)
}

/** Encodes clocks by client id as a Yjs v1 state vector. */
export function encodeVector(clocks: ReadonlyMap<number, number>): Uint8Array {
  return Y.encodeStateVector(new Map(clocks))
}
