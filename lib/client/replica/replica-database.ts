import {
  type DBSchema,
  type IDBPDatabase,
  type IDBPObjectStore,
  type IDBPTransaction,
  openDB,
  type StoreNames,
} from 'idb'
import type { Row } from '#lib/protocol/log-row.ts'
import type { SealedBatch } from './replica-store.ts'

/** Raise it with a new entry kind too: compaction folds away kinds it does not know, so replicas must then be pulled anew. */
const VERSION = 1
/** Some private modes neither open nor refuse. */
const OPEN_TIMEOUT_MS = 3_000

/** The key of everything of a document: `{documentId}/{lineage}`; before the first join `/{address}`. */
export type History = string

export interface ReplicaSchema extends DBSchema {
  addresses: { key: string; value: { address: string; documentId: string } }
  documents: { key: string; value: { documentId: string; lineage: string } }
  states: {
    key: History
    /** `digest`: of the other three, by which damage is seen. */
    value: { history: History; seq: number; chain: Uint8Array; update: Uint8Array; digest: Uint8Array }
  }
  rows: { key: [History, number]; value: Row & { history: History } }
  /** `aside`: of the draft; no tab sends it. */
  outbox: { key: [History, number, number]; value: SealedBatch & { history: History; aside?: boolean } }
}
type Store = StoreNames<ReplicaSchema>

export type ReplicaDatabase = IDBPDatabase<ReplicaSchema>
export type ReplicaTransaction<Mode extends IDBTransactionMode> = IDBPTransaction<
  ReplicaSchema,
  Store[],
  Mode
>
export type ReplicaTable<Name extends Store> = IDBPObjectStore<ReplicaSchema, Store[], Name, 'readwrite'>

/** Every object store: a transaction of ours may touch them all. */
export const EVERY_STORE: Store[] = ['addresses', 'documents', 'states', 'rows', 'outbox']

/** The name of a user's database. */
export function replicaName(userId: string): string {
  return `commonplace:${userId}`
}

/** Opens or makes the database. `null` where this browser has none for us (private mode, blocked); never throws. */
export async function openReplicaDatabase(name: string): Promise<ReplicaDatabase | null> {
  if (typeof indexedDB === 'undefined') return null
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLong = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), OPEN_TIMEOUT_MS)
  })
  try {
    let late = false
    const opening = open(name).then((db) => {
      if (late) db.close()
      return db
    })
    const db = await Promise.race([opening, tooLong])
    late = db === null
    return db
  } catch {
    // Whatever the reason, there is no database: the page says "only in this tab".
    return null
  } finally {
    clearTimeout(timer)
  }
}

// Async, because some browsers throw where they should reject.
async function open(name: string): Promise<ReplicaDatabase> {
  return openDB<ReplicaSchema>(name, VERSION, {
    upgrade(db) {
      db.createObjectStore('addresses', { keyPath: 'address' })
      db.createObjectStore('documents', { keyPath: 'documentId' })
      db.createObjectStore('states', { keyPath: 'history' })
      db.createObjectStore('rows', { keyPath: ['history', 'seq'] })
      db.createObjectStore('outbox', { keyPath: ['history', 'clientId', 'n'] })
    },
  })
}
