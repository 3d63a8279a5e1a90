import type { Node } from '@tiptap/pm/model'
import type { EditorState, Transaction } from '@tiptap/pm/state'
import { Mapping, type Step } from '@tiptap/pm/transform'
import * as Y from 'yjs'
import { type LocalEdit, syncKey, undoKey } from './plugin-states.ts'
import { type RelativeSelection, relativeSelection } from './positions.ts'
import { rebased, stepTo, wholeBlocks } from './rebase.ts'
import type { Rendering } from './rendering.ts'
import { selectAfter } from './selection.ts'
import { adopt, type Shown } from './shown.ts'
import { stepsBetween, type TextChanges } from './steps.ts'
import { editsOf, type TextEdit } from './text-edits.ts'
import { undoneSelection } from './undo-stack.ts'
import { readSelection } from './unread-selection.ts'
import { Writing } from './writing.ts'

/*
 * Keeps one Y type and one editor in step. Remote changes become the smallest steps on what changed; local changes
 * modify only the Y types they touch. docs/decisions/0032-binding.md
 */

/** The part of an editor view that the binding uses. */
export interface BoundView {
  readonly state: EditorState
  dispatch(tr: Transaction): void
}

export interface BindingOptions {
  /** Receives every exception. By then the page is right again, or will be after the next change. */
  readonly report: (error: unknown) => void
}

const NO_CHANGES: TextChanges = new Map()

export class Binding {
  readonly type: Y.XmlFragment
  readonly doc: Y.Doc
  /** Counts how often whole blocks were replaced because steps would not do; a bug each time. */
  coarse = 0
  readonly #report: (error: unknown) => void
  readonly #edit: (state: EditorState) => LocalEdit | null
  #rendering: Rendering | null = null
  #view: BoundView | null = null
  #lastView: BoundView | null = null
  /** The Y type as it was last read. */
  #root: Shown | null = null
  /** The document when it was last in step with the Y type. Differences from it are local. */
  #base: Node | null = null
  /** The last local edit that is in the Y.Doc. */
  #written: LocalEdit | null = null
  /** True if the Y type has changed and could not be read. */
  #unread = false
  #isWriting = false
  readonly #own = new WeakSet<Y.Transaction>()
  /** Transactions whose observers have not been called yet. */
  readonly #unseen = new Set<Y.Transaction>()
  /** Those of them whose positions from Yjs are stale: the Y.Doc had changed again before they were looked at. */
  readonly #late = new WeakSet<Y.Transaction>()
  #placesBefore: RelativeSelection | null = null

  constructor(type: Y.XmlFragment, options: BindingOptions, edit: (state: EditorState) => LocalEdit | null) {
    if (!type.doc) throw new Error('the type is in no document')
    this.type = type
    this.doc = type.doc
    this.#report = options.report
    this.#edit = edit
  }

  /** Returns the tree that is shown of the Y type, or null before the first view. */
  get shown(): Shown | null {
    return this.#root
  }

