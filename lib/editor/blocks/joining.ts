import { lift, setBlockType } from '@tiptap/pm/commands'
import { Fragment, type Node, type ResolvedPos } from '@tiptap/pm/model'
import { liftListItem } from '@tiptap/pm/schema-list'
import { type Command, Selection, TextSelection, type Transaction } from '@tiptap/pm/state'
import { canJoin } from '@tiptap/pm/transform'

/*
 * Delete at the end of a block and Backspace at the start of the next one: both append the later text to the earlier
 * one, whatever the two blocks are. Backspace first takes the block out of its item or quote.
 */

/** A text block and the position before it. */
interface Place {
  readonly node: Node
  readonly at: number
}

export function isItem({ type }: Node): boolean {
  return type.name === 'listItem' || type.name === 'taskItem'
}

export function isList({ type }: Node): boolean {
  return type.name === 'bulletList' || type.name === 'orderedList' || type.name === 'taskList'
}

/** Joins the next text to the one at whose end the caret is. Returns false elsewhere, and before an atom. */
export const joinNext: Command = ({ selection, tr }, dispatch) => {
  if (!(selection instanceof TextSelection) || !selection.empty) return false
  const { $head } = selection
  if ($head.parentOffset < $head.parent.content.size) return false
  const next = textBeside($head, 1)
  if (!next || !join(tr, { node: $head.parent, at: $head.before() }, next)) return false
  dispatch?.(tr.scrollIntoView())
  return true
}

/**
 * Handles Backspace at the start of a text block: takes it out of its list item or quote, if it is the first block
 * there, or joins it to the text before. Returns false elsewhere, and after an atom.
 */
export const joinPrevious: Command = (state, dispatch) => {
  const { selection, tr, schema } = state
  if (!(selection instanceof TextSelection) || !selection.empty || selection.$head.parentOffset > 0)
    return false
  const { $head } = selection
  const { parent } = $head
  const { paragraph } = schema.nodes
  const before = $head.depth > 1 ? $head.node(-1) : null
  const isFirst = $head.index(-1) === 0
  if (before && isFirst && isItem(before)) return liftListItem(before.type)(state, dispatch)
  const previous = textBeside($head, -1)
  const isEmptied = parent.type.spec.code === true && parent.content.size === 0
  const isAtom = previous === null && $head.pos > Selection.atStart(state.doc).from
  if (isEmptied || (previous === null && !isAtom && (parent.type.spec.code || parent.content.size === 0))) {
    if (paragraph && parent.type !== paragraph) return setBlockType(paragraph)(state, dispatch)
  }
  if (before && isFirst && before.type.name === 'blockquote') return lift(state, dispatch)
  if (!previous || !join(tr, previous, { node: parent, at: $head.before() })) return false
  dispatch?.(tr.scrollIntoView())
  return true
}

/** Returns the text block after or before the one that a position is in, or null if something else comes first. */
function textBeside($pos: ResolvedPos, way: 1 | -1): Place | null {
  for (let depth = $pos.depth; depth > 0; depth--) {
    if ($pos.node(depth).type.spec.isolating) return null
    const parent = $pos.node(depth - 1)
    const index = $pos.index(depth - 1) + way
    if (index < 0 || index >= parent.childCount) continue
    let node = parent.child(index)
    let at = way > 0 ? $pos.after(depth) : $pos.before(depth) - node.nodeSize
    while (!node.isTextblock) {
      const inner = way > 0 ? node.firstChild : node.lastChild
      if (!inner || node.isAtom || node.type.spec.isolating) return null
      at = way > 0 ? at + 1 : at + node.nodeSize - 1 - inner.nodeSize
      node = inner
    }
    return { node, at }
  }
  return null
}

/** Appends the text of `later` to `earlier` and puts the caret between them. Returns false if the text may not go there. */
function join(tr: Transaction, earlier: Place, later: Place): boolean {
  if (earlier.node.content.size === 0 && removeEmpty(tr, earlier, later.at)) return true
  const text = contentFor(later.node, earlier.node)
  if (!text) return false
  removeBlock(tr, later)
  const end = earlier.at + 1 + earlier.node.content.size
  tr.insert(end, text).setSelection(TextSelection.create(tr.doc, end))
  return true
}

