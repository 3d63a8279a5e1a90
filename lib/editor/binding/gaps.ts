import { Fragment } from '@tiptap/pm/model'
import type { Piece, Shown } from './shown.ts'

/** Entries that are gone, by range of the old list, and what stands there now, by range of the new one. */
export interface Gap {
  from: number
  to: number
  newFrom: number
  newTo: number
}

/**
 * Where children of a Y type came and went. What stayed is found by its Y type; Yjs does not move types, so it is in the
 * same order before and after.
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
    // One that stands before what was matched already would have moved.
    if (place !== undefined && place >= newFrom) close(index, place)
  })
  close(before.length, after.length)
  return gaps
}

/** Applied from the last to the first, every state between must be one the schema takes; else two gaps become one. */
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
