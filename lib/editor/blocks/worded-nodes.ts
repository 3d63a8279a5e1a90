import { Extension } from '@tiptap/core'
import { Plugin, PluginKey } from '@tiptap/pm/state'
import { Decoration, DecorationSet, type EditorView } from '@tiptap/pm/view'
import type { Language } from '#lib/ui/words/language.ts'

const key = new PluginKey<DecorationSet>('wordedNodes')

/**
 * Nodes that say something in the person's language where they stand. Their views look the words up whenever they are updated,
 * and a view is updated only when something about its node has changed: for one state each has a decoration that shows nothing.
 */
export function wordedNodes(names: ReadonlySet<string>): Extension {
  return Extension.create({
    name: 'wordedNodes',
    addProseMirrorPlugins: () => [
      new Plugin<DecorationSet>({
        key,
        state: {
          init: () => DecorationSet.empty,
          apply: (tr) => {
            const language: Language | undefined = tr.getMeta(key)
            if (!language) return DecorationSet.empty
            const found: Decoration[] = []
            tr.doc.descendants((node, at) => {
              if (names.has(node.type.name))
                found.push(Decoration.node(at, at + node.nodeSize, {}, { language }))
            })
            return DecorationSet.create(tr.doc, found)
          },
        },
        props: { decorations: (state) => key.getState(state) },
      }),
    ],
  })
}

/** All that the editor says by itself is looked up again: the words are those of another language from now on. */
export function sayAgain(view: EditorView, language: Language): void {
  view.dispatch(view.state.tr.setMeta(key, language).setMeta('addToHistory', false))
}
