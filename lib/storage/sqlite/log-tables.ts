import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import {
  type Compaction,
  DamagedDocument,
  type DocumentStore,
  type Head,
  type NewRow,
  ROW_COST,
  type RowOutcome,
  type Snapshot,
  type SnapshotHead,
  type StoredClient,
  type StoredDocument,
  type StoredRow,
} from '#lib/collab/document-store.ts'
import { equalBytes } from '#lib/protocol/body.ts'
import { reasonOf } from '#lib/protocol/errors.ts'
import { inTransaction, prepare, SQLITE, type Statement, sqliteCode } from './connection.ts'
import type { Synchronous } from './synchronous.ts'

type DocumentColumns = Omit<StoredDocument, 'clients' | 'snapshot' | 'rows'>

interface SnapshotColumns extends SnapshotHead {
  readonly sha256: Uint8Array
  readonly headSha256: Uint8Array
  readonly clientsSha256: Uint8Array | null
}

const ADVANCE = `UPDATE documents
  SET head_seq = ?1, head_chain = ?2, updated_at = ?3, schema_version = max(schema_version, ?4),
    bytes = bytes + ?6
  WHERE id = ?5 AND head_seq = ?1 - 1 AND deleted_at IS NULL`

const ACCEPTED: RowOutcome = { ok: true }

/**
 * DocumentStore over one connection, in the storage thread. The port documents each method.
 * Statements belong to the connection: a reopened database gets a new LogTables.
 */
