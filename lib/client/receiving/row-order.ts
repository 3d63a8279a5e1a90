import type { Row } from '#lib/protocol/wire.ts'
import type { Cursor } from '../replica/unbroken-run.ts'

/** Puts rows into the order of their numbers: each is given out once, after the one before it. */
export class RowOrder {
  #cursor: Cursor | null = null
  readonly #ahead = new Map<number, Row>()

  /** Where the contiguous run ends; null: nothing is known yet. */
  get cursor(): Cursor | null {
    return this.#cursor
  }

  /** Rows came from beyond a hole. */
  get hasHole(): boolean {
    return this.#ahead.size > 0
  }

  /** Goes on from here. Rows kept for later stay. */
  moveTo(cursor: Cursor): void {
    this.#cursor = cursor
  }

  /** Forgets rows from beyond a hole: another connection tells them again. */
  forgetAhead(): void {
    this.#ahead.clear()
  }

  /** Takes rows in any order, known ones too; returns those whose turn it is. */
  take(rows: readonly Row[]): Row[] {
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
