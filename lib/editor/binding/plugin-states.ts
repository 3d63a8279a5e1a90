import { PluginKey, type Selection } from '@tiptap/pm/state'
import type * as Y from 'yjs'
import type { RelativeSelection } from './positions.ts'
import type { Shown } from './shown.ts'
import type { UndoStack } from './undo-stack.ts'

/*
 * The states of the binding's plugins and their keys. They are y-tiptap's keys, under which other plugins and Tiptap look
 * for these states. A key is found by its name; importing y-tiptap's own would bring its binding into the page.
 */

/** One or more changes of the document by the local user, or by a plugin on their behalf. */
export interface LocalEdit {
  /** The selection before it. */
  readonly before: Selection
  readonly addToHistory: boolean
}

/** The part of the binding that other plugins use. */
interface BoundType {
  readonly type: Y.XmlFragment
  /** The Y type as it is shown, or null before the first view. */
  readonly shown: Shown | null
  /** Counts how often whole blocks were replaced because steps would not do; a bug each time. */
  readonly coarse: number
}

/** The binding's state, in the shape in which other plugins look for it under `syncKey`. */
export interface SyncState {
  readonly type: Y.XmlFragment
  readonly doc: Y.Doc
  readonly binding: BoundType
  /** The last change came from the Y.Doc. */
  readonly isChangeOrigin: boolean
  readonly isUndoRedoOperation: boolean
  readonly addToHistory: boolean
  /** The last local edit. A change that plugins append to a remote one does not count: it is written with the next edit. */
  readonly edit: LocalEdit
}

/** The state of undo. */
export interface UndoState {
  readonly undoManager: UndoStack
  readonly hasUndoOps: boolean
  readonly hasRedoOps: boolean
  /** The selection before the last local edit. */
  readonly before: RelativeSelection | null
  /** Counts how often the user has put the caret elsewhere. */
  readonly moves: number
  /** The last local edit was not where the caret stood: a key pressed right after a click reports both together. */
  readonly elsewhere: boolean
  /** The composition that the last local edit belongs to. */
  readonly composition: unknown
}

/** The binding; also the origin of what this editor writes into the Y.Doc. */
export const syncKey = named<SyncState>('y-sync$')
/** Undo. */
export const undoKey = named<UndoState>('y-undo$')

/** Makes a key without `new PluginKey`, which would count up a name that y-tiptap has taken, or take it from it. */
function named<State>(key: string): PluginKey<State> {
  return Object.assign(Object.create(PluginKey.prototype), { key })
}
