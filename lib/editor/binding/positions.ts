import type { Node } from '@tiptap/pm/model'
import { AllSelection, NodeSelection, type Selection, TextSelection } from '@tiptap/pm/state'
import * as Y from 'yjs'
import { type Piece, type Shown, sizeOf } from './shown.ts'

/* Converts positions of the document to places in the Y.Doc, which survive remote edits, and back. */

/** A selection as places in the Y.Doc. `kind`: the whole document, one node, or text. */
export interface RelativeSelection {
  readonly kind: 'all' | 'node' | 'text'
  readonly anchor: Y.RelativePosition
  readonly head: Y.RelativePosition
}

/** Returns the place of a position, or null if the document has no such position. */
export function relativePosition(root: Shown, position: number): Y.RelativePosition | null {
  if (position < 0 || position > root.node.content.size) return null
  let shown = root
  let left = position
  for (;;) {
    let inside: Shown | null = null
    let start = 0
    let index = 0
    let before = -1
    for (const piece of shown.pieces) {
      const end = start + sizeOf(piece.nodes)
      // Left of a boundary, so that remote insertions there come behind it.
      if (piece.kind === 'text' && left >= start && left <= end)
        return Y.createRelativePositionFromTypeIndex(piece.key, left - start, -1)
      if (left === start && before < 0) before = index
      if (left > start && left < end && piece.kind === 'element') inside = piece.shown
      if (left > start && left < end && before < 0) before = index
      if (inside || start > left) break
      start = end
      if (piece.kind !== 'fill') index += 1
    }
    if (!inside) return Y.createRelativePositionFromTypeIndex(shown.type, before < 0 ? index : before)
    left -= start + 1
    shown = inside
  }
}

/**
 * Returns the position of a place, or null if it is not in this document. If its text is gone the nearest position is
 * returned.
 */
export function absolutePosition(root: Shown, relative: Y.RelativePosition): number | null {
  const { doc } = root.type
  const found = doc && Y.createAbsolutePositionFromRelativePosition(relative, doc)
  if (!found) return null
  let type: Y.AbstractType<unknown> = found.type
  let { index } = found
  const path: Y.AbstractType<unknown>[] = []
  for (let at = type; at !== root.type; ) {
    const item = at._item
    const parent = item?.parent
    if (!item || !(parent instanceof Y.AbstractType)) return null
    if (item.deleted) {
      type = parent
      index = indexOf(item)
      path.length = 0
    } else path.unshift(at)
    at = parent
  }
  let shown = root
  let start = 0
  for (const each of path) {
    let inside: Piece | null = null
    for (const piece of shown.pieces) {
      if (piece.key === each) {
        inside = piece
        break
      }
      start += sizeOf(piece.nodes)
    }
    if (inside?.kind === 'text') return start + Math.min(index, sizeOf(inside.nodes))
    if (inside?.kind !== 'element') return start
    start += 1
    shown = inside.shown
  }
  return type === shown.type ? start + sizeBefore(shown, index) : start
}

/** Returns the selection as places, or null if it has none. */
export function relativeSelection(root: Shown, selection: Selection): RelativeSelection | null {
  const [anchor, head] = [relativePosition(root, selection.anchor), relativePosition(root, selection.head)]
  if (!anchor || !head) return null
  const isAll = selection instanceof AllSelection
  return { kind: isAll ? 'all' : selection instanceof NodeSelection ? 'node' : 'text', anchor, head }
}

/** Returns the selection in `doc`, which `root` shows, or null if its places are not there. */
export function absoluteSelection(root: Shown, doc: Node, relative: RelativeSelection): Selection | null {
  if (relative.kind === 'all') return new AllSelection(doc)
  const [anchor, head] = [absolutePosition(root, relative.anchor), absolutePosition(root, relative.head)]
  if (anchor === null || head === null) return null
  const $anchor = doc.resolve(Math.min(anchor, doc.content.size))
  if (relative.kind === 'node' && $anchor.nodeAfter && NodeSelection.isSelectable($anchor.nodeAfter))
    return new NodeSelection($anchor)
  return TextSelection.between($anchor, doc.resolve(Math.min(head, doc.content.size)), -1)
}

function indexOf(item: Y.Item): number {
  let index = 0
  for (let left = item.left; left !== null; left = left.left)
    if (!left.deleted && left.countable) index += left.length
  return index
}

function sizeBefore({ pieces }: Shown, index: number): number {
  let size = 0
  let seen = 0
  for (const piece of pieces) {
    if (piece.kind !== 'fill') {
      if (seen === index) break
      seen += 1
    }
    size += sizeOf(piece.nodes)
  }
  return size
}
