import { Extension } from '@tiptap/core'
import { Plugin, PluginKey } from '@tiptap/pm/state'
import { Decoration, DecorationSet, type EditorView } from '@tiptap/pm/view'
import type { Language } from '#lib/ui/words/language.ts'

const key = new PluginKey<DecorationSet>('wordedNodes')

/**
 * Lets nodes contain words in the person's language. Their views look the words up at each update, and a view is
 * updated only if something about its node has changed: a language change gives each node an invisible decoration for
 * one state.
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

/** Makes the editor look up all its own words again, in the new language. */
export function sayAgain(view: EditorView, language: Language): void {
  view.dispatch(view.state.tr.setMeta(key, language).setMeta('addToHistory', false))
}
