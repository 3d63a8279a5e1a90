import type { Editor } from '@tiptap/core'
import { type EditorState, Plugin, TextSelection, type Transaction } from '@tiptap/pm/state'
import { addressesIn, ENDS_ADDRESS, type FoundAddress } from '#lib/document/addresses-in-text.ts'
import { syncKey } from '../binding/plugin-states.ts'
import { readSelection } from '../binding/unread-selection.ts'
import { SafeLink } from './hyperlink.ts'

/** The text before the caret that is searched, UTF-16 units. */
const SEARCHED = 3000

/**
 * Turns an address into a link when the sign behind it is typed: a space, Chinese punctuation, a new line. Not one of
 * the editor's extensions because a page would load it before one can type.
 */
export function linkTypedAddresses(editor: Editor): void {
  const type = editor.schema.marks[SafeLink.name]
  if (!type) throw new Error('the editor has no links')
  /** True if a sign came while an input method was composing, when nothing around it may be redrawn. */
  let isOverdue = false
  const plugin = new Plugin({
    appendTransaction(transactions, before, after) {
      if (!transactions.some(({ docChanged }) => docChanged) || !transactions.every(isTyped)) return null
      if (after.doc.content.size <= before.doc.content.size) return null
      const found = endedAddresses(after, isOverdue)
      if (editor.view.composing) {
        isOverdue ||= found.length > 0
        return null
      }
      isOverdue = false
      const { tr } = after
      for (const { from, to, href } of found)
        if (!after.doc.rangeHasMark(from, to, type) && !isCode(after, from, to))
          tr.addMark(from, to, type.create({ href }))
      return tr.docChanged ? tr : null
    },
  })
  readSelection(editor.view)
  editor.registerPlugin(plugin)
}

/** Returns false for what other users did, what undo did, and what the person said about links themselves. */
function isTyped(tr: Transaction): boolean {
  return !tr.getMeta(syncKey)?.isChangeOrigin && !tr.getMeta('preventAutolink') && !tr.getMeta('paste')
}

/**
 * Returns the address that ends right before the caret, or at the end of the block before if the caret is in a new
 * one; with `all`, every address before the caret.
 */
function endedAddresses({ selection, doc }: EditorState, all: boolean): FoundAddress[] {
  if (!(selection instanceof TextSelection) || !selection.empty) return []
  const { $head } = selection
  const isNewLine = $head.parentOffset === 0 && $head.depth > 0
  const $end = isNewLine ? TextSelection.near(doc.resolve($head.before()), -1).$head : $head
  if ($end.pos > $head.pos || !$end.parent.isTextblock || $end.parent.type.spec.code) return []
  const start = Math.max(0, $end.parentOffset - SEARCHED)
  const text = $end.parent.textBetween(start, $end.parentOffset, undefined, '\ufffc')
  const body = isNewLine ? text : text.slice(0, -1)
  if (!isNewLine && !ENDS_ADDRESS.test(text.slice(-1))) return []
  return addressesIn(body)
    .filter(({ to }) => all || !new RegExp(ENDS_ADDRESS.source.slice(1), 'u').test(body.slice(to)))
    .map(({ from, to, href }) => ({ from: $end.start() + start + from, to: $end.start() + start + to, href }))
}

function isCode({ doc, schema }: EditorState, from: number, to: number): boolean {
  const code = schema.marks.code
  return code !== undefined && doc.rangeHasMark(from, to, code)
}
