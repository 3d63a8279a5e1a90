import type { Editor } from '@tiptap/core'
import { TextSelection } from '@tiptap/pm/state'
import { caretIn } from './caret-layer.ts'

/** Where somebody is in a text: found again in another Y.Doc of the same document. */
export interface Place {
  /** As it goes out to the others. */
  readonly caret: Uint8Array | null
  /** The keys go into the text. */
  readonly focused: boolean
  /** What is in view, px. */
  readonly scrolled: number
}

const page = (): Element | null => document.querySelector('main.page')

/** The place now. */
export function placeIn({ caret }: { readonly caret: Uint8Array | null }): Place {
  const focused = document.activeElement?.classList.contains('writing') === true
  return { caret, focused, scrolled: page()?.scrollTop ?? 0 }
}

/** Goes there, as far as there is such a place. */
export function goTo(place: Place, { view }: Editor): void {
  const caret = place.caret && caretIn(view.state, place.caret)
  if (caret) {
    const { doc, tr } = view.state
    const selection = TextSelection.between(doc.resolve(caret.anchor), doc.resolve(caret.head))
    view.dispatch(tr.setSelection(selection).setMeta('addToHistory', false))
  }
  if (place.focused) view.focus()
  page()?.scrollTo(0, place.scrolled)
}
