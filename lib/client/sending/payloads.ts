import * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import { splitUpdate } from './split-update.ts'

/**
 * Returns the payloads of the batches for these updates, in order. Merges at most LIMITS.mergedUpdates updates at a
 * time, because Y.mergeUpdates is quadratic in their number, and at most LIMITS.batchBytes. A larger update, or one
 * that exceeds a batch, gets payloads of its own.
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
