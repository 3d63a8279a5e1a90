import { type CommandProps, type Editor, Extension } from '@tiptap/core'
import { Plugin } from '@tiptap/pm/state'
import { readSelection } from '../binding/unread-selection.ts'
import type { ListName } from './block-kinds.ts'

type Kinds = typeof import('./block-kinds.ts')

/** The functions behind the commands, of editors that have loaded them (block-keys.ts). */
const loaded = new WeakMap<Editor, Kinds>()

/** Makes an editor's commands act on every selected block. */
export function setKinds(editor: Editor, kinds: Kinds): void {
  loaded.set(editor, kinds)
}

/**
 * The commands that make lists, quotes and code, in place of those that the nodes define; until their functions are
 * loaded, Tiptap's. And the selection that a key acts on.
 */
export const BlockCommands = Extension.create({
  name: 'blockCommands',
  // Below the nodes: the last definition of a command counts.
  priority: 50,
  addCommands() {
    return {
      toggleBulletList: () => toggleList('bulletList', 'listItem'),
      toggleOrderedList: () => toggleList('orderedList', 'listItem'),
      toggleTaskList: () => toggleList('taskList', 'taskItem'),
      toggleBlockquote:
        () =>
        ({ editor, tr, dispatch, commands }) =>
          !dispatch || (loaded.get(editor)?.toggleQuote(tr) ?? commands.toggleWrap('blockquote')),
      toggleCodeBlock:
        () =>
        ({ editor, tr, dispatch, commands }) =>
          !dispatch || (loaded.get(editor)?.toggleCode(tr) ?? commands.toggleNode('codeBlock', 'paragraph')),
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

function toggleList(name: ListName, item: string) {
  return ({ editor, tr, dispatch, commands }: CommandProps): boolean =>
    !dispatch || (loaded.get(editor)?.toggleList(tr, name) ?? commands.toggleList(name, item))
}
