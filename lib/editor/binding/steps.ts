import { Fragment, type Mark, type Node, Slice } from '@tiptap/pm/model'
import { AddMarkStep, AttrStep, RemoveMarkStep, ReplaceStep, type Step } from '@tiptap/pm/transform'
import type * as Y from 'yjs'
import { isSameValue } from './format.ts'
import { gapsBetween } from './gaps.ts'
import { equalNodes, type Piece, type Shown, sizeOf } from './shown.ts'
import { editBetween, lineOf, type TextEdit } from './text-edits.ts'

/*
 * Finds the smallest steps from the old rendering to the new one. Children are matched by their Y type, never by
 * their look: Yjs does not move types, so those that stayed keep their order. All positions are those of the old
 * document; the steps are applied from last to first.
 */

/** Where texts changed, as Yjs reports it. A text that is missing here is compared. */
export type TextChanges = ReadonlyMap<Y.XmlText, readonly TextEdit[]>

/** Returns the steps between two renderings of one Y type, in the order in which they are applied. */
export function stepsBetween(before: Shown, after: Shown, changes: TextChanges): Step[] {
  const found: Step[][] = []
  new Comparison(changes, found).holder(before, after, 0)
  return found.reverse().flat()
}

class Comparison {
  readonly #changes: TextChanges
  /** From left to right; the steps of one place in their order. */
  readonly #found: Step[][]

  constructor(changes: TextChanges, found: Step[][]) {
    this.#changes = changes
    this.#found = found
  }

  /** `start`: the position of the first child. */
  holder(before: Shown, after: Shown, start: number): void {
    if (before === after || before.node === after.node) return
    const gaps = gapsBetween(before, after)
    let position = start
    let at = 0
    let to = 0
    const upTo = (end: number) => {
      for (; at < end; at += 1, to += 1) {
        const [old, next] = [before.pieces[at], after.pieces[to]]
        if (old && next) this.#piece(old, next, position)
        position += sizeOf(old?.nodes ?? [])
      }
    }
    for (const gap of gaps) {
      upTo(gap.from)
      const gone = before.pieces.slice(gap.from, gap.to).flatMap(({ nodes }) => nodes)
      const come = after.pieces.slice(gap.newFrom, gap.newTo).flatMap(({ nodes }) => nodes)
      this.#replace(position, gone, come)
      position += sizeOf(gone)
      at = gap.to
      to = gap.newTo
    }
    upTo(before.pieces.length)
  }

  /** Compares the same child before and after. */
  #piece(before: Piece, after: Piece, position: number): void {
    if (before === after) return
    if (before.kind === 'element' && after.kind === 'element') {
      this.#attributes(before.shown.node, after.shown.node, position)
      this.holder(before.shown, after.shown, position + 1)
    } else if (before.kind === 'text' && after.kind === 'text') {
      this.#text(before.nodes, after.nodes, position, this.#changes.get(before.key))
    } else this.#replace(position, before.nodes, after.nodes)
  }

  #attributes(before: Node, after: Node, position: number): void {
    const steps = Object.keys(after.attrs)
      .filter((name) => !isSameValue(before.attrs[name], after.attrs[name]))
      .map((name) => new AttrStep(position, name, after.attrs[name]))
    if (steps.length > 0) this.#found.push(steps)
  }

  #replace(position: number, gone: readonly Node[], come: readonly Node[]): void {
    let [start, end] = [0, 0]
    const shorter = Math.min(gone.length, come.length)
    const same = (a: number, b: number) => equalNodes(gone.slice(a, a + 1), come.slice(b, b + 1))
    while (start < shorter && same(start, start)) start += 1
    while (end < shorter - start && same(gone.length - 1 - end, come.length - 1 - end)) end += 1
    if (start + end === gone.length && start + end === come.length) return
    const from = position + sizeOf(gone.slice(0, start))
    const to = from + sizeOf(gone.slice(start, gone.length - end))
    this.#put(from, to, Fragment.fromArray(come.slice(start, come.length - end)))
  }

  #put(from: number, to: number, content: Fragment): void {
    this.#found.push([new ReplaceStep(from, to, new Slice(content, 0, 0))])
  }

  #text(
    before: readonly Node[],
    after: readonly Node[],
    position: number,
    known: readonly TextEdit[] | undefined,
  ): void {
    const guess = known ? null : editBetween(lineOf(before), lineOf(after), null)
    const edits = known ?? (guess ? [guess] : [])
    const content = Fragment.fromArray([...after])
    let [at, to] = [0, 0]
    for (const edit of edits) {
      this.#marks(before, after, at, to, edit.at - at, position)
      const from = position + edit.at
      this.#put(from, from + edit.remove, content.cut(edit.to, edit.to + edit.insert))
      at = edit.at + edit.remove
      to = edit.to + edit.insert
    }
    this.#marks(before, after, at, to, sizeOf(before) - at, position)
  }

  /** Adds steps for the formatting of `length` characters that stayed. */
  #marks(
    before: readonly Node[],
    after: readonly Node[],
    at: number,
    to: number,
    length: number,
    position: number,
  ): void {
    const shift = to - at
    for (const old of runs(before, at, at + length)) {
      for (const next of runs(after, old.from + shift, old.to + shift)) {
        if (!old.node.isText) continue
        const [from, end] = [position + next.from - shift, position + next.to - shift]
        const steps = markSteps(old.node.marks, next.node.marks, from, end)
        if (steps.length > 0) this.#found.push(steps)
      }
    }
  }
}

interface Run {
  readonly node: Node
  readonly from: number
  readonly to: number
}

/** Yields the parts of nodes between two places. */
function* runs(nodes: readonly Node[], from: number, to: number): Generator<Run> {
  let start = 0
  for (const node of nodes) {
    const end = start + node.nodeSize
    const run = { node, from: Math.max(start, from), to: Math.min(end, to) }
    if (run.from < run.to) yield run
    start = end
  }
}

function markSteps(before: readonly Mark[], after: readonly Mark[], from: number, to: number): Step[] {
  const gone = before.filter((mark) => !mark.isInSet(after))
  const come = after.filter((mark) => !mark.isInSet(before))
  const left = gone.reduce<readonly Mark[]>((set, mark) => mark.removeFromSet(set), before)
  const result = come.reduce<readonly Mark[]>((set, mark) => mark.addToSet(set), left)
  const isRight = result.length === after.length && result.every((mark, index) => after[index]?.eq(mark))
  // Marks of one kind stand in the order in which they were added.
  const [removed, added] = isRight ? [gone, come] : [before, after]
  return [
    ...removed.map((mark) => new RemoveMarkStep(from, to, mark)),
    ...added.map((mark) => new AddMarkStep(from, to, mark)),
  ]
}
