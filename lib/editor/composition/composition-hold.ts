import type { EditorView } from '@tiptap/pm/view'
import type * as Y from 'yjs'
import type { Passes } from '#lib/client/receiving/incoming.ts'
import { blockAtCaret, keepComposed } from './composed-text.ts'
import { reachesInto } from './update-reach.ts'

/** Runs `task` after `ms`; returns what cancels it. */
export type Schedule = (task: () => void, ms: number) => () => void

type Release = () => void

export interface Holding {
  /** Holds everything back: the provider's holdIncoming. */
  readonly all: () => Release
  /** Holds back only what reaches into the block that is composed in; null when it is not known. */
  readonly block: () => Release | null
  /** Releases when the composition is over; left out: as it is. */
  readonly end?: (release: Release) => void
}

/** A new composition often follows the last one at once (the next syllable): wait this long before letting go, ms. */
const RELEASE_AFTER = 60
/** A composition left standing holds back what is elsewhere no longer than this, ms. */
const CAP = 5_000

/**
 * Keeps incoming edits back while the person composes (an input method's candidate text), because a change inside the
 * composing text node makes every browser insert the syllables twice. Outgoing edits never wait.
 * Held from the start of a composition until 60 ms after its end, or until the editor loses focus or is hidden. After 5 s
 * without input what does not reach into the composing block comes in; the next composing key holds all again.
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

  /** A composition began, or went on: compositionstart, compositionupdate. */
  composing(): void {
    if (!this.#release || this.#isLoose) this.#holdBy(this.#holding.all())
    this.#isLoose = false
    this.#after(CAP, () => this.#loosen())
  }

  /** A composition ended. */
  ended(): void {
    if (this.#release) this.#after(RELEASE_AFTER, () => this.let())
  }

  /** Lets everything in now: blur, hidden page, destroyed editor. Harmless when nothing is held. */
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

  /** The new hold is there before the old one goes. */
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
 * Incoming edits wait while the person composes in the view; what they composed outlives the block it was composed in.
 * `hold`: the provider's holdIncoming. Returns what ends it.
 */
export function holdWhileComposing(
  view: EditorView,
  doc: Y.Doc,
  hold: (passes?: Passes) => Release,
): () => void {
  const { dom } = view
  /** Since the hold began: what compositions gave, and what the one that goes on has so far. */
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
