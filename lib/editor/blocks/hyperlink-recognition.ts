import { type Editor, getExtensionField, type PasteRule, pasteRulesPlugin } from '@tiptap/core'
import { Link } from '@tiptap/extension-link'
import { Plugin } from '@tiptap/pm/state'
import { isSafeHref } from '#lib/document/schema.ts'
import { syncKey } from '../binding/plugin-states.ts'
import { readSelection } from '../binding/unread-selection.ts'
import { SafeLink } from './hyperlink.ts'

/**
 * Turns typed and pasted addresses into links, and opens a link when it is clicked. Not one of the editor's
 * extensions because the list of top-level domains is a large part of what a page would load before one can type.
 */
export function recognizeLinks(editor: Editor): void {
  const type = editor.schema.marks[SafeLink.name]
  if (!type) throw new Error('the editor has no links')
  const link = Link.configure({
    openOnClick: 'whenNotEditable',
    defaultProtocol: 'https',
    isAllowedUri: isSafeHref,
    // A word with a dot in it is not a link.
    shouldAutoLink: isSafeHref,
  })
  const { name, options, storage } = link
  const context = { name, options, storage, editor, type }
  const rules: PasteRule[] = getExtensionField(link, 'addPasteRules', context)()
  const plugins: Plugin[] = getExtensionField(link, 'addProseMirrorPlugins', context)()
  const [first, ...rest] = [...pasteRulesPlugin({ editor, rules }), ...plugins.map(forOwnEdits)]
  readSelection(editor.view)
  // Register them together: each registration recreates the views of all plugins.
  if (first) editor.registerPlugin(first, (plugin, others) => [...others, plugin, ...rest])
}

/** Restricts a plugin to local edits. The editors of other users have already processed remote ones. */
function forOwnEdits(plugin: Plugin): Plugin {
  const { appendTransaction } = plugin.spec
  if (!appendTransaction) return plugin
  return new Plugin({
    ...plugin.spec,
    appendTransaction(transactions, before, after) {
      if (transactions.some((tr) => tr.getMeta(syncKey)?.isChangeOrigin)) return null
      return appendTransaction.call(plugin, transactions, before, after)
    },
  })
}
