import { type AnyExtension, Extension } from '@tiptap/core'
import { TaskItem, TaskList } from '@tiptap/extension-list'
import { Placeholder } from '@tiptap/extensions/placeholder'
import { Plugin } from '@tiptap/pm/state'
import type * as Y from 'yjs'
import { isAttributeValue, isMarkValue, NODE_KINDS } from '#lib/document/schema.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import type { Words } from '#lib/ui/words/page-words.ts'
import { collaboration } from '../binding/collaboration.ts'
import type { Admission } from '../binding/format.ts'
import { PLACEHOLDERS } from '../binding/sync-plugin.ts'
import { Undo } from '../binding/undo.ts'
import { unknownContent } from '../binding/unknown-content.ts'
import { basicExtensions } from './basic-extensions.ts'
import { BlockCommands } from './block-commands.ts'
import { BlockLanguage } from './block-language.ts'
import { SafeLink } from './hyperlink.ts'
import { MarkdownTwins } from './markdown-twins.ts'
import { NestingLimit, type NestingNotice } from './nesting-limit.ts'
import { openings } from './opening.ts'
import { wordedNodes } from './worded-nodes.ts'

/** A text with more blocks than this is long. */
const LONG = 200

/**
 * With more blocks than this, watching which of them are on the screen costs more than their layout. Between the two
 * figures nothing changes, because a change lays out the whole text.
 */
const MANY = { from: 3_300, until: 2_700 } as const

/**
 * Blocks around others, whose direction is that of their first strong character. Text blocks follow their own by CSS:
 * with an attribute of their own they would not count for the block around them.
 */
const DIRECTED = ['blockquote', 'listItem', 'taskItem']

/** Nodes whose views contain words. */
const WORDED: ReadonlySet<string> = new Set(['taskItem', PLACEHOLDERS.block, PLACEHOLDERS.inline])

/**
 * Decides which content of a shared document may enter the editor: what schema version 1 allows, whoever wrote it.
 */
export const ADMISSION: Admission = {
  attribute: (element, name, value) => {
    const attributes = NODE_KINDS.get(element)?.attributes ?? {}
    const kind = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    return kind !== undefined && isAttributeValue(kind, value)
  },
  mark: isMarkValue,
}

interface Notices {
  /** Called when something could not be nested as deep as the person asked. */
  readonly onNesting?: (notice: NestingNotice) => void
  /** Called with an exception between the document and the page. By then the page is right again. */
  readonly onTrouble?: (error: unknown) => void
}

/**
 * Returns the extensions of the writing surface: schema version 1 (lib/protocol/version.ts), its Markdown shortcuts
 * and keys. `words` is called at each use, so the language may change. Without `doc` they define the schema only
 * (tests, servers).
 */
export function extensions(
  words: () => Words,
  doc: Y.Doc | null,
  { onNesting = () => undefined, onTrouble = () => undefined }: Notices = {},
): AnyExtension[] {
  return [
    ...basicExtensions(),
    SafeLink,
    TaskList,
    LabelledTaskItem.configure({
      nested: true,
      a11y: { checkboxLabel: (node) => words().taskDone(node.textContent) },
    }),
    MarkdownTwins,
    NestingLimit.configure({ onNotice: onNesting }),
    BlockDirection,
    BlockLanguage,
    BlockCommands,
    LongDocument,
    openings(words),
    Keys,
    Placeholder.configure({
      placeholder: ({ editor, node }) => {
        if (node.type.name === 'heading') return words().emptyHeading(node.attrs.level)
        return node.type.name === 'paragraph' && editor.state.doc.childCount === 1 ? words().emptyBody : ''
      },
    }),
    ...unknownContent(() => words().unknownContent),
    wordedNodes(WORDED),
    ...(doc
      ? [Undo, collaboration(doc.getXmlFragment(ROOTS.body), { admission: ADMISSION, report: onTrouble })]
      : []),
  ]
}

/** Sets `dir="auto"` on blocks around others without storing anything in the document. */
const BlockDirection = Extension.create({
  name: 'blockDirection',
  addGlobalAttributes() {
    return [
      {
        types: DIRECTED,
        attributes: { dir: { default: null, parseHTML: () => null, renderHTML: () => ({ dir: 'auto' }) } },
      },
    ]
  },
})

/** Keeps the words in a checkbox's label from deciding the direction of its item. */
const LabelledTaskItem = TaskItem.extend({
  addNodeView() {
    const render = this.parent?.()
    if (!render) return null
    return (props) => {
      const view = render(props)
      if (view.dom instanceof HTMLElement) view.dom.querySelector('label')?.setAttribute('dir', 'auto')
      return view
    }
  },
})

/** Marks a long text. Only its visible part is laid out (app/css/writing.css). */
const LongDocument = Extension.create({
  name: 'longDocument',
  addProseMirrorPlugins() {
    const isLong = (blocks: number, most: number) => blocks > LONG && blocks <= most
    const plugin: Plugin<boolean> = new Plugin({
      state: {
        init: (_config, { doc }) => isLong(doc.childCount, MANY.from),
        apply: ({ doc }, was) => isLong(doc.childCount, was ? MANY.from : MANY.until),
      },
      props: {
        attributes: (state): { [name: string]: string } =>
          plugin.getState(state) ? { class: 'is-long' } : {},
      },
    })
    return [plugin]
  },
})

/** Adds the shortcuts that the blocks do not have, and the way out of the text by keyboard: Esc, then Tab. */
const Keys = Extension.create({
  name: 'keys',
  // Above the Tab handling of lists and code blocks.
  priority: 1100,
  addKeyboardShortcuts() {
    return {
      'Mod-Shift-x': () => this.editor.commands.toggleStrike(),
      'Mod-\\': () => this.editor.chain().unsetAllMarks().clearNodes().run(),
    }
  },
  addProseMirrorPlugins() {
    let leaving = false
    return [
      new Plugin({
        props: {
          handleDOMEvents: {
            keydown: (_view, event) => {
              if (event.key === 'Tab' && leaving) return true
              if (event.key !== 'Shift') leaving = event.key === 'Escape'
              return false
            },
            blur: () => {
              leaving = false
              return false
            },
          },
        },
      }),
    ]
  },
})
