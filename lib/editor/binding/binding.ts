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
 * Holds one Y type and one editor against each other. What others write becomes the smallest steps on what changed;
 * what is written here changes the Y types it touched. docs/decisions/0032-binding.md
 */

/** What is used of an editor. */
export interface BoundView {
  readonly state: EditorState
  dispatch(tr: Transaction): void
}

export interface BindingOptions {
  /** Hears of every exception; what is shown is right again by then, or will be at the next change. */
  readonly report: (error: unknown) => void
}

const NO_CHANGES: TextChanges = new Map()

export class Binding {
  readonly type: Y.XmlFragment
  readonly doc: Y.Doc
  /** How often whole blocks were replaced, for steps would not do; a fault each time. */
  coarse = 0
  readonly #report: (error: unknown) => void
  readonly #edit: (state: EditorState) => LocalEdit | null
  #rendering: Rendering | null = null
  #view: BoundView | null = null
  #lastView: BoundView | null = null
  /** What the Y type says, as it was last read. */
  #root: Shown | null = null
  /** The document as it was when it and the Y type were last in step; what differs is this person's. */
  #base: Node | null = null
  /** The last local edit that is in the Y.Doc. */
  #written: LocalEdit | null = null
  /** The Y type has gone on and could not be read. */
  #unread = false
  #isWriting = false
  readonly #own = new WeakSet<Y.Transaction>()
  /** Transactions on their way to their observers. */
  readonly #unseen = new Set<Y.Transaction>()
  /** Of these, what Yjs says of positions is no longer so: the Y.Doc had gone on when they were looked at. */
  readonly #late = new WeakSet<Y.Transaction>()
  #placesBefore: RelativeSelection | null = null

  constructor(type: Y.XmlFragment, options: BindingOptions, edit: (state: EditorState) => LocalEdit | null) {
    if (!type.doc) throw new Error('the type is in no document')
    this.type = type
    this.doc = type.doc
    this.#report = options.report
    this.#edit = edit
  }

  /** What is shown of the Y type; null before the first view. */
  get shown(): Shown | null {
    return this.#root
  }

  /** Shows the Y type in `view` from now on, in place of an earlier one. */
  attach(view: BoundView, rendering: Rendering): void {
    this.detach()
    this.#view = view
    this.#rendering = rendering
    // The same editor, with other plugins: what is not written yet stays. Of another one nothing is known.
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

  /** To be called after every change of the view's state. */
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
    // A local change that failed half-way is tried again, and then all is read.
    if (this.#isWriting) return
    try {
      if (this.#unread) this.#recover()
      else this.#show(events, transaction)
    } catch (error) {
      this.#report(error)
      this.#recover()
    }
    // What could not be written while the Y.Doc was ahead.
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

  /** Whether others wrote on after this transaction, before it came here. */
  #isLate(transaction: Y.Transaction): boolean {
    const queue = this.doc._transactionCleanups
    const after = queue.slice(queue.indexOf(transaction) + 1)
    for (const each of after) this.#late.add(each)
    return after.length > 0 || this.#late.has(transaction)
  }

  /** Brings the page to `next`. Throws when it cannot, with the page as it was. */
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

  /** The steps as one transaction, null when there are none, and the document that shows `next`, before local edits. */
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

  /** After an exception: all is read and shown anew. */
  #recover(): void {
    try {
      const next = this.#read()
      if (next) this.#present(next, NO_CHANGES, null)
    } catch (error) {
      this.#report(error)
    }
  }

  /** All of the Y type as it is at this moment, also in the midst of a transaction. */
  #read(): Shown | null {
    this.#unread = true
    for (const transaction of this.#unseen) this.#late.add(transaction)
    if (this.doc._transaction) this.#late.add(this.doc._transaction)
    const shown = this.#rendering?.render(this.type) ?? null
    this.#unread = shown === null
    return shown
  }

  /** Writes what the person did into the Y.Doc. Only what they did: what others wrote meanwhile stays. */
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
      // Nobody else wrote since: whole blocks, over what came through of it.
      const half = this.#read()
      if (half) this.#commit(half, target, null, edit, true)
      isStale = true
    }
    if (!isStale) return
    // What was written is not what is remembered: nothing can be compared with it.
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

  /** Returns whether what is shown has to be read again. Throws when it could not be written, or only half. */
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
      // It is written; somebody who heard of it failed.
      this.#report(error)
    } finally {
      this.#isWriting = false
    }
    return writing.isStale
  }
}

/** Another editor of this document may have an undo of its own. */
function isOwnUndo({ origin }: Y.Transaction, state: EditorState): boolean {
  const own = undoKey.getState(state)?.undoManager
  return origin instanceof Y.UndoManager && (own === undefined || own === origin)
}
