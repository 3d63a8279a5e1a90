import type { Plugin } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import type { Soon } from '#lib/client/receiving/incoming.ts'
import { readSelection } from '../binding/unread-selection.ts'
import { caretLayer, type RemoteCaret, showCarets } from './caret-layer.ts'

/** Keeps everybody's carets on an editor's page: drawn with the frames in which edits are shown, and with the edits themselves. */
export class CaretDrawing {
  /** To be registered with the editor. */
  readonly layer: Plugin
  readonly #view: EditorView
  readonly #soon: Soon
  #carets: readonly RemoteCaret[] = []
  #cancel: (() => void) | null = null
  #ended = false

  constructor(view: EditorView, soon: Soon) {
    this.#view = view
    this.#soon = soon
    this.layer = caretLayer(
      () => view.composing,
      () => this.#carets,
    )
  }

  /** These are the carets from now on. */
  show(carets: readonly RemoteCaret[]): void {
    if (carets.length === 0 && this.#carets.length === 0) return
    this.#carets = carets
    this.#cancel ??= this.#soon(() => {
      this.#cancel = null
      // Behind the edits of this frame, which bring them along.
      queueMicrotask(() => {
        if (this.#ended) return
        readSelection(this.#view)
        showCarets(this.#view)
      })
    })
  }

  destroy(): void {
    this.#ended = true
    this.#cancel?.()
  }
}
