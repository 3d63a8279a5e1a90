import type { EditorView } from '@tiptap/pm/view'
import { keepComposed } from './composed-text.ts'

/** Runs `task` after `ms`; returns what cancels it. */
export type Schedule = (task: () => void, ms: number) => () => void

/** A new composition often follows the last one at once (the next syllable): wait this long before letting go, ms. */
const RELEASE_AFTER = 60
/** A composition left standing holds nobody's edits longer than this, ms. */
const CAP = 5_000

/**
 * Keeps incoming edits back while the person composes (an input method's candidate text), because a change inside the
 * composing text node makes every browser insert the syllables twice. Outgoing edits never wait.
 * Held from the start of a composition until 60 ms after its end, until the editor loses focus or is hidden, or until
 * 5 s without input; the next composing key holds again.
 */
export class CompositionHold {
  readonly #hold: () => () => void
  readonly #schedule: Schedule
  #release: (() => void) | null = null
  #cancelTimer: (() => void) | null = null

  /** `hold`: the provider's holdIncoming. */
  constructor(hold: () => () => void, schedule: Schedule) {
    this.#hold = hold
    this.#schedule = schedule
  }

  get holding(): boolean {
    return this.#release !== null
  }

  /** A composition began, or went on: compositionstart, compositionupdate. */
  composing(): void {
    this.#release ??= this.#hold()
    this.#releaseIn(CAP)
  }

  /** A composition ended. */
  ended(): void {
    if (this.#release) this.#releaseIn(RELEASE_AFTER)
  }

  /** Lets everything in now: blur, hidden page, destroyed editor. Harmless when nothing is held. */
  let(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    const release = this.#release
    this.#release = null
    release?.()
  }

  #releaseIn(ms: number): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#schedule(() => this.let(), ms)
  }
}

/**
 * Incoming edits wait while the person composes in the view; what they composed outlives the block it was composed in.
 * `hold`: the provider's holdIncoming. Returns what ends it.
 */
export function holdWhileComposing(view: EditorView, hold: () => () => void): () => void {
  const { dom } = view
  /** Since the hold began: what compositions gave, and what the one that goes on has so far. */
  let composed = ''
  let candidate = ''
  const composition = new CompositionHold(
    () => {
      const release = hold()
      return () => {
        const text = composed + candidate
        composed = candidate = ''
        keepComposed(view, text, release)
      }
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
