import type { Clock } from '#lib/protocol/clock.ts'

/** What some work may take of a core. */
export class Share {
  readonly #clock: Clock
  readonly #share: number
  readonly #burstMs: number
  readonly #onRested: () => void
  /** As of `#at`; below zero: it has taken more. */
  #leftMs: number
  #at: number
  #cancel: (() => void) | null = null

  constructor(clock: Clock, share: number, burstMs: number, onRested: () => void) {
    this.#clock = clock
    this.#share = share
    this.#burstMs = burstMs
    this.#onRested = onRested
    this.#leftMs = burstMs
    this.#at = clock.steady()
  }

  /** True when something may be done now; else `onRested` is called when it may. */
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

  take(ms: number): void {
    this.#leftMs -= ms
  }

  close(): void {
    this.#cancel?.()
  }
}
