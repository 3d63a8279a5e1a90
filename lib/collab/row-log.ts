import { CHAIN_BYTES, type Row } from '../protocol/wire.ts'
import type { StoredRow } from './document-store.ts'

/** A new buffer has room for this share of what it holds, so that appending copies seldom and little stands empty. */
const SPARE_SHARE = 1 / 4
const SPARE_LEAST = 64

/**
 * The rows of one document that are kept, without holes up to the last one. All in one buffer: the row of a keystroke
 * takes 70 bytes so, and 550 as an object with two arrays.
 */
export class RowLog {
  /** Chain and entries of each row, one after the other. Bytes once written never change: views of them are given out. */
  #bytes: Uint8Array
  /** By row: where it ends. */
  #ends: number[] = []
  /** By row: when it was committed. */
  #times: number[] = []
  #firstSeq = 0

  /** `rows`: oldest first. */
  constructor(rows: readonly StoredRow[]) {
    this.#bytes = new Uint8Array(rows.reduce((sum, row) => sum + CHAIN_BYTES + row.entries.length, 0))
    for (const row of rows) this.append(row)
  }

  get size(): number {
    return this.#ends.length
  }

  /** Number of the oldest row kept; 0: none is. */
  get firstSeq(): number {
    return this.#ends.length > 0 ? this.#firstSeq : 0
  }

  /** The row after the last one; copied. */
  append(row: StoredRow): void {
    if (this.#ends.length === 0) this.#firstSeq = row.seq
    const start = this.#ends.at(-1) ?? 0
    const end = start + CHAIN_BYTES + row.entries.length
    if (end > this.#bytes.length) {
      this.#bytes = copied(this.#bytes.subarray(0, start), end + Math.max(SPARE_LEAST, end * SPARE_SHARE))
    }
    this.#bytes.set(row.chain, start)
    this.#bytes.set(row.entries, start + CHAIN_BYTES)
    this.#ends.push(end)
    this.#times.push(row.at)
  }

  /** Lets go of the rows up to `seq`. */
  trim(seq: number): void {
    const count = Math.min(Math.max(0, seq + 1 - this.#firstSeq), this.#ends.length)
    if (count === 0) return
    const start = this.#ends[count - 1] ?? 0
    this.#bytes = this.#bytes.slice(start, this.#ends.at(-1))
    this.#ends = this.#ends.slice(count).map((end) => end - start)
    this.#times = this.#times.slice(count)
    this.#firstSeq += count
  }

  /** The chain after row `seq`; null: it is not kept. */
  chainAt(seq: number): Uint8Array | null {
    return this.#rowAt(seq - this.#firstSeq)?.chain ?? null
  }

  /** The rows after row `seq`, as views; null when they are no longer all kept. `seq` is at most the last one. */
  after(seq: number): StoredRow[] | null {
    if (seq + 1 < this.#firstSeq) return null
    const rows: StoredRow[] = []
    for (let i = seq + 1 - this.#firstSeq; i < this.#ends.length; i++) {
      const row = this.#rowAt(i)
      if (row) rows.push(row)
    }
    return rows
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

function copied(bytes: Uint8Array, capacity: number): Uint8Array {
  const copy = new Uint8Array(Math.ceil(capacity))
  copy.set(bytes)
  return copy
}
