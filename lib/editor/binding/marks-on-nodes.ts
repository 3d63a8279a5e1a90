import type { Node } from '@tiptap/pm/model'
import type { Transaction } from '@tiptap/pm/state'
import { AddMarkStep, type Step } from '@tiptap/pm/transform'

/*
 * Removes marks from inline nodes. The Y.Doc can store marks on text only, not on a hard break or an image, so other
 * clients would see something else.
 */

/** Returns `tr` without the marks these transactions put on inline nodes, or null if there are none. */
export function withoutMarksOnNodes(
  transactions: readonly Transaction[],
  tr: Transaction,
): Transaction | null {
  transactions.forEach(({ steps, mapping }, index) => {
    const later = transactions.slice(index + 1)
    steps.forEach((step, at) => {
      for (const range of rangesOf(step)) {
        const [from, to] = [range.from, range.to].map((place, side) =>
          later.reduce(
            (moved, each) => each.mapping.map(moved, side === 0 ? -1 : 1),
            mapping.slice(at + 1).map(place, side === 0 ? -1 : 1),
          ),
        )
        tr.doc.nodesBetween(from ?? 0, Math.min(to ?? 0, tr.doc.content.size), (node, position) => {
          if (isMarkedNode(node)) tr.removeMark(position, position + node.nodeSize)
        })
      }
    })
  })
  return tr.docChanged ? tr : null
}

function isMarkedNode({ isInline, isText, marks }: Node): boolean {
  return isInline && !isText && marks.length > 0
}

/** Returns the ranges a step changed, in the document after it. */
function rangesOf(step: Step): { readonly from: number; readonly to: number }[] {
  if (step instanceof AddMarkStep) return [{ from: step.from, to: step.to }]
  const ranges: { from: number; to: number }[] = []
  step.getMap().forEach((_oldFrom, _oldTo, from, to) => {
    ranges.push({ from, to })
  })
  return ranges
}
