import type { Clock } from '#lib/protocol/clock.ts'

/** The number of consecutive failures after which the user is told. */
const MANY = 3
/** A failure later than this after the previous one starts a new streak. */
const CALM_MS = 60_000

/** Counts failures, each within a minute of the previous one. */
export class FailureStreak {
  readonly #clock: Pick<Clock, 'steady'>
  #length = 0
  #lastAt = Number.NEGATIVE_INFINITY

  constructor(clock: Pick<Clock, 'steady'>) {
    this.#clock = clock
  }

  /** The last failure was more than a minute ago, or there was none. */
  get isOver(): boolean {
    return this.#clock.steady() - this.#lastAt > CALM_MS
  }

  /** Adds a failure. Returns true from the third one of a streak on. */
  add(): boolean {
    if (this.isOver) this.#length = 0
    this.#lastAt = this.#clock.steady()
    return ++this.#length >= MANY
  }
}
