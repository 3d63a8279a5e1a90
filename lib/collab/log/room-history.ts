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

/** A cursor as a client claims it. */
export interface Cursor {
  readonly lineage: string
  readonly seq: number
  readonly chain: string
}

/** What is on disk of one document, as far as its room keeps it: the rows up to the head, and which snapshot is below them. */
export class RoomHistory {
  readonly #lineage: string
  readonly #restored: boolean
  readonly #rows: RowLog
  #head: Head
  #snapshot: SnapshotHead | null
  /** Of the rows after the snapshot. */
  #tailBytes: number

  /** Throws DamagedDocument when the rows do not form the chain that ends in the stored head. */
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

  /** What of it counts against LIMITS.documentBytes. */
  get bytes(): number {
    return (this.#snapshot?.bytes ?? 0) + this.#tailBytes
  }

  /** Every row kept, oldest first, made anew at each call. */
  rows(): readonly StoredRow[] {
    return this.#rows.after(this.#rows.firstSeq - 1) ?? []
  }

  /** The rows after `seq`, or null when they are no longer all kept. */
  rowsAfter(seq: number): readonly StoredRow[] | null {
    if (seq === this.#head.seq) return []
    return seq > this.#head.seq || this.#rows.size === 0 ? null : this.#rows.after(seq)
  }

  /** Encoded HistoryBody of the rows after `seq`, or null when they are no longer all kept. */
  tail(seq: number): ByteList | null {
    const rows = this.rowsAfter(seq)
    return rows && encodeHistory({ snapshot: null, rows })
  }

  /** How it stands to a client's cursor. */
  modeFor(cursor: Cursor | null): Joined['mode'] {
    if (!cursor) return 'snapshot'
    if (cursor.lineage !== this.#lineage) return 'lineage'
    if (cursor.seq > this.#head.seq || cursor.chain === NO_CHAIN) return 'rewind'
    const chain = this.#chainAt(cursor.seq)
    // Trimmed: its chain can't be compared. Only a restore can have made it a false one.
    if (!chain) return this.#restored ? 'rewind' : 'snapshot'
    if (chainToHex(chain) !== cursor.chain) return 'rewind'
    return this.rowsAfter(cursor.seq) ? 'tail' : 'snapshot'
  }

  /** The row after the head is on disk. */
  append(row: NewRow): void {
    this.#head = { seq: row.seq, chain: row.chain }
    this.#rows.append(row)
    this.#tailBytes += row.entries.length
  }

  /** A snapshot was written that covers rows up to its seq. */
  compacted(snapshot: SnapshotHead): void {
    this.#snapshot = snapshot
    this.#tailBytes = this.#weighTail()
  }

  /** Rows up to `seq` are no longer kept. */
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
