import { Plugin, type Transaction } from '@tiptap/pm/state'
import type * as Y from 'yjs'
import { Binding } from './binding.ts'
import { type Admission, Format, type MarkHash } from './format.ts'
import { withoutMarksOnNodes } from './marks-on-nodes.ts'
import { type SyncState, syncKey } from './plugin-states.ts'
import { Rendering } from './rendering.ts'

/** The names of the node types in the schema that stand for content the editor does not know. */
export const PLACEHOLDERS = { block: 'unknownBlock', inline: 'unknownInline' } as const

export interface SyncOptions {
  /** Decides which content of the Y.Doc may enter the editor. */
  readonly admission: Admission
  /** Receives every exception. */
  readonly report: (error: unknown) => void
  /** `hashOfMark`, for a schema with marks that may overlap with themselves. */
  readonly hashOfMark?: MarkHash
}

/** Returns the plugin that binds the editor to a Y type. */
export function syncPlugin(
  type: Y.XmlFragment,
  { admission, report, hashOfMark }: SyncOptions,
): Plugin<SyncState> {
  const binding = new Binding(type, { report }, (state) => syncKey.getState(state)?.edit ?? null)
  return new Plugin<SyncState>({
    key: syncKey,
    state: {
      init: (_config, { selection }) => ({
        type,
        doc: binding.doc,
        binding,
        isChangeOrigin: false,
        isUndoRedoOperation: false,
        addToHistory: true,
        edit: { before: selection, addToHistory: true },
      }),
      apply: (tr, value, before) => {
        const origin = originOf(tr)
        const root: Transaction | undefined = tr.getMeta('appendedTransaction')
        const isLocal = tr.docChanged && !origin && !(root && originOf(root))
        const addToHistory = tr.docChanged ? tr.getMeta('addToHistory') !== false : value.addToHistory
        return {
          ...value,
          isChangeOrigin: origin !== null,
          isUndoRedoOperation: origin?.isUndoRedoOperation === true,
          addToHistory,
          edit: isLocal ? { before: root ? value.edit.before : before.selection, addToHistory } : value.edit,
        }
      },
    },
    appendTransaction: (transactions, _before, { tr }) =>
      withoutMarksOnNodes(
        transactions.filter((each) => each.docChanged && !originOf(each)),
        tr,
      ),
    view: (view) => {
      const { nodes } = view.state.schema
      const placeholders = {
        block: nodes[PLACEHOLDERS.block] ?? null,
        inline: nodes[PLACEHOLDERS.inline] ?? null,
      }
      binding.attach(
        view,
        new Rendering(new Format(view.state.schema, admission, hashOfMark ?? null), placeholders),
      )
      return { update: () => binding.viewUpdated(), destroy: () => binding.detach() }
    },
  })
}

function originOf(tr: Transaction): { isUndoRedoOperation?: boolean } | null {
  const meta = tr.getMeta(syncKey)
  return meta?.isChangeOrigin ? meta : null
}
