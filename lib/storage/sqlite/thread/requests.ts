import type { RowOutcome, Snapshot, StoredDocument } from '#lib/collab/document-store.ts'
import type { AccessTables } from '../access-tables.ts'
import type { AccountConnection } from '../account-connection.ts'
import type { CatalogTables } from '../catalog-tables.ts'
import type { LogTables } from '../log-tables.ts'
import type { OwnerTables } from '../owner-tables.ts'
import type { WireError } from '../store-error.ts'

/** The rows of one document, packed by packRows. */
export interface RowPack {
  readonly count: number
  readonly rows: ArrayBuffer
}

/** A commit: row `i` belongs to document `i`. */
export interface CommitPack {
  readonly documentIds: readonly string[]
  readonly schemaVersions: readonly number[]
  readonly rows: ArrayBuffer
}

/** The methods of LogTables that carry bulk bytes, with those bytes in transferred ArrayBuffers. */
export interface PackedLog {
  load(documentId: string): (Omit<StoredDocument, 'rows'> & RowPack) | null
  readSnapshot(documentId: string): (Omit<Snapshot, 'state'> & { state: ArrayBuffer }) | null
  readRows(documentId: string, after: number, maxBytes: number): RowPack
  /** Writes rows. Returns null if every row is written. */
  commit(pack: CommitPack): RowOutcome[] | null
}

/** The log's tables as served by the thread: packed methods replace those of the same name. */
type ServedLog = Omit<LogTables, keyof PackedLog> & PackedLog

/** The methods that control the thread itself. */
interface ThreadControl {
  /** Closes the database and opens it again. */
  reopen(): void
  /** Closes the database and ends the thread. */
  close(): void
}

/**
 * The methods of each store that the storage thread serves, as the tables declare them. Arguments and values are
 * cloned.
 */
export interface Stores {
  readonly log: ServedLog
  readonly catalog: CatalogTables
  readonly owners: OwnerTables
  readonly access: AccessTables
  readonly accounts: Pick<AccountConnection, 'query' | 'begin' | 'commit' | 'rollback'>
  readonly thread: ThreadControl
}

/** The stores whose methods the thread reads from their tables. */
export type TableStore = 'log' | 'catalog' | 'owners' | 'access'

export type Method<S extends keyof Stores> = keyof Stores[S] & string

export type Arguments<S extends keyof Stores, M extends Method<S>> = Stores[S][M] extends (
  ...args: infer A
) => unknown
  ? A
  : never

export type Value<S extends keyof Stores, M extends Method<S>> = Stores[S][M] extends (
  ...args: never
) => infer R
  ? R
  : never

export type Request = readonly [id: number, store: keyof Stores, method: string, args: readonly unknown[]]

/** A reply to a request. `value` is undefined if there is an error. */
export type Reply = readonly [id: number, value: unknown, error?: WireError]

/** The data that the thread is started with. `isStart` is false if it replaces a thread that died. */
export interface ThreadStart {
  readonly dataDir: string
  readonly isStart: boolean
}

/** The id of the thread's first message: a `Ready`, or the reason why it did not start. */
export const READY = 0

export interface Ready {
  /** True if the database is an older copy of the one at the last start. */
  readonly restored: boolean
  /** The names of each store's methods. */
  readonly methods: Readonly<Record<TableStore, readonly string[]>>
}
