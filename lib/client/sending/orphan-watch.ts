import * as Y from 'yjs'
import type { Clock } from '#lib/protocol/clock.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import type { Owner } from '../owner.ts'
import type { KeptDraft } from './kept-draft.ts'
import { type Orphans, orphanBatch } from './orphan-batch.ts'

export interface OrphanWatchOptions {
  readonly doc: Y.Doc
  /** Returns true for a client id that this user writes with. */
  readonly isOwn: (clientId: number) => boolean
  /** Where orphaned words are set aside. */
  readonly draft: Pick<KeptDraft, 'batches' | 'setAside'>
  readonly clock: Clock
  /** Told when words were set aside. */
  readonly owner: Owner
}

/** Words orphaned within this time become one batch of the draft, ms. */
const TOGETHER_MS = 200

/**
 * Finds orphaned letters and sets them aside: they are deleted although no received delete set names them, because
 * their block was deleted by a client that had not received them. Letters that a delete set names were deleted on
 * purpose (docs/decisions/0053-orphaned-words.md).
 */
export class OrphanWatch {
  readonly #options: OrphanWatchOptions
  /** The received updates of the transaction under way. */
  #updates: Uint8Array[] = []
  #found: Orphans[] = []
  #cancel: (() => void) | null = null

  constructor(options: OrphanWatchOptions) {
    this.#options = options
    // Observers run before Yjs drops the content of deleted items.
    options.doc.on('afterTransaction', this.#look)
  }

  /** Notes a received Yjs v1 update that is about to be applied. */
  applying(update: Uint8Array): void {
    this.#updates.push(update)
  }

  /** Sets aside what was found, and looks no more. Idempotent. */
  destroy(): void {
    this.#options.doc.off('afterTransaction', this.#look)
    if (!this.#cancel) return
    this.#cancel()
    this.#keep()
  }

  readonly #look = ({ deleteSet }: Y.Transaction): void => {
    const updates = this.#updates
    if (updates.length === 0) return
    this.#updates = []
    const { doc, clock, isOwn } = this.#options
    const clients = [...deleteSet.clients.keys()].filter(isOwn)
    if (clients.length === 0) return
    const named = Y.mergeDeleteSets(updates.map((update) => Y.decodeUpdate(update).ds))
    const parents = new Set<Y.AbstractType<unknown>>()
    for (const client of clients) {
      for (const { clock: first, len } of deleteSet.clients.get(client) ?? []) {
        for (let at = first; at < first + len; ) {
          const item = Y.getItem(doc.store, Y.createID(client, at))
          if (isLetters(item) && item.parent instanceof Y.AbstractType && item.parent._item?.deleted)
            parents.add(item.parent)
          at = item.id.clock + item.length
        }
      }
    }
    for (const parent of parents) {
      const orphans = this.#of(parent, deleteSet, named)
      if (orphans) this.#found.push(orphans)
    }
    if (this.#found.length > 0) this.#cancel ??= clock.after(TOGETHER_MS, () => this.#keep())
  }

  #keep(): void {
    this.#cancel = null
    const { doc, draft, clock, owner } = this.#options
    const known = new Set(draft.batches.flatMap(({ orphaned = '' }) => orphaned.split(' ')))
    const fresh = this.#found.filter(({ key }) => !known.has(key))
    this.#found = []
    if (fresh.length === 0) return
    void draft.setAside([orphanBatch(doc, fresh, clock.now())])
    owner.changed()
  }

  /** Returns the orphaned letters of one block, in the order of the text. */
  #of(parent: Y.AbstractType<unknown>, died: DeleteSet, named: DeleteSet): Orphans | null {
    let key = ''
    let text = ''
    let isApart = false
    for (let item = parent._start; item; item = item.right) {
      const words =
        isLetters(item) && this.#options.isOwn(item.id.client) ? orphanedIn(item, died, named) : ''
      if (words === '') {
        isApart ||= text !== '' && item.countable
        continue
      }
      if (key === '') key = `${item.id.client}:${item.id.clock}`
      if (isApart) text += ' … '
      isApart = false
      text += words
    }
    return text.trim() === '' ? null : { key, text, index: this.#indexOf(parent) }
  }

  /** Returns the number of living blocks of the body above the one that holds `type`. */
  #indexOf(type: Y.AbstractType<unknown>): number {
    const body = this.#options.doc.getXmlFragment(ROOTS.body)
    let block = type._item
    while (block && block.parent !== (body as object)) {
      block = block.parent instanceof Y.AbstractType ? block.parent._item : null
    }
    let index = 0
    for (let item = block?.left ?? null; item; item = item.left) {
      if (!item.deleted && item.countable) index += item.length
    }
    return index
  }
}

type DeleteSet = Y.Transaction['deleteSet']

type Letters = Y.Item & { readonly content: Y.ContentString }

function isLetters(item: unknown): item is Letters {
  return item instanceof Y.Item && item.content instanceof Y.ContentString
}

/** Returns the characters of an item that died and that no received delete set names. */
function orphanedIn({ id, content }: Letters, died: DeleteSet, named: DeleteSet): string {
  let text = ''
  for (let i = 0; i < content.str.length; i++) {
    const at = Y.createID(id.client, id.clock + i)
    if (Y.isDeleted(died, at) && !Y.isDeleted(named, at)) text += content.str[i]
  }
  return text
}
