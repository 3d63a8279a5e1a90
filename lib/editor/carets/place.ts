import type { Editor } from '@tiptap/core'
import { TextSelection } from '@tiptap/pm/state'
import type * as Y from 'yjs'
import { blockNames } from '#lib/document/text.ts'
import { resolvePosition } from './caret-layer.ts'
import { decodeCaret } from './caret-position.ts'
import { blocksFrom } from './reading-place.ts'

/** Where somebody is in a text. */
interface Place {
  /** As it goes out to the others. */
  readonly caret: Uint8Array | null
  /** The keys go into the text. */
  readonly focused: boolean
  /** The blocks in view and below, by the names they keep in every copy, and where the first one begins there, px. */
  readonly blocks: readonly string[]
  readonly at: number
}

const page = (): Element | null => document.querySelector('main.page')
const text = (): Element | null => document.querySelector('main.page .writing')

/** Keeps the place now in what is shown of this Y.Doc; returns what goes there in an editor of another of the same document. */
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

/** As far as there is such a place. */
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
  // The first one may be what was given up with the other Y.Doc.
  const name = place.blocks.find((each) => names.includes(each))
  const block = name === undefined ? null : text()?.children[names.indexOf(name)]
  const scroller = page()
  if (!block || !scroller) return
  scroller.scrollTop += block.getBoundingClientRect().top - scroller.getBoundingClientRect().top - place.at
}
