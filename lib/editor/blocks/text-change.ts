/** One replacement in a string, in UTF-16 units: removes `remove` units at `index` and inserts `insert` there. */
export interface TextChange {
  readonly index: number
  readonly remove: number
  readonly insert: string
}

/**
 * Returns the smallest single replacement that turns `before` into `after`, or null if they are equal. Never splits a
 * surrogate pair.
 */
export function changeBetween(before: string, after: string): TextChange | null {
  if (before === after) return null
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start += 1
  if (start > 0 && isHighSurrogate(before, start - 1)) start -= 1
  let end = 0
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  if (end > 0 && isLowSurrogate(before, before.length - end)) end -= 1
  return {
    index: start,
    remove: before.length - start - end,
    insert: after.slice(start, after.length - end),
  }
}

/** Transforms `change` for a text that `other` has changed in the meantime, keeping its intent. */
export function rebase(change: TextChange, other: TextChange | null): TextChange {
  if (other === null) return change
  const from = movePosition(change.index, other, false)
  const to = movePosition(change.index + change.remove, other, change.remove > 0)
  return { index: from, remove: Math.max(0, to - from), insert: change.insert }
}

/** Returns where a position is after a change. With `before`, a position at an insertion stays in front of it. */
export function movePosition(position: number, change: TextChange, before: boolean): number {
  if (position < change.index || (position === change.index && before)) return position
  if (position >= change.index + change.remove) return position + change.insert.length - change.remove
  return change.index
}

function isHighSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= 0xdc00 && unit <= 0xdfff
}
