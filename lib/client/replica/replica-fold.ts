import * as Y from 'yjs'
import { decodeEntries, ENTRY_BODY_UPDATE, type Row } from '#lib/protocol/log-row.ts'

/**
 * Folds rows into a state (a Yjs v1 update; null for none) by means of a garbage-collecting Y.Doc. Returns null if
 * part of it depends on missing updates: such a state must not be written.
 */
export function foldRows(state: Uint8Array | null, rows: readonly Row[]): Uint8Array | null {
  const doc = new Y.Doc()
  doc.transact(() => {
    if (state) Y.applyUpdate(doc, state)
    for (const row of rows) {
      for (const entry of decodeEntries(row.entries)) {
        if (entry.kind === ENTRY_BODY_UPDATE) for (const update of entry.updates) Y.applyUpdate(doc, update)
      }
    }
  })
  const complete = doc.store.pendingStructs === null && doc.store.pendingDs === null
  const folded = complete ? Y.encodeStateAsUpdate(doc) : null
  doc.destroy()
  return folded
}
