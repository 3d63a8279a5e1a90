import { CHAIN_BYTES, type Row } from '#lib/protocol/log-row.ts'
import type { StoredRow } from '../document-store.ts'

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

  /** `rows`: oldest first; where one buffer holds them as this log does, as those the store reads, it is taken over. */
  constructor(rows: readonly StoredRow[]) {
    const adjoining = bytesOf(rows)
    if (adjoining) this.#bytes = adjoining
    else this.#bytes = new Uint8Array(rows.reduce((sum, row) => sum + CHAIN_BYTES + row.entries.length, 0))
    for (const row of rows) this.#add(row, adjoining !== null)
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
    this.#add(row, false)
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

  /** `isThere`: its bytes are in the buffer already. */
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

/** The bytes of the rows when they stand one after the other in one buffer, chain and entries of each; else null. */
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
