import * as Y from 'yjs'

/** Runs a task once, soon: in the page with its next frame. Returns its cancellation. */
export type Soon = (task: () => void) => () => void

export interface IncomingOptions {
  readonly doc: Y.Doc
  /** The transaction origin by which the Y.Doc's listeners know what came from outside. */
  readonly origin: unknown
  /** When what comes while people write is applied; left out: at once. */
  readonly soon?: Soon | undefined
  /** What waited was applied, after the `take` it came with had returned. */
  readonly onLate?: () => void
}

/** What keeps edits back. */
interface Hold {
  /** Which of them may come in all the same; null: none. */
  readonly passes: Passes | null
  /** Those that may not; asked once. */
  readonly refused: WeakSet<Uint8Array>
  /** Until when it lets in one update after the other; null: it does not. */
  until: (() => boolean) | null
}

/** Whether an update may be applied before those that wait. */
export type Passes = (update: Uint8Array) => boolean

/**
 * Edits of others on their way into the Y.Doc, in order. All that is applied at one time is one transaction, so that an editor
 * renders once. They can be held back while the person composes.
 */
export class Incoming {
  readonly #options: IncomingOptions
  #waiting: Uint8Array[] = []
  readonly #holds = new Set<Hold>()
  #cancelSoon: (() => void) | null = null

  constructor(options: IncomingOptions) {
    this.#options = options
  }

  /** What comes is held back, all or some of it. */
  get isHeld(): boolean {
    return [...this.#holds].some(({ until }) => until === null)
  }

  /** Nothing is held back. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Applies Yjs v1 updates, and what waits before them: now, or when nothing holds them any more. */
  take(updates: readonly Uint8Array[]): void {
    this.#waiting.push(...updates)
    this.#letIn()
  }

  /** The same with whatever else comes until then: soon. */
  takeSoon(updates: readonly Uint8Array[]): void {
    const { soon } = this.#options
    if (!soon) {
      this.take(updates)
      return
    }
    this.#waiting.push(...updates)
    if (this.#waiting.length === 0) return
    this.#cancelSoon ??= soon(() => {
      this.#cancelSoon = null
      this.#letInLate()
    })
  }

  /** Applies what waits whatever holds it. */
  force(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#apply(() => {
      for (const update of waiting) this.#applyOne(update)
    })
  }

  /**
   * Queues edits until every hold is released, all or those that do not pass. Releasing twice is harmless. Released with
   * `until`, edits come in one update after the other, now and later, and are held again as soon as it answers true.
   */
  hold(passes: Passes | null = null): (until?: () => boolean) => void {
    const hold: Hold = { passes, refused: new WeakSet(), until: null }
    this.#holds.add(hold)
    if (passes) this.#letInLate()
    return (until) => {
      if (!this.#holds.has(hold)) return
      if (until) hold.until = until
      else this.#holds.delete(hold)
      this.#letInLate()
    }
  }

  /** Nothing is applied any more. */
  destroy(): void {
    this.#cancelSoon?.()
    this.#cancelSoon = null
    this.#waiting = []
  }

  #letInLate(): void {
    const before = this.#waiting.length
    this.#letIn()
    if (this.#waiting.length < before) this.#options.onLate?.()
  }

  #letIn(): void {
    if (this.#waiting.length === 0 || this.#holding()) return
    // Where some pass, somebody composes: their editor shows small changes around that, not all of them at once.
    const isComposing = [...this.#holds].some(({ passes }) => passes)
    if (isComposing) this.#letInEach()
    else this.#apply(() => this.#letInEach())
  }

  #letInEach(): void {
    let next = 0
    const kept: Uint8Array[] = []
    try {
      do {
        const update = this.#waiting[next++]
        if (!update) continue
        if (this.#mayPass(update)) this.#applyOne(update)
        else kept.push(update)
      } while (next < this.#waiting.length && !this.#holding())
    } finally {
      this.#waiting.splice(0, next, ...kept)
    }
  }

  /** Whether nothing at all comes in. */
  #holding(): boolean {
    for (const hold of this.#holds) {
      if (hold.passes || (hold.until && !hold.until())) continue
      hold.until = null
      return true
    }
    return false
  }

  #mayPass(update: Uint8Array): boolean {
    for (const { passes, refused } of this.#holds) {
      if (!passes || (!refused.has(update) && passes(update))) continue
      refused.add(update)
      return false
    }
    return true
  }

  #apply(run: () => void): void {
    this.#options.doc.transact(run, this.#options.origin)
  }

  #applyOne(update: Uint8Array): void {
    Y.applyUpdate(this.#options.doc, update, this.#options.origin)
  }
}
