import { type CommandProps, Extension, isiOS, isMacOS, type KeyboardShortcutCommand } from '@tiptap/core'
import { type Command, Plugin, type Transaction } from '@tiptap/pm/state'
import { readSelection } from '../binding/unread-selection.ts'
import { type ListName, toggleCode, toggleList, toggleQuote } from './block-kinds.ts'
import { breakLine } from './code-lines.ts'
import { joinNext, joinPrevious } from './joining.ts'

const BACKSPACE = ['Backspace', 'Mod-Backspace', 'Shift-Backspace']
const DELETE = ['Delete', 'Mod-Delete']
/** More of them on Apple's keyboards. */
const APPLE_BACKSPACE = ['Ctrl-h', 'Alt-Backspace']
const APPLE_DELETE = ['Ctrl-d', 'Ctrl-Alt-Backspace', 'Alt-Delete', 'Alt-d']

/** Enter, Backspace and Delete where they change the structure of the text. */
export const BlockKeys = Extension.create({
  name: 'blockKeys',
  // Above the keys of list items, quotes and code.
  priority: 1050,
  addKeyboardShortcuts() {
    const { editor } = this
    const run = (command: Command) => () => command(editor.state, editor.view.dispatch)
    const back = () => editor.commands.undoInputRule() || run(joinPrevious)()
    const isApple = isMacOS() || isiOS()
    return {
      ...keys([...BACKSPACE, ...(isApple ? APPLE_BACKSPACE : [])], back),
      ...keys([...DELETE, ...(isApple ? APPLE_DELETE : [])], run(joinNext)),
      Enter: run(breakLine),
    }
  },
  addProseMirrorPlugins() {
    // A key may arrive before the browser has reported where the key before it put the caret.
    const keydown = (view: object): boolean => {
      readSelection(view)
      return false
    }
    return [new Plugin({ props: { handleDOMEvents: { keydown } } })]
  },
})

/** The commands that make lists, quotes and code, in place of those that the nodes define. */
export const BlockCommands = Extension.create({
  name: 'blockCommands',
  // Below the nodes: the last definition of a command counts.
  priority: 50,
  addCommands() {
    const list = (name: ListName) => () => change((tr) => toggleList(tr, name))
    return {
      toggleBulletList: list('bulletList'),
      toggleOrderedList: list('orderedList'),
      toggleTaskList: list('taskList'),
      toggleBlockquote: () => change(toggleQuote),
      toggleCodeBlock: () => change(toggleCode),
    }
  },
})

function keys(names: readonly string[], command: () => boolean): Record<string, KeyboardShortcutCommand> {
  return Object.fromEntries(names.map((name) => [name, command]))
}

function change(edit: (tr: Transaction) => boolean) {
  return ({ tr, dispatch }: CommandProps): boolean => dispatch === undefined || edit(tr)
}
