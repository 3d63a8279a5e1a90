import { Extension } from '@tiptap/core'
import { type EditorState, Plugin, type Transaction } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import * as Y from 'yjs'
import { type SyncState, syncKey, type UndoState, undoKey } from './plugin-states.ts'
import { type RelativeSelection, relativeSelection } from './positions.ts'
import type { Shown } from './shown.ts'
import { SELECTION, UndoStack } from './undo-stack.ts'

/** A composition that was ended has reported its last text after this long, ms. */
const COMPOSED_AFTER = 60

declare module '@tiptap/core' {
  interface Commands<ReturnType> {
    undo: {
      /** Takes back the local user's last step. Returns false if there is none. */
      undo: () => ReturnType
      /** Redoes the step undone last. Returns false if there is none. */
      redo: () => ReturnType
    }
  }
}

/**
 * Undo and redo of the local user's edits: commands, keys, and the browser's own menu. Needs the binding's plugin.
 */
export const Undo = Extension.create({
  name: 'undo',

  addCommands() {
    const command =
      (back: 'undo' | 'redo') =>
      () =>
      ({
        tr,
        state,
        view,
        dispatch,
      }: {
        tr: Transaction
        state: EditorState
        view: EditorView
        dispatch: unknown
      }) => {
        // The change comes out of the Y.Doc, in a transaction of its own.
        tr.setMeta('preventDispatch', true)
        const stack = stackOf(state)
        if (!stack || !view.editable || stack[`${back}Stack`].length === 0) return false
        if (dispatch) composed(view, () => stack[back]())
        return true
      }
    return { undo: command('undo'), redo: command('redo') }
  },

  addKeyboardShortcuts() {
    // Handled even if nothing is left: the browser's own undo knows nothing of remote edits.
    const key = (back: 'undo' | 'redo') => () => {
      this.editor.commands[back]()
      return true
    }
    return { 'Mod-z': key('undo'), 'Mod-y': key('redo'), 'Shift-Mod-z': key('redo') }
  },

  addProseMirrorPlugins() {
    const beforeinput = (_view: EditorView, event: InputEvent): boolean => {
      if (event.inputType !== 'historyUndo' && event.inputType !== 'historyRedo') return false
      event.preventDefault()
      this.editor.commands[event.inputType === 'historyUndo' ? 'undo' : 'redo']()
      return true
    }
    return [undoPlugin(), new Plugin({ props: { handleDOMEvents: { beforeinput } } })]
  },

  onDestroy() {
    stackOf(this.editor.state)?.destroy()
  },
})

/**
 * Collects local edits as steps. A step ends with a pause (500 ms) and when the user moves the caret; remote edits do
 * not end it, nor does anything within a composition. Comes after the binding's plugin.
 */
export function undoPlugin(): Plugin<UndoState> {
  return new Plugin<UndoState>({
    key: undoKey,
    state: {
      init: (_config, state) => ({
        undoManager: new UndoStack(boundIn(state).type, {
          trackedOrigins: new Set([syncKey]),
          deleteFilter: isEmpty,
        }),
        hasUndoOps: false,
        hasRedoOps: false,
        before: null,
        moves: 0,
        elsewhere: false,
        composition: null,
      }),
      apply: (tr, was, before) => {
        const { undoManager } = was
        const steps = { undoManager, hasUndoOps: undoManager.canUndo(), hasRedoOps: undoManager.canRedo() }
        if (tr.getMeta(syncKey)?.isChangeOrigin || tr.getMeta('appendedTransaction'))
          return { ...was, ...steps }
        const moved = !tr.docChanged && !tr.selection.eq(before.selection)
        const moves = moved ? was.moves + 1 : was.moves
        if (!tr.docChanged) return { ...was, ...steps, moves }
        const composition: unknown = tr.getMeta('composition') ?? null
        const elsewhere = isElsewhere(tr, before)
        return { ...steps, before: selectionIn(before, boundIn(before).shown), moves, elsewhere, composition }
      },
    },
    view: collectSteps,
  })
}

function stackOf(state: EditorState): UndoStack | null {
  return undoKey.getState(state)?.undoManager ?? null
}

function collectSteps(view: EditorView) {
  const now = (): UndoState => {
    const state = undoKey.getState(view.state)
    if (!state) throw new Error('the plugin is gone')
    return state
  }
  const { undoManager: stack } = now()
  let composition: unknown = null
  stack.captureTransaction = ({ meta, origin }) => {
    if (meta.get('addToHistory') === false) return false
    if (origin !== syncKey) return true
    const last = composition
    composition = now().composition
    if (composition === null || composition !== last) {
      if (now().elsewhere) stack.stopCapturing()
    } else if (stack.lastChange > 0) {
      // However long the user looks for the right character.
      stack.lastChange = Date.now()
    }
    return true
  }
  const added: Parameters<typeof stack.on<'stack-item-added'>>[1] = ({ stackItem }) => {
    // A step that goes back and forth keeps its selection.
    const from = stack.currStackItem
    stackItem.meta.set(SELECTION, from ? from.meta.get(SELECTION) : now().before)
  }
  // Buttons read the stack on each transaction, and the one that showed the change came too early.
  const popped = () => view.dispatch(view.state.tr.setMeta('addToHistory', false))
  stack.on('stack-item-added', added)
  stack.on('stack-item-popped', popped)
  return {
    update: (_view: EditorView, before: EditorState) => {
      if (now().moves !== undoKey.getState(before)?.moves && !view.composing) stack.stopCapturing()
    },
    destroy: () => {
      stack.off('stack-item-added', added)
      stack.off('stack-item-popped', popped)
    },
  }
}

/** Returns true if `tr` changes nothing near the selection before it. */
function isElsewhere({ mapping }: Transaction, { doc, selection }: EditorState): boolean {
  let [from, to] = [doc.content.size, 0]
  mapping.maps.forEach((map, index) => {
    // Not `slice().invert()`: that also inverts the maps that were sliced off.
    const back = (at: number) =>
      mapping.maps.slice(0, index).reduceRight((place, earlier) => earlier.invert().map(place), at)
    map.forEach((start, end) => {
      from = Math.min(from, back(start))
      to = Math.max(to, back(end))
    })
  })
  if (from > to || (to >= selection.from && from <= selection.to)) return false
  const [start, end, edge] = to < selection.from ? [to, selection.from, to] : [selection.to, from, from]
  // Backspace at the start of a block removes the ends and starts of other blocks before the caret.
  return doc.resolve(edge).parent.inlineContent || doc.textBetween(start, end, null, ' ') !== ''
}

/** Keeps a paragraph that holds someone else's text. */
function isEmpty({ content }: Y.Item): boolean {
  return !(content instanceof Y.ContentType) || content.type._length === 0
}

function boundIn(state: EditorState): SyncState['binding'] {
  const sync = syncKey.getState(state)
  if (!sync) throw new Error('undo stands behind the binding')
  return sync.binding
}

function selectionIn({ doc, selection }: EditorState, root: Shown | null): RelativeSelection | null {
  return root?.node === doc ? relativeSelection(root, selection) : null
}

/**
 * Runs `task` when nothing is being composed. A composition is ended first, or the browser would write it again;
 * losing the focus also lets in what others wrote meanwhile (composition-hold.ts).
 */
function composed(view: EditorView, task: () => void): void {
  if (!view.composing) {
    task()
    return
  }
  view.dom.blur()
  setTimeout(() => {
    if (view.isDestroyed) return
    task()
    view.focus()
  }, COMPOSED_AFTER)
}
