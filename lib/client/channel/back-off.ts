import type { Clock } from '#lib/protocol/clock.ts'

const FIRST_MS = 500
const LAST_MS = 30_000

/**
 * Computes the waits between attempts. The upper bound doubles from one second to 30 s, and each wait is drawn at
 * random between half a second and that bound, because clients that failed together must not come back together (AWS
 * Architecture Blog, "Exponential Backoff And Jitter").
 */
export class BackOff {
  readonly #clock: Pick<Clock, 'random'>
  #attempts = 0

  constructor(clock: Pick<Clock, 'random'>) {
    this.#clock = clock
  }

  /** Returns the wait before the next attempt, ms. */
  next(): number {
    const most = Math.min(LAST_MS, FIRST_MS * 2 ** ++this.#attempts)
    return FIRST_MS + this.#clock.random() * (most - FIRST_MS)
  }

  /** Starts again with the shortest wait. */
  reset(): void {
    this.#attempts = 0
  }
}
