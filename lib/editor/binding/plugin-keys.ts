import { PluginKey } from '@tiptap/pm/state'
import type { SyncState } from './sync-plugin.ts'
import type { UndoState } from './undo.ts'

/*
 * The keys of y-tiptap's plugins, under which other plugins and Tiptap look for what is here. A key is found by its name;
 * y-tiptap itself would bring its own binding into the page.
 */

/** The binding; also the origin of what this editor writes into the Y.Doc. */
export const syncKey = named<SyncState>('y-sync$')
/** Undo. */
export const undoKey = named<UndoState>('y-undo$')

/** `new PluginKey` would count up a name that y-tiptap has taken, or take it from it. */
function named<State>(key: string): PluginKey<State> {
  return Object.assign(Object.create(PluginKey.prototype), { key })
}
