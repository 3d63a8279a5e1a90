import { Extension } from '@tiptap/core'
import { Plugin, PluginKey, type Transaction } from '@tiptap/pm/state'
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
            const language = newLanguage(tr)
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

/** Returns the language in which the words are looked up from this transaction on, or null if it is no such one. */
export function newLanguage(tr: Transaction): Language | null {
  return tr.getMeta(key) ?? null
}
