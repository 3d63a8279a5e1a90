import { Extension } from '@tiptap/core'
import type * as Y from 'yjs'
import { type SyncOptions, syncPlugin } from './sync-plugin.ts'

/** Binds the editor to a Y type. Undo is an extension of its own (undo.ts). */
export function collaboration(type: Y.XmlFragment, options: SyncOptions): Extension {
  return Extension.create({
    // Under this name Tiptap and its extensions look for it.
    name: 'collaboration',
    // Before all that looks at the document.
    priority: 1000,
    addProseMirrorPlugins: () => [syncPlugin(type, options)],
  })
}
