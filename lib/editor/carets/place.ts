import type { Editor } from '@tiptap/core'
import { TextSelection } from '@tiptap/pm/state'
import type * as Y from 'yjs'
import { blockNames } from '#lib/document/text.ts'
import { resolvePosition } from './caret-layer.ts'
import { decodeCaret } from './caret-position.ts'
import { blocksFrom } from './reading-place.ts'

/** A person's place in a text. */
interface Place {
  /** The caret as it is sent to the others. */
  readonly caret: Uint8Array | null
  /** True if the text has the focus. */
  readonly focused: boolean
  /**
   * The blocks in view and below, by the names they have in every copy, and the distance of the first from the top,
   * px.
   */
  readonly blocks: readonly string[]
  readonly at: number
}

const page = (): Element | null => document.querySelector('main.page')
const text = (): Element | null => document.querySelector('main.page .writing')

/**
 * Remembers the current place in the text that shows this Y.Doc. Returns a function that restores it in an editor
 * with another Y.Doc of the same document.
 */
export function keep(
  provider: { readonly caret: Uint8Array | null },
  doc: Y.Doc,
): (editor: Editor, doc: Y.Doc) => void {
  const place = placeIn(provider, doc)
  return (editor, doc) => goTo(place, editor, doc)
}

function placeIn({ caret }: { readonly caret: Uint8Array | null }, doc: Y.Doc): Place {
  const focused = document.activeElement?.classList.contains('writing') === true
  const [shown, top] = [text(), page()?.getBoundingClientRect().top ?? 0]
  const [first] = shown ? blocksFrom(shown, top) : []
  const index = shown && first ? [...shown.children].indexOf(first) : 0
  const at = first && page()?.scrollTop ? first.getBoundingClientRect().top - top : 0
  return { caret, focused, blocks: at === 0 ? [] : blockNames(doc).slice(index), at }
}

/** Restores the place, as far as it exists. */
function goTo(place: Place, { view }: Editor, doc: Y.Doc): void {
  const position = place.caret && decodeCaret(place.caret)
  const caret = position && resolvePosition(position, view.state)
  if (caret) {
    const { doc, tr } = view.state
    const selection = TextSelection.between(doc.resolve(caret.anchor), doc.resolve(caret.head))
    view.dispatch(tr.setSelection(selection).setMeta('addToHistory', false))
  }
  if (place.focused) view.focus()
  const names = blockNames(doc)
  // The first block may exist only in the Y.Doc that was given up.
  const name = place.blocks.find((each) => names.includes(each))
  const block = name === undefined ? null : text()?.children[names.indexOf(name)]
  const scroller = page()
  if (!block || !scroller) return
  scroller.scrollTop += block.getBoundingClientRect().top - scroller.getBoundingClientRect().top - place.at
}
