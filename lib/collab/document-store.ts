import { equalBytes } from '#lib/protocol/body.ts'
import { type ChainHash, chainAfter, EMPTY_CHAIN, type Row } from '#lib/protocol/log-row.ts'

/*
 * The port to durable storage, owned by the rules (lib/collab) and implemented by lib/storage.
 * One contract suite (tests/storage/contract.ts) runs against every implementation.
 * When the promise of a write resolves, the write is on disk and survives `kill -9` and power loss.
 */

/** The weight of a stored row, and of a document, besides their bytes: ids, chain, times, links, the edges of pages. */
export const ROW_COST = 64
export const DOCUMENT_COST = 1024

/** A client id's place in a document's history: the user it is bound to and its last batch in the log. */
export interface StoredClient {
  readonly clientId: number
  readonly userId: string
  readonly lastN: number
}

/** A snapshot without its state. */
export interface SnapshotHead {
  readonly seq: number
  /** The chain after row `seq`. */
  readonly chain: Uint8Array
  /** Yjs state vector of the state. */
  readonly vector: Uint8Array
  /** Size of the state in bytes. */
  readonly bytes: number
}

/** A folded prefix of the log. */
export interface Snapshot extends SnapshotHead {
  /** Yjs v1 update that holds the whole prefix. */
  readonly state: Uint8Array
}

/** A log row as read. */
export interface StoredRow extends Row {
  /** Time of the commit, ms since the epoch. */
  readonly at: number
}

/** A document as a room needs it when it is loaded. */
export interface StoredDocument {
  readonly documentId: string
  readonly lineage: string
  readonly ownerId: string
  readonly title: string
  readonly schemaVersion: number
  readonly headSeq: number
  readonly headChain: Uint8Array
  /**
   * The chain before the oldest row kept; null if no row was trimmed, or if it was trimmed before this was stored.
   */
  readonly baseChain: Uint8Array | null
  /** Time of the last restore from an older copy, ms since the epoch; null if never restored. */
  readonly restoredAt: number | null
  readonly deletedAt: number | null
  /** Client bindings from `document_clients`, as of the last compaction. */
  readonly clients: readonly StoredClient[]
  readonly snapshot: SnapshotHead | null
  /** Every row kept, oldest first, including rows that the snapshot covers and that are still to be trimmed. */
  readonly rows: readonly StoredRow[]
}

/** One document's part of a commit. `seq` must be the stored head + 1. */
export interface NewRow extends StoredRow {
  readonly documentId: string
  /** Schema version of the row. It may raise the document's and never lowers it. */
  readonly schemaVersion: number
}

/** The outcome of one document's row in a commit. A refusal concerns this row only; its reason is for the log. */
export type RowOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: string }

export interface Head {
  readonly seq: number
  readonly chain: Uint8Array
}

/** The result of a compaction, written completely or not at all. */
export interface Compaction {
  readonly documentId: string
  readonly snapshot: Snapshot
  readonly clients: readonly StoredClient[]
  readonly at: number
}

/** Returns how a stored history is damaged, null if its rows form the chain that ends in the head. */
export function damageIn(document: StoredDocument, hash: ChainHash): string | null {
  const { rows, snapshot, headSeq, headChain, baseChain } = document
  const covered = snapshot?.seq ?? 0
  let seq = rows[0] ? rows[0].seq - 1 : headSeq
  if (seq > covered) return `rows ${covered + 1} to ${seq} are missing`
  let chain = seq === 0 ? EMPTY_CHAIN : (baseChain ?? (seq === covered ? snapshot?.chain : undefined))
  const isSnapshotAside = () => seq === covered && snapshot && chain && !equalBytes(snapshot.chain, chain)
  if (isSnapshotAside()) return `the snapshot is not of row ${seq}`
  for (const row of rows) {
    seq++
    if (row.seq !== seq) return `row ${seq} is missing`
    const expected = chain && chainAfter(hash, chain, seq, row.entries)
    if (expected && !equalBytes(expected, row.chain)) return `row ${seq} does not match its chain`
    chain = row.chain
    if (isSnapshotAside()) return `the snapshot is not of row ${seq}`
  }
  if (seq === headSeq && (!chain || equalBytes(chain, headChain))) return null
  return `the rows end at ${seq}, the head is ${headSeq}`
}

/** Thrown if stored bytes fail their own checks, such as a snapshot's hash. The document is then quarantined. */
export class DamagedDocument extends Error {
  override readonly name = 'DamagedDocument'
  readonly documentId: string
  constructor(documentId: string, what: string) {
    super(what)
    this.documentId = documentId
  }
}

/** The log: rows, snapshots and client bindings. */
export interface DocumentStore {
  /** Returns null if there is no such document. Rejects with DamagedDocument. */
  load(documentId: string): Promise<StoredDocument | null>
  /** Returns the newest snapshot with its state, its hash checked; null if there is none. Rejects with DamagedDocument. */
  readSnapshot(documentId: string): Promise<Snapshot | null>
  /**
   * Returns rows with `seq > after`, oldest first, as many as stay within `maxBytes` of entries (at least one row, if
   * there is one). For several nodes over one database, which read rows that others appended; a single server never calls it.
   */
  readRows(documentId: string, after: number, maxBytes: number): Promise<StoredRow[]>
  /**
   * Writes all rows in one durable transaction and returns their outcomes in the same order. A refused row leaves the
   * others written. If the promise rejects, any of the rows may or may not be on disk: call `reopen` until it resolves,
   * before the next commit, then read each of these documents again with `load` instead of writing its rows again. (The
   * commit queue does the first and tells its rooms; each is then dropped, and its members join what is loaded.)
   */
  commit(rows: readonly NewRow[]): Promise<RowOutcome[]>
  /**
   * Returns the stored heads of those of the documents that exist. For several nodes over one database, which compare
   * heads before they answer *refused*; a single server never calls it.
   */
  heads(documentIds: readonly string[]): Promise<Map<string, Head>>
  /** Writes snapshot and clients in one transaction, reads the state back and compares. Deletes older snapshots. Idempotent. */
  writeCompaction(compaction: Compaction): Promise<void>
  /** Deletes rows with `seq <= upto`. Rejects unless a snapshot covers them. Idempotent. */
  trim(documentId: string, upto: number): Promise<void>
  /** Closes the database and opens it again, after a failed commit. Rejects if it cannot be opened or written. */
  reopen(): Promise<void>
}
