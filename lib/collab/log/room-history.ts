import type { ByteList } from '#lib/protocol/byte-list.ts'
import { type ChainHash, chainToHex, EMPTY_CHAIN, NO_CHAIN } from '#lib/protocol/log-row.ts'
import { encodeHistory } from '#lib/protocol/messages/history.ts'
import type { Joined } from '#lib/protocol/messages/join.ts'
import {
  DamagedDocument,
  damageIn,
  type Head,
  type NewRow,
  type SnapshotHead,
  type StoredDocument,
  type StoredRow,
} from '../document-store.ts'
import { RowLog } from './row-log.ts'

/** A client's claim of how far it has read a history. */
export interface Cursor {
  readonly lineage: string
  readonly seq: number
  readonly chain: string
}

/**
 * The part of a document on disk that its room keeps: the rows up to the head, and the head of the snapshot below
 * them.
 */
export class RoomHistory {
  readonly #lineage: string
  readonly #restored: boolean
  readonly #rows: RowLog
  #head: Head
  #snapshot: SnapshotHead | null
  /** Bytes of the entries after the snapshot. */
  #tailBytes: number

  /** Throws DamagedDocument if the rows do not form the chain that ends in the stored head. */
  constructor(document: StoredDocument, hash: ChainHash) {
    const damage = damageIn(document, hash)
    if (damage !== null) throw new DamagedDocument(document.documentId, damage)
    this.#lineage = document.lineage
    this.#restored = document.restoredAt !== null
    this.#head = { seq: document.headSeq, chain: document.headChain }
    this.#snapshot = document.snapshot
    this.#rows = new RowLog(document.rows)
    this.#tailBytes = this.#weighTail()
  }

  get head(): Head {
    return this.#head
  }

  get snapshot(): SnapshotHead | null {
    return this.#snapshot
  }

  /** Bytes that count against LIMITS.documentBytes. */
  get bytes(): number {
    return (this.#snapshot?.bytes ?? 0) + this.#tailBytes
  }

  /** Returns every row kept, oldest first, as a new array. */
  rows(): readonly StoredRow[] {
    return this.#rows.after(this.#rows.firstSeq - 1) ?? []
  }

  /** Returns the rows after `seq`, null if some of them are no longer kept. */
  rowsAfter(seq: number): readonly StoredRow[] | null {
    if (seq === this.#head.seq) return []
    return seq > this.#head.seq || this.#rows.size === 0 ? null : this.#rows.after(seq)
  }

  /** Returns the encoded HistoryBody of the rows after `seq`, null if some of them are no longer kept. */
  tail(seq: number): ByteList | null {
    const rows = this.rowsAfter(seq)
    return rows && encodeHistory({ snapshot: null, rows })
  }

  /** Returns the mode in which a client with this cursor joins. */
  modeFor(cursor: Cursor | null): Joined['mode'] {
    if (!cursor) return 'snapshot'
    if (cursor.lineage !== this.#lineage) return 'lineage'
    if (cursor.seq > this.#head.seq || cursor.chain === NO_CHAIN) return 'rewind'
    const chain = this.#chainAt(cursor.seq)
    // The row was trimmed, so its chain cannot be compared. Only a restore can have made the cursor wrong.
    if (!chain) return this.#restored ? 'rewind' : 'snapshot'
    if (chainToHex(chain) !== cursor.chain) return 'rewind'
    return this.rowsAfter(cursor.seq) ? 'tail' : 'snapshot'
  }

  /** Appends the row after the head, which is on disk. */
  append(row: NewRow): void {
    this.#head = { seq: row.seq, chain: row.chain }
    this.#rows.append(row)
    this.#tailBytes += row.entries.length
  }

  /** Takes the head of a snapshot that was written; it covers rows up to its seq. */
  compacted(snapshot: SnapshotHead): void {
    this.#snapshot = snapshot
    this.#tailBytes = this.#weighTail()
  }

  /** Drops rows up to `seq`. */
  trimmed(seq: number): void {
    this.#rows.trim(seq)
  }

  #weighTail(): number {
    const rows = this.rowsAfter(this.#snapshot?.seq ?? 0) ?? []
    return rows.reduce((sum, { entries }) => sum + entries.length, 0)
  }

  #chainAt(seq: number): Uint8Array | null {
    if (seq === this.#head.seq) return this.#head.chain
    if (seq === 0) return EMPTY_CHAIN
    if (this.#snapshot?.seq === seq) return this.#snapshot.chain
    return this.#rows.chainAt(seq)
  }
}
