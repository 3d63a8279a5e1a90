import type { Clock } from '#lib/protocol/clock.ts'
import { reasonOf } from '#lib/protocol/errors.ts'
import type { DocumentStore, NewRow } from '../document-store.ts'

/** A room that has entries to commit. Only the queue calls these methods. */
export interface CommitSource {
  /** Returns the next row (head + 1), null if no entries wait. `more`: entries are left for the next commit. */
  take(): { readonly row: NewRow; readonly more: boolean } | null
  /** Called when the row is on disk. */
  committed(row: NewRow): void
  /** Called when the store refused the row, which affects this document only. */
  refused(row: NewRow, reason: string): void
  /** Called when a commit failed and the row may or may not be on disk. The store has been reopened since. */
  lost(row: NewRow): void
  /** Called while the store is slow or failing and entries of this source wait. Repeated as long as that lasts. */
  slow(): void
}

export interface CommitQueueOptions {
  readonly store: Pick<DocumentStore, 'commit' | 'reopen'>
  readonly clock: Clock
  readonly onFailure: (reason: string) => void
  /** Called when commits are quick again, after sources were told that they are slow. */
  readonly onRecovered: () => void
}

/** Gap between two commits when many updates arrive, ms: 20 ms cost 239 ms CPU per 1,000 updates, no gap 401 ms. */
const BUSY_GAP_MS = 20
/** Arrivals per window above which the queue counts as busy (100 updates/s). */
const BUSY_ARRIVALS = 10
const WINDOW_MS = 100
/** Rooms whose entries wait for this long are told, ms, so that users know within a second. */
const SLOW_AFTER_MS = 900
/**
 * First pause of a failed store, before it is reopened and before the next commit, ms. It doubles with each failure.
 */
const REST_FIRST_MS = 250
/** Longest pause of a failed store, ms. */
const REST_MOST_MS = 2000

/**
 * Commits entries of all rooms together: those that arrive while one commit is being written go into the next. A
 * quiet queue commits immediately, a busy one keeps a gap of 20 ms between commits. One commit runs at a time.
 */
export class CommitQueue {
  readonly #store
  readonly #clock
  readonly #onFailure
  readonly #onRecovered
  readonly #waiting = new Set<CommitSource>()
  #running: Promise<void> | null = null
  #woken = false
  #cancelTimer: (() => void) | null = null
  #lastStart = Number.NEGATIVE_INFINITY
  #windowStart = Number.NEGATIVE_INFINITY
  #arrivals = 0
  #arrivalsBefore = 0
  /** Arrival of the first waiting entry, or, for entries left over by a commit, the start of that commit. */
  #waitingSince = 0
  #committing: { readonly sources: readonly CommitSource[]; readonly since: number } | null = null
  #cancelWatch: (() => void) | null = null
  #slow = false
  #restUntil = Number.NEGATIVE_INFINITY
  /** Consecutive failures of commits and reopenings. */
  #failures = 0

  constructor(options: CommitQueueOptions) {
    this.#store = options.store
    this.#clock = options.clock
    this.#onFailure = options.onFailure
    this.#onRecovered = options.onRecovered
  }

  /** Notes that `source` has one more entry. Idempotent. */
  add(source: CommitSource): void {
    this.#countArrival()
    if (this.#waiting.size === 0) this.#waitingSince = this.#clock.steady()
    if (this.#slow && !this.#waiting.has(source)) source.slow()
    this.#waiting.add(source)
    this.#wake()
  }

  /** Resolves when nothing waits and no commit is running. Ignores gaps while draining. */
  async drain(): Promise<void> {
    while (this.#running || this.#waiting.size > 0) {
      if (!this.#running) this.#start()
      await this.#running
    }
    this.#cancelWatch?.()
    this.#cancelWatch = null
  }

  #wake(): void {
    if (this.#woken || this.#running || this.#cancelTimer) return
    this.#woken = true
    // A microtask later, so that everything from one read of a socket goes into one commit.
    queueMicrotask(() => {
      this.#woken = false
      this.#startWhenDue()
    })
  }

  #startWhenDue(): void {
    if (this.#running || this.#waiting.size === 0 || this.#cancelTimer) return
    const due = Math.max(this.#lastStart + this.#gap(), this.#restUntil) - this.#clock.steady()
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
    const since = this.#waitingSince
    this.#waiting.clear()
    for (const source of left) this.#waiting.add(source)
    // Entries left over wait for the next commit: a long backlog of quick commits is not a slow store.
    this.#waitingSince = this.#clock.steady()
    if (taken.length === 0) return

    const committing = { sources: taken.map(({ source }) => source), since }
    this.#committing = committing
    this.#watch()
    try {
      const outcomes = await this.#store.commit(taken.map(({ row }) => row))
      this.#failures = 0
      taken.forEach(({ source, row }, i) => {
        const outcome = outcomes[i]
        if (outcome?.ok) source.committed(row)
        else source.refused(row, outcome ? outcome.reason : 'no outcome')
      })
    } catch (error) {
      const rest = this.#failed(error)
      this.#tell()
      await this.#reopen()
      // One failure is an accident; a store that reopens and fails again is left alone for a while.
      if (this.#failures > 1) this.#restUntil = this.#clock.steady() + rest
      for (const { source, row } of taken) source.lost(row)
    }
    this.#committing = null
    if (this.#failures === 0) this.#settle(committing.since)
  }

  /** Resolves when the store is open again. Until then nothing is committed, and so nothing is acknowledged. */
  async #reopen(): Promise<void> {
    for (;;) {
      try {
        await this.#store.reopen()
        return
      } catch (error) {
        const rest = this.#failed(error)
        await new Promise<void>((resolve) => this.#clock.after(rest, resolve))
      }
    }
  }

  /** Reports a failure. Returns how long the store should rest, ms. */
  #failed(error: unknown): number {
    this.#onFailure(reasonOf(error))
    return Math.min(REST_FIRST_MS * 2 ** this.#failures++, REST_MOST_MS)
  }

  /** Starts one timer for all commits during its run, instead of one for each. */
  #watch(): void {
    if (this.#cancelWatch || !this.#committing) return
    const due = this.#committing.since + SLOW_AFTER_MS - this.#clock.steady()
    this.#cancelWatch = this.#clock.after(Math.max(0, due), () => {
      this.#cancelWatch = null
      if (!this.#committing) return
      if (this.#clock.steady() - this.#committing.since >= SLOW_AFTER_MS) this.#tell()
      else this.#watch()
    })
  }

  /**
   * Tells all waiting sources that the store is slow, and repeats it while any wait: later ones have not been told.
   */
  #tell(): void {
    this.#slow = true
    const sources = new Set([...(this.#committing?.sources ?? []), ...this.#waiting])
    for (const source of sources) source.slow()
    this.#cancelWatch?.()
    this.#cancelWatch = this.#clock.after(SLOW_AFTER_MS, () => {
      this.#cancelWatch = null
      if (this.#committing || this.#waiting.size > 0) this.#tell()
      else this.#recover()
    })
  }

  /** Ends the slow state if nothing waits, or if the commit of entries waiting since `since` was quick. */
  #settle(since: number): void {
    if (this.#slow && (this.#waiting.size === 0 || this.#clock.steady() - since < SLOW_AFTER_MS))
      this.#recover()
  }

  #recover(): void {
    this.#cancelWatch?.()
    this.#cancelWatch = null
    this.#slow = false
    this.#onRecovered()
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
