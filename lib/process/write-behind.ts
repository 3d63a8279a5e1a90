import type { Clock } from '#lib/protocol/clock.ts'

export interface WriteBehindOptions<Item> {
  readonly clock: Pick<Clock, 'after'>
  /** The time from the first item to the write that includes it, ms. */
  readonly gatherMs: number
  /** Writes items in the order in which they were added. Never called while an earlier call is pending. */
  readonly write: (items: readonly Item[]) => Promise<void>
  /** Called after a write rejected. Its items are not retried. */
  readonly onLost: (error: unknown, items: readonly Item[]) => void
}

/** Gathers items and writes them together. A crash loses the items gathered since the last write. */
export class WriteBehind<Item> {
  readonly #options: WriteBehindOptions<Item>
  #waiting: Item[] = []
  #cancel: (() => void) | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(options: WriteBehindOptions<Item>) {
    this.#options = options
  }

  add(item: Item): void {
    this.#waiting.push(item)
    this.#cancel ??= this.#options.clock.after(this.#options.gatherMs, () => void this.flush())
  }

  /**
   * Writes the waiting items. Resolves when they and all earlier ones are written or lost. Idempotent; never
   * rejects.
   */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = null
    const items = this.#waiting
    this.#waiting = []
    if (items.length > 0) this.#writing = this.#writing.then(() => this.#write(items))
    return this.#writing
  }

  async #write(items: readonly Item[]): Promise<void> {
    try {
      await this.#options.write(items)
    } catch (error) {
      this.#options.onLost(error, items)
    }
  }
}
