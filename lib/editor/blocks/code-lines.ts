import type { Command } from '@tiptap/pm/state'
import { Selection } from '@tiptap/pm/state'

/** Two blank lines at the end of code. */
const BLANK_LINES = /\n[ \t\u3000]*\n[ \t\u3000]*$/
const INDENT = /^[ \t\u3000]*/

/** Begins a line in a code block, indented like the one before; after two blank lines, a paragraph behind the code. */
export const breakLine: Command = ({ selection, tr, schema }, dispatch) => {
  const { $from, $to, empty } = selection
  const { parent, parentOffset } = $from
  if (!parent.type.spec.code || !$from.sameParent($to)) return false
  const before = parent.textBetween(0, parentOffset)
  const blank = empty && parentOffset === parent.content.size ? BLANK_LINES.exec(before) : null
  const { paragraph } = schema.nodes
  const index = $from.indexAfter(-1)
  if (blank && paragraph && $from.node(-1).canReplaceWith(index, index, paragraph)) {
    tr.delete($from.pos - blank[0].length, $from.pos)
    const after = tr.mapping.map($from.after())
    tr.insert(after, paragraph.create())
    tr.setSelection(Selection.near(tr.doc.resolve(after), 1))
  } else {
    const line = before.slice(before.lastIndexOf('\n') + 1)
    tr.insertText(`\n${INDENT.exec(line)?.[0] ?? ''}`)
  }
  dispatch?.(tr.scrollIntoView())
  return true
}
