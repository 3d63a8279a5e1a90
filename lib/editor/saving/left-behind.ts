import * as Y from 'yjs'
import { openIndexedDbStore } from '#lib/client/replica/indexed-db-store.ts'
import type { ReplicaStore } from '#lib/client/replica/replica-store.ts'
import { decodeEntries, decodeUpdates, ENTRY_BODY_UPDATE } from '#lib/protocol/log-row.ts'
import { draftText } from './draft-text.ts'

/*
 * Edits in this browser that never reached the server, set aside or not, to a document that may no longer be opened.
 */

/** Returns those edits as text; '' if there are none. */
export async function readLeft(userId: string, address: string): Promise<string> {
  return (
    (await withStore(userId, async (store) => {
      const replica = await store.load(address)
      const batches = [...(replica?.draft ?? []), ...(replica?.outbox ?? [])]
      if (!replica || batches.length === 0) return ''
      const known = new Y.Doc()
      if (replica.state) Y.applyUpdate(known, replica.state.update)
      for (const { entries } of replica.rows) {
        for (const entry of decodeEntries(entries)) {
          if (entry.kind === ENTRY_BODY_UPDATE)
            for (const update of entry.updates) Y.applyUpdate(known, update)
        }
      }
      const withLeft = new Y.Doc()
      Y.applyUpdate(withLeft, Y.encodeStateAsUpdate(known))
      for (const { payload } of batches)
        for (const update of decodeUpdates(payload)) Y.applyUpdate(withLeft, update)
      return draftText(known, withLeft).text
    })) ?? ''
  )
}

/** Erases those edits. */
export async function discardLeft(userId: string, address: string): Promise<void> {
  await withStore(userId, async (store) => {
    await store.setAside(address, await store.outbox(address))
    await store.discard(address)
  })
}

async function withStore<T>(userId: string, task: (store: ReplicaStore) => Promise<T>): Promise<T | null> {
  const store = await openIndexedDbStore(userId)
  try {
    return store && (await task(store))
  } finally {
    store?.close()
  }
}
