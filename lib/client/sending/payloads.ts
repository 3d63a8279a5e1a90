import * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import { splitUpdate } from './split-update.ts'

/**
 * Returns the payloads of the batches of these updates, in order. Merged at most LIMITS.mergedUpdates at a time, for Y.mergeUpdates is quadratic in
 * their number, and LIMITS.batchBytes; what is larger by itself, or too much for one batch, is alone.
 */
export function payloadsOf(updates: readonly Uint8Array[]): Uint8Array[] {
  const payloads: Uint8Array[] = []
  let merged: Uint8Array[] = []
  let gathered: Uint8Array[] = []
  let bytes = 0
  const merge = (): void => {
    const [only] = gathered
    if (only) merged.push(gathered.length === 1 ? only : Y.mergeUpdates(gathered))
    gathered = []
  }
  const seal = (): void => {
    merge()
    if (merged.length > 0) payloads.push(encodeUpdates(merged))
    merged = []
    bytes = 0
  }
  for (const update of updates) {
    if (bytes + update.length > LIMITS.batchBytes) seal()
    const pieces = splitUpdate(update)
    if (pieces.length > 1) {
      seal()
      for (const piece of pieces) payloads.push(encodeUpdates([piece]))
      continue
    }
    gathered.push(update)
    bytes += update.length
    if (gathered.length === LIMITS.mergedUpdates) merge()
  }
  seal()
  return payloads
}
