import * as Y from 'yjs'

/** Edits of others on their way into the Y.Doc, in order. They can be held back while the person composes. */
export class Incoming {
  readonly #doc: Y.Doc
  readonly #origin: unknown
  #waiting: Uint8Array[] = []
  /** By hold, until when it lets in one update after the other; null: it lets nothing in. */
  readonly #holds = new Map<symbol, (() => boolean) | null>()

  /** `origin`: the transaction origin by which the Y.Doc's listeners know what came from outside. */
  constructor(doc: Y.Doc, origin: unknown) {
    this.#doc = doc
    this.#origin = origin
  }

  /** Applies Yjs v1 updates, now or when nothing holds them any more. */
  take(updates: readonly Uint8Array[]): void {
    this.#waiting.push(...updates)
    this.#letIn()
  }

  /** Applies what waits whatever holds it. */
  force(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#apply(() => {
      for (const update of waiting) Y.applyUpdate(this.#doc, update, this.#origin)
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
      this.#letIn()
    }
  }

  #letIn(): void {
    if (this.#waiting.length === 0 || this.#holding()) return
    this.#apply(() => {
      let next = 0
      try {
        do {
          const update = this.#waiting[next++]
          if (update) Y.applyUpdate(this.#doc, update, this.#origin)
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

  /** One transaction, so that an editor renders once. */
  #apply(run: () => void): void {
    this.#doc.transact(run, this.#origin)
  }
}
