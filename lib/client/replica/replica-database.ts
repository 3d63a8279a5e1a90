import type { DBSchema, IDBPDatabase, IDBPObjectStore, IDBPTransaction, StoreNames } from 'idb'
import type { Row } from '#lib/protocol/log-row.ts'
import { openDatabase } from './browser-storage.ts'
import type { SealedBatch } from './replica-store.ts'

/**
 * Must also be raised for a new kind of entry: compaction drops kinds it does not know, so replicas must then be
 * pulled again.
 */
const VERSION = 1

/** The key prefix of a document: `{documentId}/{lineage}`, or `/{address}` before the first join. */
export type History = string

export interface ReplicaSchema extends DBSchema {
  addresses: { key: string; value: { address: string; documentId: string } }
  documents: { key: string; value: { documentId: string; lineage: string } }
  states: {
    key: History
    /** `digest` covers the other three fields and reveals damage. */
    value: { history: History; seq: number; chain: Uint8Array; update: Uint8Array; digest: Uint8Array }
  }
  rows: { key: [History, number]; value: Row & { history: History } }
  /** `aside` marks a batch of the draft, which no tab sends. */
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

/** Every object store: our transactions may touch them all. */
export const EVERY_STORE: Store[] = ['addresses', 'documents', 'states', 'rows', 'outbox']

/** Returns the name of a user's database. */
export function replicaName(userId: string): string {
  return `commonplace:${userId}`
}

/**
 * Opens or creates the database. Returns null if this browser offers none (private mode, blocked): then the page says
 * "only in this tab". Never throws.
 */
export function openReplicaDatabase(name: string): Promise<ReplicaDatabase | null> {
  return openDatabase<ReplicaSchema>(name, VERSION, (database) => {
    database.createObjectStore('addresses', { keyPath: 'address' })
    database.createObjectStore('documents', { keyPath: 'documentId' })
    database.createObjectStore('states', { keyPath: 'history' })
    database.createObjectStore('rows', { keyPath: ['history', 'seq'] })
    database.createObjectStore('outbox', { keyPath: ['history', 'clientId', 'n'] })
  })
}
