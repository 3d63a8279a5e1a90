import { type Editor, isiOS, isMacOS } from '@tiptap/core'
import { dropCursor } from '@tiptap/pm/dropcursor'
import { gapCursor } from '@tiptap/pm/gapcursor'
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
 * kinds, pastes that fit their target, and the carets between blocks and under what is dragged. Not one of the editor's extensions because none of it is needed before the
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
  const carets = [dropCursor({ color: 'var(--accent)', width: 2 }), gapCursor()]
  editor.registerPlugin(keys, (plugin, others) => [plugin, ...others, pasteTarget(), ...carets])
}

function bound(names: readonly string[], command: Command): Record<string, Command> {
  return Object.fromEntries(names.map((name) => [name, command]))
}
