import { createHash } from 'node:crypto'
import { CHAIN_BYTES } from '#lib/protocol/log-row.ts'

/** Returns the first CHAIN_BYTES bytes of a SHA-256 over the parts in order. */
export function chainHash(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest().subarray(0, CHAIN_BYTES))
}
