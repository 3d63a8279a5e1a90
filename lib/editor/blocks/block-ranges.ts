import { Fragment, type Node } from '@tiptap/pm/model'
import { AllSelection, TextSelection, type Transaction } from '@tiptap/pm/state'

/* Children of a container that follow each other, and other blocks in their place. */

/** A node and the position before it. */
export interface Child {
  readonly node: Node
  readonly at: number
}

/** Children of a container that follow each other. */
export interface Range {
  readonly parent: Node
  /** The index in the container, and the position, of the first child. */
  readonly index: number
  readonly start: number
  readonly children: readonly Child[]
}

export function childrenOf({ node, at }: Child): Child[] {
  const children: Child[] = []
  node.forEach((child, offset) => {
    children.push({ node: child, at: at + 1 + offset })
  })
  return children
}

/** Returns what the selection touches of the innermost container that fits and holds all of it. */
export function rangeIn(
  { doc, selection: { $from, $to } }: Transaction,
  fits: (node: Node, index: number) => boolean,
): Range {
  let depth = $from.sharedDepth($to.pos)
  while (depth > 0 && ($from.node(depth).inlineContent || !fits($from.node(depth), $from.index(depth))))
    depth--
  const [first, last] = [$from.index(depth), $to.indexAfter(depth)]
  const parent = $from.node(depth)
  const children = childrenOf({ node: parent, at: depth > 0 ? $from.before(depth) : -1 }).slice(first, last)
  return { parent, index: first, start: children[0]?.at ?? doc.content.size, children }
}

/** Returns the range of one node. */
export function rangeOf({ doc }: Transaction, child: Child): Range {
  const $at = doc.resolve(child.at)
  return { parent: $at.parent, index: $at.index(), start: child.at, children: [child] }
}

export function sizeOf({ children }: Range): number {
  return children.reduce((size, { node }) => size + node.nodeSize, 0)
}

/** Puts nodes in the place of a range, with the selection on the same letters. */
export function replace(
  tr: Transaction,
  { parent, index, start, children }: Range,
  nodes: readonly Node[],
): boolean {
  if (!parent.canReplace(index, index + children.length, Fragment.fromArray([...nodes]))) return false
  const { anchor, head } = tr.selection
  const isAll = tr.selection instanceof AllSelection
  const places = [lettersTo(tr.doc, start, anchor), lettersTo(tr.doc, start, head)] as const
  let same = 0
  while (same < nodes.length && nodes[same] === children[same]?.node) same++
  let after = 0
  while (after < nodes.length - same && nodes.at(-1 - after) === children.at(-1 - after)?.node) after++
  after = Math.min(after, children.length - same)
  const replaced = children.slice(same, children.length - after)
  const from = replaced[0]?.at ?? start
  const to = replaced.reduce((end, { node }) => end + node.nodeSize, from)
  tr.replaceWith(from, to, nodes.slice(same, nodes.length - after))
  tr.setSelection(
    isAll
      ? new AllSelection(tr.doc)
      : TextSelection.create(tr.doc, placeOf(tr.doc, start, places[0]), placeOf(tr.doc, start, places[1])),
  )
  tr.scrollIntoView()
  return true
}

/** Counts the letters between two positions. The end of a block counts as one, like the end of a line of code. */
function lettersTo(doc: Node, start: number, to: number): number {
  let letters = 0
  doc.nodesBetween(start, Math.max(start, to), (node, at) => {
    if (node.isTextblock) letters += Math.min(Math.max(0, to - at - 1), node.content.size + 1)
    return !node.isTextblock
  })
  return letters
}

/** Returns the position after so many letters. */
function placeOf(doc: Node, start: number, letters: number): number {
  let left = letters
  let place = -1
  doc.nodesBetween(start, doc.content.size, (node, at) => {
    if (place >= 0 || !node.isTextblock) return place < 0
    if (left <= node.content.size) place = at + 1 + left
    left -= node.content.size + 1
    return false
  })
  return place < 0 ? start : place
}
