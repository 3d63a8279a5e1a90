import { Extension } from '@tiptap/core'
import type * as Y from 'yjs'
import { type SyncOptions, syncPlugin } from './sync-plugin.ts'

/** Returns the extension that binds the editor to a Y type. Undo is a separate extension (undo.ts). */
export function collaboration(type: Y.XmlFragment, options: SyncOptions): Extension {
  return Extension.create({
    // Tiptap and its extensions look for it under this name.
    name: 'collaboration',
    // Before every plugin that reads the document.
    priority: 1000,
    addProseMirrorPlugins: () => [syncPlugin(type, options)],
  })
}
