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

/**
 * Edits of others on their way into the Y.Doc, in order. All that is applied at one time is one transaction, so that an editor
 * renders once. They can be held back while the person composes.
 */
export class Incoming {
  readonly #options: IncomingOptions
  #waiting: Uint8Array[] = []
  /** By hold, until when it lets in one update after the other; null: it lets nothing in. */
  readonly #holds = new Map<symbol, (() => boolean) | null>()
  #cancelSoon: (() => void) | null = null

  constructor(options: IncomingOptions) {
    this.#options = options
  }

  /** What comes is held back. */
  get isHeld(): boolean {
    return [...this.#holds.values()].includes(null)
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
   * Queues edits until every hold is released. Releasing twice is harmless. Released with `until`, edits come in one
   * update after the other, now and later, and are held again as soon as it answers true.
   */
  hold(): (until?: () => boolean) => void {
    const hold = Symbol('hold')
    this.#holds.set(hold, null)
    return (until) => {
      if (!this.#holds.has(hold)) return
      if (until) this.#holds.set(hold, until)
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
    this.#apply(() => {
      let next = 0
      try {
        do {
          const update = this.#waiting[next++]
          if (update) this.#applyOne(update)
        } while (next < this.#waiting.length && !this.#holding())
      } finally {
        this.#waiting.splice(0, next)
      }
    })
  }

  #holding(): boolean {
    for (const [hold, until] of this.#holds) {
      if (until && !until()) continue
      this.#holds.set(hold, null)
      return true
    }
    return false
  }

  #apply(run: () => void): void {
    this.#options.doc.transact(run, this.#options.origin)
  }

  #applyOne(update: Uint8Array): void {
    Y.applyUpdate(this.#options.doc, update, this.#options.origin)
  }
}
