import { Selection } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import * as Y from 'yjs'
import { syncKey } from '../binding/plugin-states.ts'
import type { Piece, Shown } from '../binding/shown.ts'

/** Returns the element of the shared document that the caret is in, or null if there is none. */
export function blockAtCaret({ state }: EditorView): Y.XmlElement | null {
  const { $head } = state.selection
  const root = syncKey.getState(state)?.binding.shown
  if (root?.node !== state.doc) return null
  let shown: Shown = root
  for (let depth = 0; depth < $head.depth; depth++) {
    const at = $head.index(depth)
    let before = 0
    const piece: Piece | undefined = shown.pieces.find(({ nodes }) => {
      before += nodes.length
      return at < before
    })
    if (piece?.kind !== 'element') return null
    shown = piece.shown
  }
  return shown.type instanceof Y.XmlElement ? shown.type : null
}

/**
 * Lets in the edits that waited while `text` was composed. If one of them removes the block it was composed in, the
 * text is inserted at the caret, so that nobody loses words without noticing.
 */
export function keepComposed(view: EditorView, text: string, letIn: () => void): void {
  const block = text === '' || view.isDestroyed ? null : blockAtCaret(view)
  letIn()
  if (!block || isThere(block) || view.isDestroyed || !view.editable) return
  const { tr, schema } = view.state
  const near = Selection.near(tr.selection.$head, -1)
  if (near.$head.parent.inlineContent) tr.setSelection(near).insertText(text)
  else tr.insert(tr.doc.content.size, schema.nodes.paragraph?.create(null, schema.text(text)) ?? [])
  view.dispatch(tr)
}

function isThere(block: Y.XmlElement): boolean {
  for (let type: unknown = block; type instanceof Y.AbstractType && type._item; type = type._item.parent)
    if (type._item.deleted) return false
  return true
}
