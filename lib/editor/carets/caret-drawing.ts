import type { Plugin } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import type { Soon } from '#lib/client/receiving/incoming.ts'
import { readSelection } from '../binding/unread-selection.ts'
import { caretLayer, type RemoteCaret, showCarets } from './caret-layer.ts'

/**
 * Draws the carets of other members in an editor, in the same frames as edits, and together with the edits
 * themselves.
 */
export class CaretDrawing {
  /** The plugin to register with the editor. */
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

  /** Replaces the carets. */
  show(carets: readonly RemoteCaret[]): void {
    if (carets.length === 0 && this.#carets.length === 0) return
    this.#carets = carets
    this.#cancel ??= this.#soon(() => {
      this.#cancel = null
      // After the edits of this frame, which draw the carets too.
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
