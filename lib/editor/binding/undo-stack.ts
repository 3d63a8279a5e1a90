import * as Y from 'yjs'
import type { RelativeSelection } from './positions.ts'

type Step = Y.UndoManager['undoStack'][number]
type Type = Y.AbstractType<Y.YEvent<Y.AbstractType<unknown>>>

/** The key under which a step keeps the selection from before it. */
export const SELECTION = Symbol('selection')

/** Consecutive ids of one client. */
interface Span {
  readonly client: number
  readonly clock: number
  readonly length: number
}

/**
 * Undoes like Yjs, except for how a step is taken back. Deleted content comes back as new items, which the old ones
 * name (`redone`). Yjs 13.6.33 goes wrong where a paragraph came back that way and its text is undone further:
 * - the neighbours it chooses for an item may be in the wrong order, left after right. Other clients place such an
 *   item differently: documents diverge for good, and a reload changes the text (yjs issue #794);
 * - of an item that came back and was split since, it finds only the first piece: text comes back in the wrong place,
 *   or stays although its insertion is undone;
 * - it throws if what came back has been garbage collected.
 * Here an item goes between two neighbours that stand side by side, as typed text does, and every piece is followed.
 * docs/decisions/0030-undo.md
 */
export class UndoStack extends Y.UndoManager {
  /** Takes the last step back. Returns null if no step changed anything. */
  override undo(): Step | null {
    this.undoing = true
    try {
      return this.#takeBack(this.undoStack, 'undo')
    } finally {
      this.undoing = false
    }
  }

  /** Redoes the last undone step. Returns null if no step changed anything. */
  override redo(): Step | null {
    this.redoing = true
    try {
      return this.#takeBack(this.redoStack, 'redo')
    } finally {
      this.redoing = false
    }
  }

  #takeBack(stack: Step[], type: 'undo' | 'redo'): Step | null {
    try {
      const changedParentTypes = this.doc.transact((transaction) => {
        while (this.currStackItem === null) {
          const step = stack.pop()
          if (!step) break
          if (new TakingBack(transaction, step, this).run()) this.currStackItem = step
        }
        forgetSearches(transaction)
        return transaction.changedParentTypes
      }, this)
      const stackItem = this.currStackItem
      if (stackItem) {
        this.emit('stack-item-popped', [{ stackItem, type, changedParentTypes, origin: this }, this])
      }
      return stackItem
    } finally {
      // Even if a listener throws, or nothing could be undone from then on.
      this.currStackItem = null
    }
  }
}

/** Takes back one step, inside one transaction. */
class TakingBack {
  readonly #transaction: Y.Transaction
  readonly #step: Step
  readonly #stack: UndoStack
  /** The step's insertions, as they are now. */
  readonly #going: ReadonlySet<Y.Item>
  #changed = false

  constructor(transaction: Y.Transaction, step: Step, stack: UndoStack) {
    this.#transaction = transaction
    this.#step = step
    this.#stack = stack
    this.#going = new Set(this.#inserted())
  }