export class LogTables implements Synchronous<Omit<DocumentStore, 'reopen'>> {
  readonly #db: DatabaseSync
  readonly #begin: Statement<never>
  readonly #commit: Statement<never>
  /** Prepared by the first commit: a database of an older schema can be read, not written. */
  #advance: Statement<never> | null = null
  readonly #append: Statement<never>
  readonly #head: Statement<Head & { readonly deletedAt: number | null }>
  readonly #document: Statement<DocumentColumns>
  readonly #clients: Statement<StoredClient>
  readonly #snapshotHead: Statement<SnapshotColumns>
  readonly #snapshotState: Statement<{ readonly state: Uint8Array }>
  readonly #rowsAfter: Statement<StoredRow>

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#begin = prepare(db, 'BEGIN IMMEDIATE')
    this.#commit = prepare(db, 'COMMIT')
    this.#append = prepare(
      db,
      'INSERT INTO document_log (document_id, seq, chain, at, entries) VALUES (?, ?, ?, ?, ?)',
    )
    this.#head = prepare(
      db,
      'SELECT head_seq AS seq, head_chain AS chain, deleted_at AS deletedAt FROM documents WHERE id = ?',
    )
    this.#document = prepare(
      db,
      `SELECT id AS documentId, lineage, owner_id AS ownerId, title, schema_version AS schemaVersion,
         head_seq AS headSeq, head_chain AS headChain, base_chain AS baseChain,
         restored_at AS restoredAt, deleted_at AS deletedAt
       FROM documents WHERE id = ?`,
    )
    this.#clients = prepare(
      db,
      `SELECT client_id AS clientId, user_id AS userId, last_n AS lastN
       FROM document_clients WHERE document_id = ? ORDER BY client_id`,
    )
    this.#snapshotHead = prepare(
      db,
      `SELECT upto_seq AS seq, chain, vector, length(state) AS bytes, sha256, head_sha256 AS headSha256,
         clients_sha256 AS clientsSha256
       FROM document_snapshots WHERE document_id = ? ORDER BY upto_seq DESC LIMIT 1`,
    )
    this.#snapshotState = prepare(
      db,
      'SELECT state FROM document_snapshots WHERE document_id = ? AND upto_seq = ?',
    )
    this.#rowsAfter = prepare(
      db,
      'SELECT seq, chain, at, entries FROM document_log WHERE document_id = ? AND seq > ? ORDER BY seq',
    )
  }

  load(documentId: string): StoredDocument | null {
    return reading(documentId, () => {
      const document = this.#document.get(documentId)
      if (!document) return null
      const snapshot = this.#checkedHead(documentId)
      const clients = this.#clients.all(documentId)
      if (snapshot?.clientsSha256 && !equalBytes(clientsHash(clients), snapshot.clientsSha256)) {
        throw new DamagedDocument(documentId, `the clients at ${snapshot.seq} do not match their hash`)
      }
      return {
        ...document,
        clients,
        snapshot: snapshot && headOf(snapshot),
        rows: this.#rowsAfter.all(documentId, 0),
      }
    })
  }

  readSnapshot(documentId: string): Snapshot | null {
    return reading(documentId, () => {
      const head = this.#checkedHead(documentId)
      if (!head) return null
      const state = this.#snapshotState.get(documentId, head.seq)?.state
      if (!state || !equalBytes(sha256(state), head.sha256)) {
        throw new DamagedDocument(documentId, `the snapshot at ${head.seq} does not match its hash`)
      }
      return { ...headOf(head), state }
    })
  }

  readRows(documentId: string, after: number, maxBytes: number): StoredRow[] {
    return reading(documentId, () => {
      const rows: StoredRow[] = []
      let bytes = 0
      for (const row of this.#rowsAfter.iterate(documentId, after)) {
        bytes += row.entries.length
        if (rows.length > 0 && bytes > maxBytes) break
        rows.push(row)
      }
      return rows
    })
  }

  commit(rows: readonly NewRow[]): RowOutcome[] {
    // Savepoints cost two statements a row and are needed only if a statement throws, which should never happen. In
    // that case roll everything back and repeat it with a savepoint for each row.
    try {
      return this.#inCommit(() => rows.map((row) => this.#write(row)))
    } catch (error) {
      if (!concernsOneRow(error)) throw error
    }
    return this.#inCommit(() => rows.map((row) => this.#writeIsolated(row)))
  }

  heads(documentIds: readonly string[]): Map<string, Head> {
    const heads = new Map<string, Head>()
    for (const documentId of documentIds) {
      const head = this.#head.get(documentId)
      if (head) heads.set(documentId, { seq: head.seq, chain: head.chain })
    }
    return heads
  }

  writeCompaction({ documentId, snapshot, clients, at }: Compaction): void {
    const { seq, chain, vector, state } = snapshot
    inTransaction(this.#db, () => {
      const head = this.#head.get(documentId)
      if (!head || seq > head.seq) throw new Error(`no history up to row ${seq} to write a snapshot of`)
      const present = this.#snapshotHead.get(documentId)
      // Rows up to the newer snapshot may already be trimmed.
      if (present && present.seq > seq) throw new Error(`a newer snapshot, at row ${present.seq}, is present`)

      const { before } = prepare<{ before: number }>(
        this.#db,
        `SELECT coalesce(sum(length(state) + length(vector)), 0) AS before
         FROM document_snapshots WHERE document_id = ?`,
      ).get(documentId) ?? { before: 0 }
      const stateHash = sha256(state)
      prepare(
        this.#db,
        `INSERT OR REPLACE INTO document_snapshots
           (document_id, upto_seq, chain, vector, sha256, head_sha256, clients_sha256, at, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        documentId,
        seq,
        chain,
        vector,
        stateHash,
        sha256(stateHash, chain, vector),
        clientsHash(clients),
        at,
        state,
      )
      const stored = this.#snapshotState.get(documentId, seq)?.state
      if (!stored || !equalBytes(stored, state)) throw new Error('the snapshot reads back differently')
      prepare(this.#db, 'DELETE FROM document_snapshots WHERE document_id = ? AND upto_seq < ?').run(
        documentId,
        seq,
      )
      prepare(this.#db, 'UPDATE documents SET bytes = bytes + ? WHERE id = ?').run(
        state.length + vector.length - before,
        documentId,
      )

      prepare(this.#db, 'DELETE FROM document_clients WHERE document_id = ?').run(documentId)
      const insertClient = prepare(
        this.#db,
        'INSERT INTO document_clients (document_id, client_id, user_id, last_n) VALUES (?, ?, ?, ?)',
      )
      for (const { clientId, userId, lastN } of clients) insertClient.run(documentId, clientId, userId, lastN)
    })
  }

  trim(documentId: string, upto: number): void {
    inTransaction(this.#db, () => {
      const snapshot = this.#checkedHead(documentId)
      if (!snapshot || snapshot.seq < upto) throw new Error(`no snapshot covers the rows up to ${upto}`)
      prepare(
        this.#db,
        `UPDATE documents SET base_chain = coalesce(
           (SELECT chain FROM document_log WHERE document_id = ?1 AND seq = ?2), base_chain),
           bytes = bytes - (SELECT coalesce(sum(length(entries) + ?3), 0) FROM document_log
             WHERE document_id = ?1 AND seq <= ?2)
         WHERE id = ?1`,
      ).run(documentId, upto, ROW_COST)
      prepare(this.#db, 'DELETE FROM document_log WHERE document_id = ? AND seq <= ?').run(documentId, upto)
    })
  }

  /** Does the same as `inTransaction` with prepared statements, because this path is hot. */
  #inCommit(work: () => RowOutcome[]): RowOutcome[] {
    this.#begin.run()
    try {
      const outcomes = work()
      this.#commit.run()
      return outcomes
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #write({ documentId, seq, chain, at, entries, schemaVersion }: NewRow): RowOutcome {
    const bytes = entries.length + ROW_COST
    this.#advance ??= prepare(this.#db, ADVANCE)
    const { changes } = this.#advance.run(seq, chain, at, schemaVersion, documentId, bytes)
    if (changes !== 1) return { ok: false, reason: this.#refusal(documentId, seq) }
    this.#append.run(documentId, seq, chain, at, entries)
    return ACCEPTED
  }

  #writeIsolated(row: NewRow): RowOutcome {
    this.#db.exec('SAVEPOINT one_row')
    try {
      const outcome = this.#write(row)
      this.#db.exec('RELEASE one_row')
      return outcome
    } catch (error) {
      if (!concernsOneRow(error) || !this.#db.isTransaction) throw error
      this.#db.exec('ROLLBACK TO one_row; RELEASE one_row')
      return { ok: false, reason: reasonOf(error) }
    }
  }

  #refusal(documentId: string, seq: number): string {
    const head = this.#head.get(documentId)
    if (!head) return 'the document does not exist'
    if (head.deletedAt !== null) return 'the document is deleted'
    return `row ${seq} does not follow the head, ${head.seq}`
  }

  #checkedHead(documentId: string): SnapshotColumns | null {
    const head = this.#snapshotHead.get(documentId)
    if (!head) return null
    if (!equalBytes(sha256(head.sha256, head.chain, head.vector), head.headSha256)) {
      throw new DamagedDocument(documentId, `the head of the snapshot at ${head.seq} does not match its hash`)
    }
    return head
  }
}

function headOf({ seq, chain, vector, bytes }: SnapshotHead): SnapshotHead {
  return { seq, chain, vector, bytes }
}

/**
 * Returns true for errors of one row's values and pages. A full disk, I/O errors and the like concern the whole
 * commit.
 */
function concernsOneRow(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE.constraint || code === SQLITE.tooBig || code === SQLITE.corrupt
}

/** Runs a read. A page that SQLite finds damaged quarantines the document that needs it, not the others. */
function reading<T>(documentId: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (sqliteCode(error) !== SQLITE.corrupt) throw error
    throw new DamagedDocument(documentId, error instanceof Error ? error.message : 'damaged page')
  }
}

function clientsHash(clients: readonly StoredClient[]): Uint8Array {
  const hash = createHash('sha256')
  const sorted = clients.toSorted((a, b) => a.clientId - b.clientId)
  for (const { clientId, userId, lastN } of sorted) hash.update(JSON.stringify([clientId, userId, lastN]))
  return hash.digest()
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
