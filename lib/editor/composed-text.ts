import { Selection } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import { ySyncPluginKey } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import { ownCaret } from './caret-layer.ts'
import { decodeCaret } from './caret-position.ts'

/**
 * Lets edits in that waited while `text` was composed. If one of them takes away the block it was composed in, the text
 * goes where the caret has come to stand: what one types is where one's caret is, and nobody loses a word unseen.
 */
export function keepComposed(view: EditorView, text: string, letIn: () => void): void {
  const caret = text === '' || view.isDestroyed ? null : ownCaret(view.state)
  letIn()
  if (!caret || view.isDestroyed || !view.editable) return
  const doc: Y.Doc | undefined = ySyncPluginKey.getState(view.state)?.doc
  if (!doc || isThere(caret, doc)) return
  const { tr, schema } = view.state
  const near = Selection.near(tr.selection.$head, -1)
  if (near.$head.parent.inlineContent) tr.setSelection(near).insertText(text)
  else tr.insert(tr.doc.content.size, schema.nodes.paragraph?.create(null, schema.text(text)) ?? [])
  view.dispatch(tr)
}

function isThere(caret: Uint8Array, doc: Y.Doc): boolean {
  const position = decodeCaret(caret)
  // What was deleted is forgotten: it may have no place at all.
  const place = position && Y.createAbsolutePositionFromRelativePosition(position.head, doc)
  if (!place) return false
  let type: unknown = place.type
  while (type instanceof Y.AbstractType && type._item) {
    if (type._item.deleted) return false
    type = type._item.parent
  }
  return true
}
