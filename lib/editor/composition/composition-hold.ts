import type { EditorView } from '@tiptap/pm/view'
import type * as Y from 'yjs'
import type { Passes } from '#lib/client/receiving/incoming.ts'
import { blockAtCaret, keepComposed } from './composed-text.ts'
import { reachesInto } from './update-reach.ts'

/** Runs `task` after `ms`. Returns a function that cancels it. */
export type Schedule = (task: () => void, ms: number) => () => void

type Release = () => void

export interface Holding {
  /** Holds back everything: the provider's holdIncoming. */
  readonly all: () => Release
  /** Holds back only edits that reach into the composing block. Returns null if that block is not known. */
  readonly block: () => Release | null
  /** Releases the edits after a composition. Default: calls `release`. */
  readonly end?: (release: Release) => void
}

/** The wait before releasing, ms: the next composition (the next syllable) often follows immediately. */
const RELEASE_AFTER = 60
/** The longest time an idle composition holds back edits elsewhere, ms. */
const CAP = 5_000

/**
 * Holds back incoming edits while the person composes (an input method's candidate text), because a change inside the
 * composing text node makes every browser insert the syllables twice. Outgoing edits never wait. Edits are held from
 * the start of a composition until 60 ms after its end, or until the editor loses focus or is hidden. After 5 s
 * without input, edits that do not reach into the composing block are let in; the next composing key holds everything
 * again.
 */
export class CompositionHold {
  readonly #holding: Holding
  readonly #schedule: Schedule
  #release: Release | null = null
  #isLoose = false
  #cancelTimer: (() => void) | null = null

  constructor(holding: Holding, schedule: Schedule) {
    this.#holding = holding
    this.#schedule = schedule
  }

  get holding(): boolean {
    return this.#release !== null
  }

  /** Notes that a composition began or continues: compositionstart, compositionupdate. */
  composing(): void {
    if (!this.#release || this.#isLoose) this.#holdBy(this.#holding.all())
    this.#isLoose = false
    this.#after(CAP, () => this.#loosen())
  }

  /** Notes that a composition ended. */
  ended(): void {
    if (this.#release) this.#after(RELEASE_AFTER, () => this.let())
  }

  /** Lets everything in now: blur, hidden page, destroyed editor. Idempotent. */
  let(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    const release = this.#release
    this.#release = null
    this.#isLoose = false
    if (!release) return
    if (this.#holding.end) this.#holding.end(release)
    else release()
  }

  #loosen(): void {
    const release = this.#holding.block()
    if (!release) {
      this.let()
      return
    }
    this.#isLoose = true
    this.#holdBy(release)
  }

  /** Takes the new hold before releasing the old one. */
  #holdBy(release: Release): void {
    const before = this.#release
    this.#release = release
    before?.()
  }

  #after(ms: number, task: () => void): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#schedule(task, ms)
  }
}

/**
 * Holds back incoming edits while the person composes in the view; the composed text outlives the block it was
 * composed in. `hold` is the provider's holdIncoming. Returns a function that ends it.
 */
export function holdWhileComposing(
  view: EditorView,
  doc: Y.Doc,
  hold: (passes?: Passes) => Release,
): () => void {
  const { dom } = view
  /** The text composed since the hold began: of finished compositions, and of the current one so far. */
  let composed = ''
  let candidate = ''
  const composition = new CompositionHold(
    {
      all: () => hold(),
      block: () => {
        const block = blockAtCaret(view)
        return block && hold((update) => !reachesInto(update, block, doc))
      },
      end: (release) => {
        const text = composed + candidate
        composed = candidate = ''
        keepComposed(view, text, release)
      },
    },
    (task, ms) => {
      const timer = setTimeout(task, ms)
      return () => clearTimeout(timer)
    },
  )
  const listeners = new AbortController()
  const on = { signal: listeners.signal, capture: true }
  dom.addEventListener('compositionstart', () => composition.composing(), on)
  dom.addEventListener(
    'compositionupdate',
    ({ data }) => {
      candidate = data
      composition.composing()
    },
    on,
  )
  dom.addEventListener(
    'compositionend',
    ({ data }) => {
      composed += data
      candidate = ''
      composition.ended()
    },
    on,
  )
  dom.addEventListener('blur', () => composition.let(), on)
  document.addEventListener('visibilitychange', () => document.hidden && composition.let(), on)
  return () => {
    listeners.abort()
    composition.let()
  }
}
