import type { Clock } from '#lib/protocol/clock.ts'

/** Limits some work to a share of one core. */
export class CpuBudget {
  readonly #clock: Clock
  readonly #share: number
  readonly #burstMs: number
  readonly #onRested: () => void
  /** CPU left as of `#at`, ms; below zero if more was spent. */
  #leftMs: number
  #at: number
  #cancel: (() => void) | null = null

  /**
   * `share`: of one core, from 0 to 1. `burstMs`: CPU that may be spent ahead, ms. `onRested` is called when work
   * that `isLeft` refused may be done.
   */
  constructor(clock: Clock, share: number, burstMs: number, onRested: () => void) {
    this.#clock = clock
    this.#share = share
    this.#burstMs = burstMs
    this.#onRested = onRested
    this.#leftMs = burstMs
    this.#at = clock.steady()
  }

  /** Returns true if work may be done now; otherwise `onRested` is called when it may. */
  isLeft(): boolean {
    const now = this.#clock.steady()
    this.#leftMs = Math.min(this.#leftMs + (now - this.#at) * this.#share, this.#burstMs)
    this.#at = now
    if (this.#leftMs >= 0) return true
    this.#cancel ??= this.#clock.after(Math.ceil(-this.#leftMs / this.#share), () => {
      this.#cancel = null
      this.#onRested()
    })
    return false
  }

  /** Counts `ms` of CPU that the work took. */
  spend(ms: number): void {
    this.#leftMs -= ms
  }

  close(): void {
    this.#cancel?.()
  }
}
