import type { Clock } from '#lib/protocol/clock.ts'

/** Timers that end together with the object that started them. */
export class Timers {
  readonly #clock: Pick<Clock, 'after'>
  readonly #running = new Set<() => void>()

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock
  }

  /** Runs `task` once after `ms`. Returns a function that cancels it. */
  after(ms: number, task: () => void): () => void {
    const stop = this.#clock.after(ms, () => {
      this.#running.delete(stop)
      task()
    })
    this.#running.add(stop)
    return () => {
      stop()
      this.#running.delete(stop)
    }
  }

  /** Cancels all timers. Idempotent. */
  clear(): void {
    for (const stop of this.#running) stop()
    this.#running.clear()
  }
}
