/** Time that advances only on demand. Due timers run in order of their time, then of their creation. */
export class VirtualClock {
  #now = 1_700_000_000_000
  #timers: { at: number; order: number; task: () => void }[] = []
  #order = 0
  readonly random: () => number

  constructor(random: () => number) {
    this.random = random
  }

  readonly now = (): number => this.#now
  readonly steady = this.now

  readonly after = (ms: number, task: () => void): (() => void) => {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, task }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer)
    }
  }

  get waiting(): number {
    return this.#timers.length
  }

  /** Advances time by `ms`, running due timers; promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    await settled()
    const end = this.#now + ms
    for (;;) {
      const next = this.#timers
        .filter((timer) => timer.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (!next) break
      this.#timers = this.#timers.filter((each) => each !== next)
      this.#now = Math.max(this.#now, next.at)
      next.task()
      await settled()
    }
    this.#now = end
    await settled()
  }
}

/** Resolves when every promise that can settle without time or input has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
