import type { DocumentStore, RowOutcome, Snapshot, StoredDocument } from '#lib/collab/document-store.ts'
import type { AccessStore, DocumentCatalog } from '#lib/library/store.ts'
import type { OwnerCatalog } from '#lib/people/store.ts'
import type { AccountResult } from './account-connection.ts'
import type { WireError } from './store-error.ts'

/** A port as the storage thread answers it: at once. */
type Answered<Port> = {
  [K in keyof Port]: Port[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never
}

/** Rows of one document, as packRows packs them. */
export interface RowPack {
  readonly count: number
  readonly rows: ArrayBuffer
}

/** A commit: row `i` is of document `i`. */
export interface CommitPack {
  readonly documentIds: readonly string[]
  readonly schemaVersions: readonly number[]
  readonly rows: ArrayBuffer
}

/** What the storage thread does. Bulk bytes are ArrayBuffers, which change hands; everything else is cloned. */
export interface Requests
  extends Answered<DocumentCatalog>,
    Answered<OwnerCatalog>,
    Answered<AccessStore>,
    Answered<Pick<DocumentStore, 'heads' | 'writeCompaction' | 'trim' | 'reopen'>> {
  load(documentId: string): (Omit<StoredDocument, 'rows'> & RowPack) | null
  readSnapshot(documentId: string): (Omit<Snapshot, 'state'> & { state: ArrayBuffer }) | null
  readRows(documentId: string, after: number, maxBytes: number): RowPack
  /** `null`: every row is written. */
  commit(pack: CommitPack): RowOutcome[] | null
  accountQuery(transaction: number | null, sql: string, parameters: readonly unknown[]): AccountResult
  /** The transaction's number. */
  accountBegin(): number
  accountCommit(transaction: number): void
  accountRollback(transaction: number): void
  close(): void
}

export type Method = keyof Requests

export type Request = {
  [M in Method]: readonly [id: number, method: M, args: Parameters<Requests[M]>]
}[Method]

/** `value` is undefined when there is an error. */
export type Reply = readonly [id: number, value: unknown, error?: WireError]

/** What the thread is started with. `isStart` is false when it takes the place of one that died. */
export interface ThreadStart {
  readonly dataDir: string
  readonly isStart: boolean
}

/** The thread's first message, under this id: `{ restored }`, or why it did not start. */
export const READY = 0

export interface Ready {
  readonly restored: boolean
}