  /** Shows the Y type in `view`, in place of an earlier view. */
  attach(view: BoundView, rendering: Rendering): void {
    this.detach()
    this.#view = view
    this.#rendering = rendering
    // Same view, new plugins: keep unwritten edits. A new view has none.
    if (view !== this.#lastView) {
      this.#base = view.state.doc
      this.#written = this.#edit(view.state)
    }
    this.#lastView = view
    this.doc.on('beforeTransaction', this.#begin)
    this.doc.on('beforeObserverCalls', this.#comes)
    this.doc.on('afterTransaction', this.#gone)
    this.type.observeDeep(this.#observe)
    this.#recover()
    this.viewUpdated()
  }

  detach(): void {
    if (!this.#view) return
    this.#view = null
    this.doc.off('beforeTransaction', this.#begin)
    this.doc.off('beforeObserverCalls', this.#comes)
    this.doc.off('afterTransaction', this.#gone)
    this.type.unobserveDeep(this.#observe)
  }

  /** Writes local changes. Must be called after every change of the view's state. */
  viewUpdated(): void {
    const view = this.#view
    const edit = view && this.#edit(view.state)
    if (!view || !edit || edit === this.#written) return
    try {
      this.#write(view, edit)
    } catch (error) {
      this.#report(error)
    }
  }

  readonly #begin = (): void => {
    if (this.#view && !this.#isWriting) readSelection(this.#view)
    const state = this.#view?.state
    this.#placesBefore =
      state && this.#root && state.doc === this.#root.node
        ? relativeSelection(this.#root, state.selection)
        : null
  }

  readonly #comes = (transaction: Y.Transaction): void => {
    if (!this.#own.has(transaction)) this.#unseen.add(transaction)
  }

  readonly #gone = (transaction: Y.Transaction): void => {
    this.#unseen.delete(transaction)
  }

  readonly #observe = (events: Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction): void => {
    this.#unseen.delete(transaction)
    if (this.#own.has(transaction)) return
    // A local change that failed half-way is tried again, then everything is read.
    if (this.#isWriting) return
    try {
      if (this.#unread) this.#recover()
      else this.#show(events, transaction)
    } catch (error) {
      this.#report(error)
      this.#recover()
    }
    // Write what could not be written while the Y.Doc was ahead.
    this.viewUpdated()
  }

  #show(events: readonly Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction): void {
    const before = this.#root
    if (!before || !this.#rendering) throw new Error('nothing was shown before')
    const changed = new Set<object>()
    const above = new Set<object>()
    const texts = new Map<Y.XmlText, TextEdit[]>()
    const isLate = this.#isLate(transaction)
    for (const event of events) {
      const { target } = event
      changed.add(target)
      for (let type = target; type !== this.type && type._item?.parent instanceof Y.AbstractType; ) {
        type = type._item.parent
        above.add(type)
      }
      if (!isLate && target instanceof Y.XmlText && event instanceof Y.YTextEvent)
        texts.set(target, editsOf(event))
    }
    this.#present(this.#rendering.update({ before, changed, above }), texts, transaction)
  }

  /** Returns true if the Y.Doc has changed again since this transaction. */
  #isLate(transaction: Y.Transaction): boolean {
    const queue = this.doc._transactionCleanups
    const after = queue.slice(queue.indexOf(transaction) + 1)
    for (const each of after) this.#late.add(each)
    return after.length > 0 || this.#late.has(transaction)
  }

  /** Brings the page to `next`. Throws if it cannot, leaving the page as it was. */
  #present(next: Shown, texts: TextChanges, transaction: Y.Transaction | null): void {
    const [view, before, base] = [this.#view, this.#root, this.#base]
    if (!view || !base) return
    const { state } = view
    const steps = before && before.node === base ? () => stepsBetween(before, next, texts) : null
    const { tr, shown, isCoarse } = this.#transaction(state, base, next, steps)
    this.#root = shown === null ? next : adopt(next, shown)
    this.#base = shown ?? base
    if (!tr) return
    const undone = transaction !== null && isOwnUndo(transaction, state)
    const places = undone ? undoneSelection(transaction) : this.#placesBefore
    try {
      selectAfter(tr, {
        before: state,
        places,
        isCoarse,
        root: this.#root,
        undone,
      })
      view.dispatch(
        tr
          .setMeta('addToHistory', false)
          .setMeta(syncKey, { isChangeOrigin: true, isUndoRedoOperation: undone }),
      )
      if (view.state === state) throw new Error('a plugin refused a change of the Y.Doc')
    } catch (error) {
      if (view.state === state) {
        this.#root = next
        this.#base = base
        throw error
      }
      this.#report(error)
    }
  }

  /**
   * Returns the steps as one transaction, or null if there are none, and the document that shows `next` before
   * local edits.
   */
  #transaction(state: EditorState, base: Node, next: Shown, steps: (() => Step[]) | null) {
    const local = base === state.doc ? null : stepTo(base, state.doc)
    const build = (list: readonly Step[]) => {
      const tr = state.tr
      if (local) tr.step(local.invert(base))
      const start = tr.steps.length
      for (const step of list) tr.step(step)
      const shown = tr.doc
      if (!shown.content.eq(next.node.content)) throw new Error('the steps lead elsewhere')
      if (local) {
        const mapping = tr.mapping.slice(start)
        const again = stepTo(shown, rebased(local, mapping, shown))
        if (again) tr.step(again)
      }
      return { tr: list.length > 0 ? tr : null, shown: list.length > 0 || !local ? shown : base }
    }
    if (steps) {
      try {
        return { ...build(steps()), isCoarse: false }
      } catch (error) {
        this.coarse += 1
        this.#report(error)
      }
    }
    const whole = base.content.eq(next.node.content) ? null : (steps ? wholeBlocks : stepTo)(base, next.node)
    return { ...build(whole ? [whole] : []), isCoarse: true }
  }

  /** Reads and shows everything again, after an exception. */
  #recover(): void {
    try {
      const next = this.#read()
      if (next) this.#present(next, NO_CHANGES, null)
    } catch (error) {
      this.#report(error)
    }
  }

  /** Reads the whole Y type as it is now, even in the middle of a transaction. */
  #read(): Shown | null {
    this.#unread = true
    for (const transaction of this.#unseen) this.#late.add(transaction)
    if (this.doc._transaction) this.#late.add(this.doc._transaction)
    const shown = this.#rendering?.render(this.type) ?? null
    this.#unread = shown === null
    return shown
  }

  /** Writes the local edit into the Y.Doc, and nothing else: what others wrote meanwhile stays. */
  #write(view: BoundView, edit: LocalEdit): void {
    const { state } = view
    const [before, base] = [this.#root, this.#base]
    if (!base || state.doc === base) {
      this.#written = edit
      return
    }
    const isCurrent = !this.#unread && this.#unseen.size === 0 && this.doc._transaction === null
    const root = (isCurrent ? before : null) ?? this.#read()
    if (!root) return
    this.#root = root
    const target = root.node === base ? state.doc : this.#onTop(before, base, state.doc, root)
    const caret = target === state.doc ? state.selection.head : null
    let isStale = target !== state.doc
    try {
      isStale = this.#commit(root, target, caret, edit, false) || isStale
    } catch (error) {
      this.#report(error)
      // No remote change came since: write whole blocks over what got through of the edit.
      const half = this.#read()
      if (half) this.#commit(half, target, null, edit, true)
      isStale = true
    }
    if (!isStale) return
    // The written content is not the remembered one, so nothing can be compared with it.
    this.#root = null
    this.#recover()
  }

  #onTop(before: Shown | null, base: Node, doc: Node, root: Shown): Node {
    const local = stepTo(base, doc)
    if (!local) return root.node
    const maps =
      before?.node === base
        ? stepsBetween(before, root, NO_CHANGES).map((step) => step.getMap())
        : [stepTo(base, root.node)?.getMap()].filter((map) => map !== undefined)
    return rebased(local, new Mapping(maps), root.node)
  }

  /** Returns true if the Y type has to be read again. Throws if the edit could not be written, or only half of it. */
  #commit(root: Shown, target: Node, caret: number | null, edit: LocalEdit, whole: boolean): boolean {
    const rendering = this.#rendering
    const doc = this.#view?.state.doc
    if (!rendering || !doc) return true
    const writing = new Writing(this.doc, rendering, whole)
    const isNested = this.doc._transaction !== null
    this.#isWriting = true
    try {
      this.doc.transact((transaction) => {
        ;(isNested ? this.#late : this.#own).add(transaction)
        transaction.meta.set('addToHistory', edit.addToHistory)
        this.#root = writing.write(root, target, caret)
        this.#base = doc
        this.#written = edit
        this.#isWriting = false
      }, syncKey)
    } catch (error) {
      if (this.#isWriting) throw error
      // The edit is written; an observer failed.
      this.#report(error)
    } finally {
      this.#isWriting = false
    }
    return writing.isStale
  }
}

/** Another editor of this document may have its own undo. */
function isOwnUndo({ origin }: Y.Transaction, state: EditorState): boolean {
  const own = undoKey.getState(state)?.undoManager
  return origin instanceof Y.UndoManager && (own === undefined || own === origin)
}