  /** Returns true if something changed. */
  run(): boolean {
    for (const span of spansOf(this.#step.deletions)) {
      for (const item of pieces(this.#transaction, span)) {
        if (item instanceof Y.Item && this.#comesBack(item)) this.#restore(item)
      }
    }
    // Looked up again, since restoring may have split them. Children before their parents, so that the filter sees
    // what is left.
    for (const item of this.#inserted().reverse()) {
      if (item.deleted || !this.#isOurs(item) || !this.#stack.deleteFilter(item)) continue
      item.delete(this.#transaction)
      this.#changed = true
    }
    return this.#changed
  }

  /** Returns the step's insertions as the items they are now. */
  #inserted(): Y.Item[] {
    return spansOf(this.#step.insertions).flatMap((span) => latest(this.#transaction, span))
  }

  #isOurs(item: Y.Item): boolean {
    const { scope, doc } = this.#stack
    return scope.some((type) => type === doc || (!(type instanceof Y.Doc) && Y.isParentOf(type, item)))
  }

  /** Items inserted and deleted within the step do not come back. */
  #comesBack(item: Y.Item): boolean {
    const { deletions, insertions } = this.#step
    return Y.isDeleted(deletions, item.id) && !Y.isDeleted(insertions, item.id) && this.#isOurs(item)
  }

  /** Returns null if the item is already back, or has no place any more. */
  #restore(item: Y.Item): Y.Item | null {
    const type = item.redone ? null : this.#placeOf(item)
    if (!type) return null
    let left: Y.Item | null
    let right: Y.Item | null = null
    if (item.parentSub === null) {
      left = this.#leftOf(item, type)
      right = left ? left.right : type._start
    } else {
      left = type._map.get(item.parentSub) ?? null
      // A newer value of an attribute, written by someone else, stays.
      if (left && !left.deleted && !this.#going.has(left)) return null
    }
    const { doc } = this.#transaction
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID))
    const restored = new Y.Item(
      id,
      left,
      left?.lastId ?? null,
      right,
      right?.id ?? null,
      type,
      item.parentSub,
      item.content.copy(),
    )
    item.redone = id
    keep(restored)
    restored.integrate(this.#transaction, 0)
    this.#changed = true
    return restored
  }

  /**
   * Returns the type an item belongs in, which is its parent or what its parent came back as, or null if that is
   * gone.
   */
  #placeOf(item: Y.Item): Type | null {
    const parent = item.parent as Type
    if (!parent._item?.deleted) return parent
    let [owner] = latest(this.#transaction, spanOf(parent._item))
    if (owner?.deleted) owner = (this.#comesBack(owner) && this.#restore(owner)) || undefined
    return owner?.content instanceof Y.ContentType ? owner.content.type : null
  }

  /** Returns the item of `type` that this one goes behind, or null for the front. */
  #leftOf(item: Y.Item, type: Type): Y.Item | null {
    if (item.parent === type) return item.left
    for (let before = item.left; before; before = before.left) {
      const found = this.#endIn(type, before)
      if (found) return found
    }
    return null
  }

  /**
   * Returns the item of `type` that ends with what the last character of `item` came back as. An item that came
   * back beside itself is left out: it stands further left, where it is met again, and others may stand between.
   */
  #endIn(type: Type, item: Y.Item): Y.Item | null {
    const { store } = this.#transaction.doc
    let found: Y.ID | null = null
    for (let id: Y.ID | null = item.lastId; id; ) {
      const at: unknown = Y.getItem(store, id)
      if (!(at instanceof Y.Item)) break
      if (at !== item && at.parent === item.parent) return null
      if (at.parent === type) found = id
      id = at.redone && Y.createID(at.redone.client, at.redone.clock + id.clock - at.id.clock)
    }
    return found && Y.getItemCleanEnd(this.#transaction, store, found)
  }
}

function spansOf({ clients }: Step['insertions']): Span[] {
  return [...clients].flatMap(([client, items]) =>
    items.map(({ clock, len }) => ({ client, clock, length: len })),
  )
}

function spanOf({ id, length }: Y.Item): Span {
  return { client: id.client, clock: id.clock, length }
}

/** Yields the structs of a span, split at its ends. */
function* pieces(transaction: Y.Transaction, span: Span): Generator<Y.Item | Y.GC> {
  const { client, clock, length } = span
  const { store } = transaction.doc
  for (let at = clock; at < clock + length; ) {
    const struct: Y.Item | Y.GC = Y.getItemCleanStart(transaction, Y.createID(client, at))
    if (struct.id.clock + struct.length > clock + length)
      Y.getItemCleanEnd(transaction, store, Y.createID(client, clock + length - 1))
    at = struct.id.clock + struct.length
    yield struct
  }
}

/**
 * Returns what the items of a span came back as last, in the same order. An item that never came back stands for
 * itself.
 */
function latest(transaction: Y.Transaction, span: Span): Y.Item[] {
  const found: Y.Item[] = []
  const left = [span]
  for (let next = left.pop(); next; next = left.pop()) {
    const [struct] = pieces(transaction, next)
    if (!struct) continue
    const end = struct.id.clock + struct.length
    const rest = next.clock + next.length - end
    if (rest > 0) left.push({ client: next.client, clock: end, length: rest })
    if (!(struct instanceof Y.Item)) continue
    if (struct.redone) left.push({ ...struct.redone, length: struct.length })
    else found.push(struct)
  }
  return found
}

/** Keeps these items and their ancestors, or Yjs discards their content. */
function keep(restored: Y.Item): void {
  let item: Y.Item | null = restored
  while (item && !item.keep) {
    item.keep = true
    item = (item.parent as Type)._item
  }
}

/** Types remember places by counting, and were not told of the items inserted beside them. */
function forgetSearches({ changed }: Y.Transaction): void {
  for (const [type, keys] of changed) {
    if (keys.has(null) && type._searchMarker) type._searchMarker.length = 0
  }
}

/** Returns the selection before the step that `transaction` takes back, or null if it takes none back. */
export function undoneSelection({ origin }: Y.Transaction): RelativeSelection | null {
  if (!(origin instanceof UndoStack) || !origin.undoing) return null
  return origin.currStackItem?.meta.get(SELECTION) ?? null
}
