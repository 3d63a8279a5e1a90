import { type EditorState, Selection, TextSelection, type Transaction } from '@tiptap/pm/state'
import { absoluteSelection, type RelativeSelection } from './positions.ts'
import type { Shown } from './shown.ts'

interface Surroundings {
  readonly before: EditorState
  /** The selection as places in the Y.Doc: before this change, or, for an undo, before the edit it takes back. */
  readonly places: RelativeSelection | null
  readonly isCoarse: boolean
  readonly root: Shown
  /** True if the change is the local user's undo or redo. */
  readonly undone: boolean
}

/**
 * Sets the selection after a change from elsewhere. A caret stays before what is inserted exactly there, a range
 * keeps to its content, and the rest is ProseMirror's own mapping. Only an undo moves the caret to the change and
 * scrolls to it.
 */
export function selectAfter(tr: Transaction, { before, places, isCoarse, root, undone }: Surroundings): void {
  if (undone) {
    const end = endOfChange(tr)
    const back = places && absoluteSelection(root, tr.doc, places)
    if (back) tr.setSelection(back)
    else if (end !== null) tr.setSelection(Selection.near(tr.doc.resolve(end), -1))
    tr.scrollIntoView()
    return
  }
  const { selection, storedMarks } = before
  const { anchor, head } = selection
  const isGone =
    isCoarse || (tr.mapping.mapResult(anchor).deletedAcross && tr.mapping.mapResult(head).deletedAcross)
  const placed = isGone && places ? absoluteSelection(root, tr.doc, places) : null
  if (placed) tr.setSelection(placed)
  else if (selection instanceof TextSelection) {
    const at = (place: number, other: number) => tr.doc.resolve(tr.mapping.map(place, place < other ? 1 : -1))
    tr.setSelection(TextSelection.between(at(anchor, head), at(head, anchor), -1))
  }
  // The next letter typed keeps the marks it was going to have.
  if (storedMarks && tr.selection.empty) tr.setStoredMarks(storedMarks)
}

function endOfChange(tr: Transaction): number | null {
  let end: number | null = null
  tr.mapping.maps.forEach((map, index) => {
    const after = tr.mapping.slice(index + 1)
    map.forEach((_oldFrom, _oldTo, _newFrom, newTo) => {
      end = Math.max(end ?? 0, after.map(newTo))
    })
  })
  return end
}
