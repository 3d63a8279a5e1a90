import { type AnyExtension, Editor, type EditorOptions, getSchema } from '@tiptap/core'
import { Collaboration } from '@tiptap/extension-collaboration'
import { TaskItem, TaskList } from '@tiptap/extension-list'
import { TableKit } from '@tiptap/extension-table'
import { yXmlFragmentToProseMirrorRootNode } from '@tiptap/y-tiptap'
import type * as Y from 'yjs'
import type { Soon } from '#lib/client/receiving/incoming.ts'
import { NODE_KINDS } from '#lib/document/schema.ts'
import { basicExtensions } from '#lib/editor/blocks/basic-extensions.ts'
import { addBlockKeys } from '#lib/editor/blocks/block-keys.ts'
import { extensions } from '#lib/editor/blocks/extensions.ts'
import { CaretDrawing } from '#lib/editor/carets/caret-drawing.ts'
import { followFlags } from '#lib/editor/carets/caret-flags.ts'
import { pageFrames } from '#lib/editor/carets/page-frames.ts'
import { keepReadingPlace } from '#lib/editor/carets/reading-place.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { wordsIn } from '#lib/ui/words/page-words.ts'
import type { EditorName } from '../lab.ts'

/*
 * The only place of the lab that knows how an editor is bound to its Y.Doc. "ours" does the same as
 * lib/editor/page/text-surface.tsx.
 */

const words = () => wordsIn('en')

const atOnce: Soon = (task) => {
  task()
  return () => undefined
}

/** Returns the product's extensions, and tables; bound to a Y.Doc, or without one. */
export function labExtensions(
  doc: Y.Doc | null,
  report: (error: unknown) => void = () => undefined,
): AnyExtension[] {
  allowTables()
  return [
    ...extensions(words, doc, { onTrouble: report }),
    TableKit.configure({ table: { resizable: false } }),
  ]
}

/**
 * Makes an editor on the element that shows the content of the Y.Doc. Exceptions while showing remote changes go to
 * `report`.
 */
export function boundEditor(
  binding: EditorName,
  element: HTMLElement,
  doc: Y.Doc,
  report: (error: unknown) => void,
): { readonly editor: Editor; readonly carets: CaretDrawing; readonly stop: () => void } {
  const ours = binding === 'ours'
  const editor = new Editor({
    element,
    injectCSS: false,
    ...contentOf(binding, doc, report),
    editorProps: { attributes: { role: 'textbox', 'aria-multiline': 'true', class: 'writing' } },
  })
  if (ours) addBlockKeys(editor)
  // As published: each message is drawn immediately.
  const carets = new CaretDrawing(editor.view, ours ? pageFrames.soon : atOnce)
  editor.registerPlugin(carets.layer)
  const scroller = element.closest('.page')
  const stops = [
    followFlags(editor),
    ...(scroller instanceof HTMLElement ? [keepReadingPlace(editor, scroller)] : []),
  ]
  return {
    editor,
    carets,
    stop: () => {
      carets.destroy()
      for (const stop of stops) stop()
      editor.destroy()
    },
  }
}

function contentOf(
  binding: EditorName,
  doc: Y.Doc,
  report: (error: unknown) => void,
): Partial<EditorOptions> {
  if (binding === 'ours') return { extensions: labExtensions(doc, report) }
  const plain = labExtensions(null)
  if (binding === 'y-tiptap')
    return { extensions: [...plain, Collaboration.configure({ document: doc, field: ROOTS.body })] }
  const shown = yXmlFragmentToProseMirrorRootNode(doc.getXmlFragment(ROOTS.body), getSchema(plain))
  return {
    extensions: [...basicExtensions(), TaskList, TaskItem.configure({ nested: true })],
    content: shown.toJSON(),
  }
}

/** Admits tables: the product would show nodes that its editors never create as placeholders. */
function allowTables(): void {
  const kinds = NODE_KINDS as Map<
    string,
    typeof NODE_KINDS extends ReadonlyMap<string, infer Kind> ? Kind : never
  >
  if (kinds.has('table')) return
  const cell = {
    children: ['paragraph'],
    text: null,
    attributes: { colspan: 'number', rowspan: 'number' },
  } as const
  kinds.set('table', { children: ['tableRow'], text: null, attributes: {} })
  kinds.set('tableRow', { children: ['tableCell', 'tableHeader'], text: null, attributes: {} })
  kinds.set('tableCell', cell)
  kinds.set('tableHeader', cell)
}
