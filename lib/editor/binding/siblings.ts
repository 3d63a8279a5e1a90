import type { Node } from '@tiptap/pm/model'

/*
 * Decides which old blocks of a node became which new ones. Paired blocks keep their Y type, so that concurrent
 * remote edits in them survive; the others are deleted and made anew.
 */

/** Above this many comparisons of an old with a new block, changed blocks are paired in order instead. */
const MOST_COMPARED = 2500
/** The score of a pair for equal text; having the same type scores 1. */
const LIKENESS = 100

/** Returns for each old block the index of the new block it became, or null. Pairs never cross. */
export function pairSiblings(before: readonly Node[], after: readonly Node[]): (number | null)[] {
  const pairs: (number | null)[] = before.map(() => null)
  let start = 0
  const shorter = Math.min(before.length, after.length)
  while (start < shorter && before[start] === after[start]) {
    pairs[start] = start
    start += 1
  }
  let end = 0
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) {
    pairs[before.length - 1 - end] = after.length - 1 - end
    end += 1
  }
  let [from, to] = [start, start]
  const close = (until: number, newUntil: number) => {
    pairChanged(before, after, { from, until, to, newUntil }, pairs)
    from = until + 1
    to = newUntil + 1
  }
  for (const [index, place] of unmoved(before, after, start, end)) {
    close(index, place)
    pairs[index] = place
  }
  close(before.length - end, after.length - end)
  return pairs
}

/**
 * Returns the pairs `[old index, new index]` of identical objects that kept their order, as many as possible if some
 * were moved (the longest increasing subsequence). Looks between the first `start` and the last `end` blocks.
 */
function unmoved(
  before: readonly Node[],
  after: readonly Node[],
  start: number,
  end: number,
): [number, number][] {
  const places = new Map<Node, number>()
  for (let index = after.length - end - 1; index >= start; index -= 1) {
    const node = after[index]
    if (node) places.set(node, index)
  }
  const found: { readonly pair: [number, number]; readonly last: number }[] = []
  /** `tails[n]`: the index in `found` of the last pair of a chain of n + 1 pairs. */
  const tails: number[] = []
  for (let index = start; index < before.length - end; index += 1) {
    const node = before[index]
    const place = node && places.get(node)
    if (place === undefined) continue
    let [low, high] = [0, tails.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((found[tails[middle] ?? 0]?.pair[1] ?? 0) < place) low = middle + 1
      else high = middle
    }
    tails[low] = found.push({ pair: [index, place], last: low > 0 ? (tails[low - 1] ?? -1) : -1 }) - 1
  }
  const chain: [number, number][] = []
  for (let at = tails.at(-1) ?? -1; at >= 0; at = found[at]?.last ?? -1) {
    const pair = found[at]?.pair
    if (pair) chain.push(pair)
  }
  return chain.reverse()
}

/** The old blocks from `from` to before `until`, and the new ones from `to` to before `newUntil`. */
interface Range {
  readonly from: number
  readonly until: number
  readonly to: number
  readonly newUntil: number
}

/** Pairs blocks that all changed, in order and by equal type, so that the pairs are as alike as possible in sum. */
function pairChanged(
  before: readonly Node[],
  after: readonly Node[],
  { from, until, to, newUntil }: Range,
  pairs: (number | null)[],
): void {
  const [rows, columns] = [until - from, newUntil - to]
  if (rows <= 0 || columns <= 0) return
  const isPair = (row: number, column: number) => before[from + row]?.type === after[to + column]?.type
  if (rows * columns === 1 || rows * columns > MOST_COMPARED) {
    for (let index = 0; index < Math.min(rows, columns); index += 1)
      if (isPair(index, index)) pairs[from + index] = to + index
    return
  }
  // best[row][column]: the highest sum of scores for the blocks from there on.
  const best = Array.from({ length: rows + 1 }, () => new Float64Array(columns + 1))
  const at = (row: number, column: number) => best[row]?.[column] ?? 0
  const alike = (row: number, column: number) => {
    const [old, next] = [before[from + row], after[to + column]]
    return old && next && old.type === next.type ? 1 + LIKENESS * likeness(old, next) : 0
  }
  const worth = Array.from({ length: rows }, (_, row) =>
    Float64Array.from({ length: columns }, (__, column) => alike(row, column)),
  )
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const paired = worth[row]?.[column] || Number.NEGATIVE_INFINITY
      const score = Math.max(paired + at(row + 1, column + 1), at(row + 1, column), at(row, column + 1))
      best[row]?.fill(score, column, column + 1)
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    const paired = worth[row]?.[column] || Number.NEGATIVE_INFINITY
    if (at(row, column) === paired + at(row + 1, column + 1)) {
      pairs[from + row] = to + column
      row += 1
      column += 1
    } else if (at(row, column) === at(row, column + 1)) column += 1
    else row += 1
  }
}

/** Returns the share of the longer text that is equal at the start and at the end, 0 to 1. */
function likeness(before: Node, after: Node): number {
  if (before.content === after.content) return 1
  const [a, b] = [before.textContent, after.textContent]
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a.charCodeAt(start) === b.charCodeAt(start)) start += 1
  let end = 0
  while (end < shorter - start && a.charCodeAt(a.length - 1 - end) === b.charCodeAt(b.length - 1 - end))
    end += 1
  const longer = Math.max(a.length, b.length)
  return longer === 0 ? 1 : (start + end) / longer
}
