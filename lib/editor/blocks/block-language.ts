import { Extension } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import { type EditorState, Plugin, PluginKey, type Transaction } from '@tiptap/pm/state'
import { Decoration, DecorationSet, type EditorView } from '@tiptap/pm/view'
import {
  hanLanguage,
  type Letters,
  LOOKED_AT,
  languageOf,
  lettersIn,
  mainLanguageOf,
} from '#lib/document/languages.ts'
import { HTML_LANG } from '#lib/ui/words/language.ts'
import { changedRange } from './nesting-limit.ts'
import { newLanguage } from './worded-nodes.ts'

/*
 * The text has the language in which most of its beginning is written, and each block in another script its own, as
 * `lang` on the page; nothing is stored. A key looks at the block it changed. While an input method composes, nothing
 * is set: the changed range is remembered until the composition has ended.
 */

/** The text's own language is that of so many first blocks. */
const FIRST_BLOCKS = 30
/** After a composition, ms: the next one often follows immediately. */
const COMPOSED_AFTER = 80

interface Languages {
  /** The language of the whole text, as an attribute of the surface. */
  readonly main: string
  /** The language of the interface: of a text without letters. */
  readonly reader: string
  /** The language of Han characters. */
  readonly han: string
  /** The blocks in other languages. */
  readonly others: DecorationSet
  /** The part that has changed during a composition. */
  readonly waiting: Span | null
}

interface Span {
  readonly from: number
  readonly to: number
}

const key = new PluginKey<Languages>('blockLanguage')

/** The letters of each block. A block that did not change is the same object. */
const counted = new WeakMap<Node, Letters>()

/** Sets `lang` on the surface and on blocks of other languages. */
export const BlockLanguage = Extension.create({
  name: 'blockLanguage',
  addProseMirrorPlugins() {
    let view: EditorView | null = null
    return [
      new Plugin<Languages>({
        key,
        view: (made) => {
          view = made
          return {}
        },
        state: {
          init: (_config, { doc }) => languagesIn(doc, document.documentElement.lang || HTML_LANG.en),
          apply: (tr, was) => next(tr, was, view?.composing === true),
        },
        props: {
          attributes: (state): { [name: string]: string } => ({ lang: stateOf(state).main }),
          decorations: (state) => stateOf(state).others,
          handleDOMEvents: {
            compositionend: (made) => {
              setTimeout(() => catchUp(made), COMPOSED_AFTER)
              return false
            },
          },
        },
      }),
    ]
  },
})

function stateOf(state: EditorState): Languages {
  const languages = key.getState(state)
  if (!languages) throw new Error('the plugin is gone')
  return languages
}

function catchUp(view: EditorView): void {
  if (view.isDestroyed || view.composing || !stateOf(view.state).waiting) return
  view.dispatch(view.state.tr.setMeta('addToHistory', false))
}

function next(tr: Transaction, was: Languages, isComposing: boolean): Languages {
  const reader = newLanguage(tr)
  if (reader) return languagesIn(tr.doc, HTML_LANG[reader])
  if (!tr.docChanged && !was.waiting) return was
  const others = tr.docChanged ? was.others.map(tr.mapping, tr.doc) : was.others
  const changed = changedSpan(tr, was.waiting)
  if (isComposing) return { ...was, others, waiting: changed }
  const main = mainIn(tr.doc, was)
  if (main !== was.main) return languagesIn(tr.doc, was.reader)
  return { ...was, others: updated(others, tr.doc, changed, was), waiting: null }
}

/** Returns what changed in a transaction and what waits since before. */
function changedSpan(tr: Transaction, waiting: Span | null): Span {
  const { from, to } = tr.docChanged ? changedRange(tr) : { from: Number.POSITIVE_INFINITY, to: 0 }
  if (!waiting) return { from, to }
  return {
    from: Math.min(from, tr.mapping.map(waiting.from, -1)),
    to: Math.max(to, tr.mapping.map(waiting.to, 1)),
  }
}

function languagesIn(doc: Node, reader: string): Languages {
  const han = hanLanguage([reader, ...navigator.languages])
  const main = mainIn(doc, { reader, han })
  const found: Decoration[] = []
  doc.descendants((node, at) => {
    if (node.isTextblock) found.push(...decoration(node, at, { main, han }))
    return !node.isTextblock
  })
  return { main, reader, han, others: DecorationSet.create(doc, found), waiting: null }
}

/** Returns the set with what is due on the blocks between two positions. */
function updated(set: DecorationSet, doc: Node, { from, to }: Span, languages: Languages): DecorationSet {
  let others = set
  doc.nodesBetween(from, Math.min(to, doc.content.size), (node, at) => {
    if (!node.isTextblock) return true
    const old = others.find(at, at + node.nodeSize).filter((each) => each.from === at)
    const due = decoration(node, at, languages)
    const isSame = old.length === due.length && old[0]?.spec.lang === due[0]?.spec.lang
    if (!isSame) others = others.remove(old).add(doc, due)
    return false
  })
  return others
}

function decoration(node: Node, at: number, { main, han }: Pick<Languages, 'main' | 'han'>): Decoration[] {
  const lang = languageOf(lettersOf(node), han)
  return lang === null || lang === main ? [] : [Decoration.node(at, at + node.nodeSize, { lang }, { lang })]
}

function mainIn(doc: Node, { reader, han }: Pick<Languages, 'reader' | 'han'>): string {
  const first = Array.from({ length: Math.min(FIRST_BLOCKS, doc.childCount) }, (_, index) => doc.child(index))
  return mainLanguageOf(first.map(lettersOf), han) ?? reader
}

function lettersOf(node: Node): Letters {
  const letters =
    counted.get(node) ?? lettersIn(node.textBetween(0, Math.min(node.content.size, LOOKED_AT), ' ', ' '))
  counted.set(node, letters)
  return letters
}
