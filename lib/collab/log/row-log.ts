import { CHAIN_BYTES, type Row } from '#lib/protocol/log-row.ts'
import type { StoredRow } from '../document-store.ts'

/**
 * Spare room of a new buffer as a share of its content: appending seldom copies, and little memory is left unused.
 */
const SPARE_SHARE = 1 / 4
/** Minimum spare room of a new buffer, bytes. */
const SPARE_LEAST = 64

/**
 * The rows of one document that are kept, without gaps up to the last one. They share one buffer: the row of a
 * keystroke takes 70 bytes this way, and 550 as an object with two arrays.
 */
export class RowLog {
  /**
   * Chain and entries of each row, one after the other. Bytes never change once written, because callers hold views
   * of them.
   */
  #bytes: Uint8Array
  /** End of each row in `#bytes`. */
  #ends: number[] = []
  /** Commit time of each row, ms since the epoch. */
  #times: number[] = []
  #firstSeq = 0

  /**
   * `rows`: oldest first. If they lie in one buffer in this log's layout, as rows from the store do, that buffer is
   * used without a copy.
   */
  constructor(rows: readonly StoredRow[]) {
    const adjoining = bytesOf(rows)
    if (adjoining) this.#bytes = adjoining
    else this.#bytes = new Uint8Array(rows.reduce((sum, row) => sum + CHAIN_BYTES + row.entries.length, 0))
    for (const row of rows) this.#add(row, adjoining !== null)
  }

  get size(): number {
    return this.#ends.length
  }

  /** Number of the oldest row kept, 0 if there is none. */
  get firstSeq(): number {
    return this.#ends.length > 0 ? this.#firstSeq : 0
  }

  /** Appends a copy of the next row. */
  append(row: StoredRow): void {
    this.#add(row, false)
  }

  /** Drops the rows up to `seq`. */
  trim(seq: number): void {
    const count = Math.min(Math.max(0, seq + 1 - this.#firstSeq), this.#ends.length)
    if (count === 0) return
    const start = this.#ends[count - 1] ?? 0
    this.#bytes = this.#bytes.slice(start, this.#ends.at(-1))
    this.#ends = this.#ends.slice(count).map((end) => end - start)
    this.#times = this.#times.slice(count)
    this.#firstSeq += count
  }

  /** Returns the chain after row `seq`, null if it is not kept. */
  chainAt(seq: number): Uint8Array | null {
    return this.#rowAt(seq - this.#firstSeq)?.chain ?? null
  }

  /**
   * Returns the rows after row `seq` as views, null if some of them are no longer kept. `seq` is at most the last
   * one.
   */
  after(seq: number): StoredRow[] | null {
    if (seq + 1 < this.#firstSeq) return null
    const rows: StoredRow[] = []
    for (let i = seq + 1 - this.#firstSeq; i < this.#ends.length; i++) {
      const row = this.#rowAt(i)
      if (row) rows.push(row)
    }
    return rows
  }

  /** Adds a row. `isThere`: its bytes are in the buffer already. */
  #add(row: StoredRow, isThere: boolean): void {
    if (this.#ends.length === 0) this.#firstSeq = row.seq
    const start = this.#ends.at(-1) ?? 0
    const end = start + CHAIN_BYTES + row.entries.length
    if (end > this.#bytes.length) {
      this.#bytes = copied(this.#bytes.subarray(0, start), end + Math.max(SPARE_LEAST, end * SPARE_SHARE))
    }
    if (!isThere) {
      this.#bytes.set(row.chain, start)
      this.#bytes.set(row.entries, start + CHAIN_BYTES)
    }
    this.#ends.push(end)
    this.#times.push(row.at)
  }

  #rowAt(index: number): StoredRow | null {
    const end = this.#ends[index]
    const at = this.#times[index]
    if (end === undefined || at === undefined) return null
    const start = this.#ends[index - 1] ?? 0
    const row: Row = {
      seq: this.#firstSeq + index,
      chain: this.#bytes.subarray(start, start + CHAIN_BYTES),
      entries: this.#bytes.subarray(start + CHAIN_BYTES, end),
    }
    return { ...row, at }
  }
}

/**
 * Returns the bytes of the rows if they lie one after the other in one buffer, chain and entries of each; else null.
 */
function bytesOf(rows: readonly StoredRow[]): Uint8Array | null {
  const [first] = rows
  if (!first) return null
  const { buffer, byteOffset } = first.chain
  let end = byteOffset
  for (const { chain, entries } of rows) {
    const follows =
      chain.buffer === buffer &&
      chain.byteOffset === end &&
      chain.length === CHAIN_BYTES &&
      entries.buffer === buffer &&
      entries.byteOffset === end + CHAIN_BYTES
    if (!follows) return null
    end += CHAIN_BYTES + entries.length
  }
  return new Uint8Array(buffer, byteOffset, end - byteOffset)
}

function copied(bytes: Uint8Array, capacity: number): Uint8Array {
  const copy = new Uint8Array(Math.ceil(capacity))
  copy.set(bytes)
  return copy
}
