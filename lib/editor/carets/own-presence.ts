import type { Editor } from '@tiptap/core'
import type { OwnPresence as Presence } from '#lib/client/collab-provider.ts'

/** The minimum time between two messages about a moving caret, ms. */
const CARET_EVERY = 50
/** The time without a key or a pointer after which a person is idle, ms. */
const IDLE_AFTER = 60_000

/** Tells the room where this tab's caret is, and whether the person is active. */
export class OwnPresence {
  readonly #provider: { setPresence(presence: Presence): void }
  readonly #caret: () => Uint8Array | null
  #timer: ReturnType<typeof setTimeout> | null = null
  #idleTimer: ReturnType<typeof setTimeout> | null = null
  #idle = false
  #touched = false
  #last: Presence | null = null

  constructor(provider: { setPresence(presence: Presence): void }, caret: () => Uint8Array | null) {
    this.#provider = provider
    this.#caret = caret
  }

  /** Follows an editor until the returned function is called. Before the first focus there is no caret. */
  follow(editor: Editor): () => void {
    const listeners = new AbortController()
    const on = { signal: listeners.signal, passive: true }
    const moved = () => this.#sendSoon()
    const focused = () => {
      this.#touched = true
      this.#sendSoon()
    }
    const input = () => this.#awake()
    for (const type of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'compositionupdate'])
      window.addEventListener(type, input, on)
    document.addEventListener('visibilitychange', () => this.#visibility(), on)
    editor.on('transaction', moved)
    editor.on('focus', focused)
    this.#touched = editor.isFocused
    this.#visibility()
    this.#sendSoon()
    return () => {
      listeners.abort()
      editor.off('transaction', moved)
      editor.off('focus', focused)
      if (this.#timer) clearTimeout(this.#timer)
      if (this.#idleTimer) clearTimeout(this.#idleTimer)
    }
  }

  #visibility(): void {
    if (document.hidden) this.#setIdle(true)
    else this.#awake()
  }

  #awake(): void {
    if (document.hidden) return
    this.#setIdle(false)
    if (this.#idleTimer) clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => this.#setIdle(true), IDLE_AFTER)
  }

  #setIdle(idle: boolean): void {
    if (this.#idle === idle) return
    this.#idle = idle
    this.#sendSoon()
  }

  #sendSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#send()
    }, CARET_EVERY)
  }

  #send(): void {
    const presence = { caret: this.#touched ? this.#caret() : null, idle: this.#idle }
    const last = this.#last
    if (last && last.idle === presence.idle && sameBytes(last.caret, presence.caret)) return
    this.#last = presence
    this.#provider.setPresence(presence)
  }
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
