import type { Node } from '@tiptap/pm/model'
import { Selection } from '@tiptap/pm/state'
import { type Mappable, ReplaceStep, Transform } from '@tiptap/pm/transform'

/*
 * Rebases local edits that are on the page and not yet in the Y.Doc when the Y.Doc has changed: the local change is
 * made one step, taken back, and applied on top of what the Y.Doc now holds.
 */

/** Returns the smallest single step from one document to another, or null if they are equal. */
export function stepTo(before: Node, after: Node): ReplaceStep | null {
  const start = before.content.findDiffStart(after.content)
  const end = before.content.findDiffEnd(after.content)
  if (start === null || !end) return null
  // The common start and end may overlap (repeated letters): the overlap belongs to the start.
  const overlap = Math.max(0, start - Math.min(end.a, end.b))
  const step = new ReplaceStep(start, end.a + overlap, after.slice(start, end.b + overlap))
  return leadsTo(step, before, after) ? step : wholeBlocks(before, after)
}

/** Returns the step that replaces the top-level blocks that differ. */
export function wholeBlocks(before: Node, after: Node): ReplaceStep {
  const shorter = Math.min(before.childCount, after.childCount)
  let first = 0
  while (first < shorter && before.child(first) === after.child(first)) first += 1
  let last = 0
  while (
    last < shorter - first &&
    before.child(before.childCount - 1 - last) === after.child(after.childCount - 1 - last)
  )
    last += 1
  const from = sizeUpTo(before, first)
  const to = sizeUpTo(before, before.childCount - last)
  return new ReplaceStep(
    from,
    to,
    after.slice(sizeUpTo(after, first), sizeUpTo(after, after.childCount - last)),
  )
}

/** Applies `local` to another document that `mapping` leads to. Typed text is never dropped. */
export function rebased(local: ReplaceStep, mapping: Mappable, onto: Node): Node {
  const step = local.map(mapping)
  try {
    const { doc } = step?.apply(onto) ?? { doc: null }
    if (doc) return doc
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  const text = local.slice.content.textBetween(0, local.slice.content.size, ' ')
  if (text === '') return onto
  const near = Selection.near(onto.resolve(Math.min(mapping.map(local.from), onto.content.size)), -1)
  return new Transform(onto).insert(near.from, onto.type.schema.text(text)).doc
}

function leadsTo(step: ReplaceStep, before: Node, after: Node): boolean {
  try {
    return step.apply(before).doc?.content.eq(after.content) ?? false
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function sizeUpTo(doc: Node, index: number): number {
  let size = 0
  for (let at = 0; at < index; at += 1) size += doc.child(at).nodeSize
  return size
}
