import * as Y from 'yjs'
import type { Owner } from '../owner.ts'

/** Runs a task once, soon: in a page with its next frame. Returns its cancellation. */
export type Soon = (task: () => void) => () => void

/** Told of what was applied after the call that brought it had returned. */
export interface IncomingOwner extends Owner {
  /** Applying it threw: the Y.Doc may lack some of it. */
  failed(error: unknown): void
}

export interface IncomingOptions {
  readonly doc: Y.Doc
  /** The transaction origin by which the Y.Doc's listeners know what came from outside. */
  readonly origin: unknown
  /** When live edits are applied; immediately if left out. */
  readonly soon?: Soon | undefined
  readonly owner: IncomingOwner
}

/** A reason to keep edits back. */
interface Hold {
  /** The updates that may come in all the same; null for none. */
  readonly passes: Passes | null
  /** Updates that may not; each is asked about once. */
  readonly refused: WeakSet<Uint8Array>
  /** Ends the time in which one update after the other comes in; null while everything is held. */
  until: (() => boolean) | null
}

/** Whether an update may be applied before those that wait. */
export type Passes = (update: Uint8Array) => boolean

/**
 * Applies the edits of others to the Y.Doc, in order. All that is applied at one time is one transaction, so that an editor
 * renders once. They can be held back while the user composes.
 */
export class Incoming {
  readonly #options: IncomingOptions
  #waiting: Uint8Array[] = []
  readonly #holds = new Set<Hold>()
  #cancelSoon: (() => void) | null = null

  constructor(options: IncomingOptions) {
    this.#options = options
  }

  /** Edits are held back, all or some of them. */
  get isHeld(): boolean {
    return [...this.#holds].some(({ until }) => until === null)
  }

  /** No edit waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /**
   * Applies Yjs v1 updates, and what waits before them: now, or when nothing holds them any more. Throws what applying or an
   * observer of the Y.Doc throws.
   */
  apply(updates: readonly Uint8Array[]): void {
    this.#waiting.push(...updates)
    this.#letIn()
  }

  /** Applies Yjs v1 updates soon, together with all that comes until then. */
  applySoon(updates: readonly Uint8Array[]): void {
    const { soon } = this.#options
    if (!soon) {
      this.apply(updates)
      return
    }
    this.#waiting.push(...updates)
    if (this.#waiting.length === 0) return
    this.#cancelSoon ??= soon(this.#frame)
  }

  /** Applies what waits, held or not. */
  force(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#transact(() => {
      for (const update of waiting) this.#applyOne(update)
    })
  }

  /**
   * Queues edits until every hold is released, all or those that do not pass. Releasing is idempotent. Released with
   * `until`, edits come in one update after the other, now and later, and are held again as soon as it returns true.
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

  /** Drops what waits; nothing is applied any more. */
  destroy(): void {
    this.#cancelSoon?.()
    this.#cancelSoon = null
    this.#waiting = []
  }

  readonly #frame = (): void => {
    this.#cancelSoon = null
    this.#letInLate()
  }

  #letInLate(): void {
    const { owner } = this.#options
    const before = this.#waiting.length
    try {
      this.#letIn()
    } catch (error) {
      owner.failed(error)
    }
    if (this.#waiting.length < before) owner.changed()
  }

  #letIn(): void {
    if (this.#waiting.length === 0 || this.#holding()) return
    // Where some pass, the user composes: the editor shows small changes around that, not all of them together.
    const isComposing = [...this.#holds].some(({ passes }) => passes)
    if (isComposing) this.#letInEach()
    else this.#transact(() => this.#letInEach())
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

  /** Nothing at all may come in. */
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

  #transact(run: () => void): void {
    this.#options.doc.transact(run, this.#options.origin)
  }

  #applyOne(update: Uint8Array): void {
    Y.applyUpdate(this.#options.doc, update, this.#options.origin)
  }
}
