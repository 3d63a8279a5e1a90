import type { Clock } from './clock.ts'
import type { DocumentStore, NewRow } from './document-store.ts'

/** Somebody with entries to commit: a room. Each method is called from the queue alone. */
export interface CommitSource {
  /** The next row, head + 1; null when nothing waits any more. `more`: entries are left for the commit after. */
  take(): { readonly row: NewRow; readonly more: boolean } | null
  /** The row is on disk. */
  committed(row: NewRow): void
  /** The row was refused; the document alone is affected. */
  refused(row: NewRow, reason: string): void
  /** Nobody knows whether the row is on disk; the store was opened again since. */
  lost(row: NewRow): void
  /** The store takes long, or has caught up again. */
  slow(slow: boolean): void
}

export interface CommitQueueOptions {
  readonly store: Pick<DocumentStore, 'commit' | 'reopen'>
  readonly clock: Clock
  readonly onFailure: (reason: string) => void
}

/** Gap between two commits when many updates arrive, ms: 20 ms cost 239 ms CPU per 1,000 updates against 401 without. */
const BUSY_GAP_MS = 20
/** Arrivals per window above which the queue counts as busy (100 updates/s). */
const BUSY_ARRIVALS = 10
const WINDOW_MS = 100
/** After this long in one commit people are told. */
const SLOW_AFTER_MS = 1000
const REOPEN_FIRST_MS = 250
const REOPEN_MOST_MS = 5000

/**
 * The commit is the batch: while one commit is on its way to disk, entries of all rooms gather and go into the next one together.
 * A quiet queue commits at once, a busy one keeps a gap of 20 ms between commits. One commit at a time.
 */
export class CommitQueue {
  readonly #store
  readonly #clock
  readonly #onFailure
  readonly #waiting = new Set<CommitSource>()
  #running: Promise<void> | null = null
  #woken = false
  #cancelTimer: (() => void) | null = null
  #lastStart = Number.NEGATIVE_INFINITY
  #windowStart = Number.NEGATIVE_INFINITY
  #arrivals = 0
  #arrivalsBefore = 0

  constructor(options: CommitQueueOptions) {
    this.#store = options.store
    this.#clock = options.clock
    this.#onFailure = options.onFailure
  }

  /** Says that `source` has one more entry. Repeating is harmless. */
  add(source: CommitSource): void {
    this.#countArrival()
    this.#waiting.add(source)
    this.#wake()
  }

  /** Resolves when nothing waits and no commit is on its way. Gaps are not kept while draining. */
  async drain(): Promise<void> {
    while (this.#running || this.#waiting.size > 0) {
      if (!this.#running) this.#start()
      await this.#running
    }
  }

  #wake(): void {
    if (this.#woken || this.#running || this.#cancelTimer) return
    this.#woken = true
    // A microtask later, so that everything one read of a socket brought goes into one commit.
    queueMicrotask(() => {
      this.#woken = false
      this.#startWhenDue()
    })
  }

  #startWhenDue(): void {
    if (this.#running || this.#waiting.size === 0 || this.#cancelTimer) return
    const due = this.#lastStart + this.#gap() - this.#clock.steady()
    if (due <= 0) {
      this.#start()
      return
    }
    this.#cancelTimer = this.#clock.after(due, () => {
      this.#cancelTimer = null
      this.#startWhenDue()
    })
  }

  #start(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#lastStart = this.#clock.steady()
    this.#running = this.#commit().finally(() => {
      this.#running = null
      if (this.#waiting.size > 0) this.#wake()
    })
  }

  async #commit(): Promise<void> {
    const taken: { source: CommitSource; row: NewRow }[] = []
    const left: CommitSource[] = []
    for (const source of this.#waiting) {
      const next = source.take()
      if (!next) continue
      taken.push({ source, row: next.row })
      if (next.more) left.push(source)
    }
    this.#waiting.clear()
    for (const source of left) this.#waiting.add(source)
    if (taken.length === 0) return

    let slow = false
    const cancelSlow = this.#clock.after(SLOW_AFTER_MS, () => {
      slow = true
      for (const { source } of taken) source.slow(true)
    })
    try {
      const outcomes = await this.#store.commit(taken.map(({ row }) => row))
      taken.forEach(({ source, row }, i) => {
        const outcome = outcomes[i]
        if (outcome?.ok) source.committed(row)
        else source.refused(row, outcome ? outcome.reason : 'no outcome')
      })
    } catch (error) {
      this.#onFailure(error instanceof Error ? error.message : String(error))
      await this.#reopen()
      for (const { source, row } of taken) source.lost(row)
    } finally {
      cancelSlow()
      if (slow) for (const { source } of taken) source.slow(false)
    }
  }

  /** Until the store is open again; meanwhile nothing is committed, and so nothing acknowledged. */
  async #reopen(): Promise<void> {
    for (let wait = REOPEN_FIRST_MS; ; wait = Math.min(wait * 2, REOPEN_MOST_MS)) {
      try {
        await this.#store.reopen()
        return
      } catch (error) {
        this.#onFailure(error instanceof Error ? error.message : String(error))
        await new Promise<void>((resolve) => this.#clock.after(wait, resolve))
      }
    }
  }

  #countArrival(): void {
    const now = this.#clock.steady()
    const windows = Math.floor((now - this.#windowStart) / WINDOW_MS)
    if (windows !== 0) {
      this.#arrivalsBefore = windows === 1 ? this.#arrivals : 0
      this.#arrivals = 0
      this.#windowStart = windows === 1 ? this.#windowStart + WINDOW_MS : now
    }
    this.#arrivals++
  }

  #gap(): number {
    return Math.max(this.#arrivals, this.#arrivalsBefore) > BUSY_ARRIVALS ? BUSY_GAP_MS : 0
  }
}