/** Removes an empty block before `next`, which then keeps its kind, unless the empty one is further in. */
function removeEmpty(tr: Transaction, { node, at }: Place, next: number): boolean {
  const $at = tr.doc.resolve(at)
  const index = $at.index()
  if (next > $at.end() || !$at.parent.canReplace(index, index + 1)) return false
  tr.delete(at, at + node.nodeSize)
  const $caret = tr.doc.resolve(next - node.nodeSize + 1)
  tr.setSelection(new TextSelection($caret))
  joinLists(tr, at)
  return true
}

/** Returns a block's content as `target` may hold it, or null if it may not hold all of it. */
export function contentFor({ content, type }: Node, target: Node): Fragment | null {
  const { schema } = type
  const isCode = target.type.spec.code === true
  const nodes: Node[] = []
  for (const node of content.content) {
    if (isCode && node.type.name === 'hardBreak') nodes.push(schema.text('\n'))
    else if (isCode) nodes.push(node.mark([]))
    else if (type.spec.code && node.text?.includes('\n')) nodes.push(...broken(node))
    else nodes.push(node.mark(target.type.allowedMarks(node.marks)))
  }
  const found = Fragment.fromArray(nodes)
  return target.canReplace(target.childCount, target.childCount, found) ? found : null
}

/** Returns lines of code as text with hard breaks. */
function broken({ text = '', type: { schema } }: Node): Node[] {
  const { hardBreak } = schema.nodes
  return text
    .split('\n')
    .flatMap((line, index) => [
      ...(index > 0 && hardBreak ? [hardBreak.create()] : []),
      ...(line === '' ? [] : [schema.text(line)]),
    ])
}

/** Removes a block and all that is empty without it. What else was in its list item stays where it was. */
function removeBlock(tr: Transaction, { node, at }: Place): void {
  const $at = tr.doc.resolve(at)
  const { parent } = $at
  if (isItem(parent) && $at.index() === 0 && parent.childCount > 1) {
    removeItem(tr, $at, parent.content.cut(node.nodeSize))
    return
  }
  let [from, to] = [at, at + node.nodeSize]
  for (let depth = $at.depth; depth > 0 && $at.node(depth).childCount === 1; depth--) {
    from = $at.before(depth)
    to = $at.after(depth)
  }
  tr.delete(from, to)
  joinLists(tr, from)
  // The rest of its list may follow another one.
  const item = isItem(parent) && $at.index(-1) === 0 ? $at.before(-1) : null
  if (item !== null && item < from) joinLists(tr, item)
}

/** Removes the item that starts at `$at`; `rest`, its other blocks, goes to the item before or in front of the list. */
function removeItem(tr: Transaction, $at: ResolvedPos, rest: Fragment): void {
  const list = $at.node(-1)
  const isFirst = $at.index(-1) === 0
  const isOnly = list.childCount === 1
  const [from, to] = isOnly ? [$at.before(-1), $at.after(-1)] : [$at.before(), $at.after()]
  const outside = $at.before(-1)
  tr.delete(from, to)
  const before = isFirst ? tr.doc.resolve(outside).nodeBefore : null
  // The end of the item before, of the last item of a list before, or the place in front of the list.
  const place = !isFirst ? $at.before() - 1 : before && isList(before) ? outside - 2 : outside
  tr.insert(place, rest)
  joinLists(tr, outside + rest.size)
  joinLists(tr, place)
}

/** Joins two lists that meet at a position, if the second continues or repeats the numbering of the first. */
export function joinLists(tr: Transaction, at: number): void {
  const { nodeBefore, nodeAfter } = tr.doc.resolve(at)
  if (nodeBefore && nodeAfter && isOneList(nodeBefore, nodeAfter) && canJoin(tr.doc, at)) tr.join(at)
}

function isOneList(before: Node, after: Node): boolean {
  if (before.type !== after.type || !isList(before)) return false
  if (kindOf(before) !== kindOf(after)) return false
  const [first, second] = [startOf(before), startOf(after)]
  return second === 1 || second === first || second === first + before.childCount
}

/** Returns the kind of numbers; HTML's "1" is the default. */
function kindOf({ attrs }: Node): string {
  return attrs.type || '1'
}

function startOf({ attrs }: Node): number {
  return attrs.start ?? 1
}
