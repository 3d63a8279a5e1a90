import { type Editor, isiOS, isMacOS } from '@tiptap/core'
import { keymap } from '@tiptap/pm/keymap'
import type { Command } from '@tiptap/pm/state'
import { readSelection } from '../binding/unread-selection.ts'
import { setKinds } from './block-commands.ts'
import * as kinds from './block-kinds.ts'
import { breakLine } from './code-lines.ts'
import { joinNext, joinPrevious } from './joining.ts'
import { pasteTarget } from './paste-target.ts'

const BACKSPACE = ['Backspace', 'Mod-Backspace', 'Shift-Backspace']
const DELETE = ['Delete', 'Mod-Delete']
/** More of them on Apple's keyboards. */
const APPLE_BACKSPACE = ['Ctrl-h', 'Alt-Backspace']
const APPLE_DELETE = ['Ctrl-d', 'Ctrl-Alt-Backspace', 'Alt-Delete', 'Alt-d']

/**
 * Adds Enter, Backspace and Delete where they change the structure of the text, the commands that make blocks of other
 * kinds, and pastes that fit their target. Not one of the editor's extensions because none of it is needed before the
 * first caret; until then Tiptap's own keys apply.
 */
export function addBlockKeys(editor: Editor): void {
  setKinds(editor, kinds)
  readSelection(editor.view)
  const isApple = isMacOS() || isiOS()
  const back: Command = (state, dispatch) => editor.commands.undoInputRule() || joinPrevious(state, dispatch)
  const keys = keymap({
    ...bound([...BACKSPACE, ...(isApple ? APPLE_BACKSPACE : [])], back),
    ...bound([...DELETE, ...(isApple ? APPLE_DELETE : [])], joinNext),
    Enter: breakLine,
  })
  // Above the keys of list items, quotes and code. Together: each registration recreates the views of all plugins.
  editor.registerPlugin(keys, (plugin, others) => [plugin, ...others, pasteTarget()])
}

function bound(names: readonly string[], command: Command): Record<string, Command> {
  return Object.fromEntries(names.map((name) => [name, command]))
}
