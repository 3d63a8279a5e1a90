import * as Y from 'yjs'
import { contentBytes } from '#lib/document/content-bytes.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import type { CompareRequest, Verdict } from '#lib/protocol/messages/compare.ts'
import { hashContent } from './content-hash.ts'

/** The copy in a Y.Doc, for comparison with the server's. */
export interface ComparedCopy {
  /** The room and the row the Y.Doc has reached; null unless nothing is on its way in or out. */
  readonly standing: Pick<CompareRequest, 'room' | 'seq'> | null
  /** Asks the server to compare. Returns null if there is no answer. */
  compare(request: CompareRequest): Promise<Verdict | null>
}

export interface ContentComparisonOptions {
  readonly doc: Y.Doc
  readonly clock: Clock
  readonly copy: ComparedCopy
  /** Called once, when the copy differs for certain. Nothing is compared after that. */
  readonly onDiverged: () => void
}

/** The average time between two comparisons. */
const PACE_MS = 5 * 60_000
/** The wait after an undo, the case in which Yjs has been seen to diverge (yjs #794). */
const AFTER_UNDO_MS = 20_000
/** The shortest time between two comparisons. */
const LEAST_MS = 60_000
/** The first wait for a Y.Doc that is not at rest. Doubles up to `LEAST_MS`. */
const AT_REST_MS = 5000
/**
 * A copy that differs is compared again after these times, at other rows if there are any. All comparisons must
 * agree.
 */
const CONFIRM_MS = [3000, 10_000]
/** The longest stretch of work, so that a keystroke waits less than half a frame for it. */
const SLICE_MS = 8
/** How long the browser may take to find an idle moment. */
const IDLE_WITHIN_MS = 5000
/** The pause between stretches of work in browsers without `requestIdleCallback`. */
const BREAK_MS = 50

/**
 * Compares what a Y.Doc shows with the log, every few minutes and shortly after an undo, so that no user works for
 * hours with a diverged copy ([CMP1] to [CMP4] of docs/protocol.md).
 */
export class ContentComparison {
  readonly #options: ContentComparisonOptions
  #cancel: (() => void) | null = null
  #dueAt = 0
  #comparedAt: number
  #restless = 0
  #differed = 0
  #under = false
  #stopped = false

  /** Starts the first comparison immediately if the Y.Doc is at rest. */
  constructor(options: ContentComparisonOptions) {
    this.#options = options
    this.#comparedAt = options.clock.steady() - LEAST_MS
    options.doc.on('afterTransaction', this.#onTransaction)
    this.#plan(0)
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
    this.#options.doc.off('afterTransaction', this.#onTransaction)
  }

  readonly #onTransaction = ({ origin }: Y.Transaction): void => {
    if (!(origin instanceof Y.UndoManager) || this.#under) return
    const { clock } = this.#options
    const least = this.#comparedAt + LEAST_MS - clock.steady()
    const wait = Math.max(least, this.#around(AFTER_UNDO_MS))
    if (clock.steady() + wait < this.#dueAt) this.#plan(wait)
  }

  #plan(ms: number): void {
    const { clock } = this.#options
    this.#cancel?.()
    this.#dueAt = clock.steady() + ms
    this.#cancel = clock.after(ms, () => void this.#compare())
  }

  async #compare(): Promise<void> {
    this.#under = true
    const verdict = await this.#verdict()
    this.#under = false
    if (this.#stopped) return
    if (verdict === 'restless') {
      this.#plan(Math.min(LEAST_MS, AT_REST_MS * 2 ** this.#restless++))
      return
    }
    this.#restless = 0
    this.#comparedAt = this.#options.clock.steady()
    if (verdict === 'same') this.#differed = 0
    const pace = this.#differed > 0 ? LEAST_MS : this.#around(PACE_MS)
    const wait = verdict === 'differs' ? CONFIRM_MS[this.#differed++] : pace
    if (wait !== undefined) {
      this.#plan(wait)
      return
    }
    this.stop()
    this.#options.onDiverged()
  }

  async #verdict(): Promise<Verdict | 'restless' | null> {
    const { copy } = this.#options
    if (!copy.standing) return 'restless'
    const bytes = await this.#bytes()
    const at = copy.standing
    if (!bytes || !at) return 'restless'
    const digest = await hashContent(bytes)
    return this.#stopped ? null : copy.compare({ ...at, digest })
  }

  /** Returns the content of the Y.Doc (content-bytes.ts), or null if it changed meanwhile. */
  async #bytes(): Promise<Uint8Array | null> {
    const { doc, clock } = this.#options
    let changed = false
    const note = (): void => {
      changed = true
    }
    doc.on('update', note)
    try {
      const walk = contentBytes(doc)
      for (;;) {
        const until = (await this.#idle()) + clock.steady()
        if (changed || this.#stopped) return null
        do {
          const step = walk.next()
          if (step.done) return step.value
        } while (clock.steady() < until)
      }
    } finally {
      doc.off('update', note)
    }
  }

  /** Resolves in an idle moment with the time that may be used, ms. */
  #idle(): Promise<number> {
    return new Promise((resolve) => {
      if (typeof requestIdleCallback === 'function')
        requestIdleCallback((idle) => resolve(Math.min(SLICE_MS, idle.timeRemaining())), {
          timeout: IDLE_WITHIN_MS,
        })
      else this.#options.clock.after(BREAK_MS, () => resolve(SLICE_MS))
    })
  }

  /** Returns between 0.5 and 1.5 times `ms`, so that clients do not compare together. */
  #around(ms: number): number {
    return ms * (0.5 + this.#options.clock.random())
  }
}
