import * as Y from 'yjs'
import type { Owner } from '../owner.ts'
import type { OrphanWatch } from '../sending/orphan-watch.ts'

/** Runs a task once, soon; in a page, in its next frame. Returns a function that cancels it. */
export type Soon = (task: () => void) => () => void

/** Told about edits applied after the call that brought them had returned. */
export interface IncomingOwner extends Owner {
  /** Reports that applying edits threw, so the Y.Doc may lack some of them. */
  failed(error: unknown): void
}

export interface IncomingOptions {
  readonly doc: Y.Doc
  /** The transaction origin that tells the Y.Doc's listeners which changes are remote. */
  readonly origin: unknown
  /** Schedules when live edits are applied; immediately by default. */
  readonly soon?: Soon | undefined
  readonly orphans?: Pick<OrphanWatch, 'applying'>
  readonly owner: IncomingOwner
}

/** A reason to hold edits back. */
interface Hold {
  /** Selects the updates that may be applied nevertheless; null for none. */
  readonly passes: Passes | null
  /** Updates that were not let through. Each is checked once. */
  readonly refused: WeakSet<Uint8Array>
  /** Ends the period in which updates are applied one at a time; null while everything is held back. */
  until: (() => boolean) | null
}

/** Returns true if an update may be applied before those that wait. */
export type Passes = (update: Uint8Array) => boolean

/**
 * Applies remote edits to the Y.Doc, in order. Edits applied together form one transaction, so that an editor renders
 * once. They can be held back while the user composes.
 */
export class Incoming {
  readonly #options: IncomingOptions
  #waiting: Uint8Array[] = []
  readonly #holds = new Set<Hold>()
  #cancelSoon: (() => void) | null = null

  constructor(options: IncomingOptions) {
    this.#options = options
  }

  /** Some or all edits are held back. */
  get isHeld(): boolean {
    return [...this.#holds].some(({ until }) => until === null)
  }

  /** No edits wait. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /**
   * Applies Yjs v1 updates after those that wait: now, or once nothing holds them back. Passes on what applying
   * them, or an observer of the Y.Doc, throws.
   */
  apply(updates: readonly Uint8Array[]): void {
    this.#waiting.push(...updates)
    this.#letIn()
  }

  /** Applies Yjs v1 updates soon, together with all that arrive until then. */
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

  /** Applies all waiting edits, even if they are held back. */
  force(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#transact(() => {
      for (const update of waiting) this.#applyOne(update)
    })
  }

  /**
   * Holds back edits, all of them or those that `passes` rejects, until every hold is released. Releasing is
   * idempotent. Released with `until`, edits are applied one update at a time from then on, and are held back again
   * once it returns true.
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

  /** Drops all waiting edits; applies nothing from now on. */
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
    // A hold with `passes` means that the user is composing. The editor can show small changes around the
    // composition, but not all changes together.
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

  /** Returns true if no edit at all may be applied. */
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
    this.#options.orphans?.applying(update)
    Y.applyUpdate(this.#options.doc, update, this.#options.origin)
  }
}
