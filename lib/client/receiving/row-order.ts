import type { Row } from '#lib/protocol/log-row.ts'
import type { Cursor } from '../replica/unbroken-run.ts'

/** Puts rows in the order of their numbers. Returns each row once, after the row before it. */
export class RowOrder {
  #cursor: Cursor | null = null
  readonly #ahead = new Map<number, Row>()

  /** The end of the contiguous run; null if nothing is known. */
  get cursor(): Cursor | null {
    return this.#cursor
  }

  /** Rows arrived from beyond a gap. */
  get hasHole(): boolean {
    return this.#ahead.size > 0
  }

  /** Continues from a position. Rows kept for later stay. */
  moveTo(cursor: Cursor): void {
    this.#cursor = cursor
  }

  /** Drops rows from beyond a gap, because another connection sends them again. */
  dropAhead(): void {
    this.#ahead.clear()
  }

  /** Adds rows in any order, known ones included. Returns those that are now in order. */
  admit(rows: readonly Row[]): Row[] {
    for (const row of rows) this.#ahead.set(row.seq, row)
    const next: Row[] = []
    let seq = this.#cursor?.seq ?? 0
    for (let row = this.#ahead.get(seq + 1); row; row = this.#ahead.get(seq + 1)) {
      next.push(row)
      seq = row.seq
      this.#cursor = { seq, chain: row.chain }
    }
    for (const known of this.#ahead.keys()) if (known <= seq) this.#ahead.delete(known)
    return next
  }
}
