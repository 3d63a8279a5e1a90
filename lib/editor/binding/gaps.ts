import { Fragment } from '@tiptap/pm/model'
import type { Piece, Shown } from './shown.ts'

/** A range of pieces removed from the old list, and the range of the new list in its place. */
export interface Gap {
  from: number
  to: number
  newFrom: number
  newTo: number
}

/**
 * Finds where children of a Y type were inserted and deleted. Children that stayed are found by their Y type; Yjs
 * does not move types, so they keep their order.
 */
export function gapsBetween(before: Shown, after: Shown): Gap[] {
  const gaps = gapsIn(before.pieces, after.pieces)
  if (gaps.length > 1 && !before.node.inlineContent) joinInvalid(before, after, gaps)
  return gaps
}

function gapsIn(before: readonly Piece[], after: readonly Piece[]): Gap[] {
  const isSameList =
    before.length === after.length && before.every(({ key }, at) => key && key === after[at]?.key)
  if (isSameList) return []
  const places = new Map<unknown, number>()
  after.forEach(({ key }, index) => {
    if (key !== null) places.set(key, index)
  })
  const gaps: Gap[] = []
  let [from, newFrom] = [0, 0]
  const close = (to: number, newTo: number) => {
    if (to > from || newTo > newFrom) gaps.push({ from, to, newFrom, newTo })
    from = to + 1
    newFrom = newTo + 1
  }
  before.forEach(({ key }, index) => {
    const place = key === null ? undefined : places.get(key)
    // A child that stands before one already matched would have moved.
    if (place !== undefined && place >= newFrom) close(index, place)
  })
  close(before.length, after.length)
  return gaps
}

/**
 * Joins neighbouring gaps until every state between is valid for the schema, when they are applied from last to
 * first.
 */
function joinInvalid(before: Shown, after: Shown, gaps: Gap[]): void {
  for (let index = gaps.length - 1; index > 0; index -= 1) {
    const [gap, left] = [gaps[index], gaps[index - 1]]
    if (!gap || !left) continue
    const nodes = [...before.pieces.slice(0, gap.from), ...after.pieces.slice(gap.newFrom)].flatMap(
      (piece) => piece.nodes,
    )
    if (before.node.type.validContent(Fragment.fromArray(nodes))) continue
    gaps.splice(index - 1, 2, { from: left.from, to: gap.to, newFrom: left.newFrom, newTo: gap.newTo })
  }
}
