import { type AnyExtension, Extension } from '@tiptap/core'
import { TaskItem, TaskList } from '@tiptap/extension-list'
import { Placeholder } from '@tiptap/extensions/placeholder'
import { type EditorState, Plugin } from '@tiptap/pm/state'
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
import { SafeLink } from './hyperlink.ts'
import { MarkdownTwins } from './markdown-twins.ts'
import { NestingLimit, type NestingNotice } from './nesting-limit.ts'
import { wordedNodes } from './worded-nodes.ts'

/** A text with more blocks than this is long. */
const LONG = 200

/** Blocks whose direction follows their own first strong character. */
const DIRECTED = [
  'paragraph',
  'heading',
  'blockquote',
  'bulletList',
  'orderedList',
  'listItem',
  'taskList',
  'taskItem',
]

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
    TaskItem.configure({
      nested: true,
      a11y: { checkboxLabel: (node) => words().taskDone(node.textContent) },
    }),
    MarkdownTwins,
    NestingLimit.configure({ onNotice: onNesting }),
    BlockDirection,
    LongDocument,
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

/** Sets `dir="auto"` on every block without storing anything in the document. */
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

/** Marks a text of many blocks. Only its visible part is laid out (app/css/writing.css). */
const LongDocument = Extension.create({
  name: 'longDocument',
  addProseMirrorPlugins() {
    const attributes = ({ doc }: EditorState): { [name: string]: string } =>
      doc.childCount > LONG ? { class: 'is-long' } : {}
    return [new Plugin({ props: { attributes } })]
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
