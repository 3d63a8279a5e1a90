import * as Y from 'yjs'

/** A trusted state vector as clocks by client id. */
export function decodeVector(vector: Uint8Array): Map<number, number> {
  return Y.decodeStateVector(vector)
}

/** Clocks by client id as a Yjs v1 state vector. */
export function encodeVector(clocks: ReadonlyMap<number, number>): Uint8Array {
  return Y.encodeStateVector(new Map(clocks))
}
