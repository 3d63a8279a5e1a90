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
 * The wait for words of another tab of this browser, ms, and the random part of it. That tab sets them aside itself
 * if it is still open.
 */
const OTHERS_MS = 1000
/** Making a batch takes at most this part of the time. */
const SHARE = 0.1

/** The orphaned letters of one block, in the order of the text. */
interface Found {
  readonly pieces: readonly Piece[]
  /** Identifies the words of each client in this block by their first letter. */
  readonly keys: ReadonlyMap<number, string>
  readonly index: number
}

interface Piece {
  readonly client: number
  readonly words: string
  /** Something else stood before these words. */
  readonly isApart: boolean
}

/**
 * Finds orphaned letters and sets them aside: they are deleted although no received delete set names them, because
 * their block was deleted by a client that had not received them. Letters that a delete set names were deleted on
 * purpose (docs/decisions/0053-orphaned-words.md).
 */
export class OrphanWatch {
  readonly #options: OrphanWatchOptions
  /** The received updates of the transaction under way. */
  #updates: Uint8Array[] = []
  #found: Found[] = []
  /** The time at which the first of them was found. */
  #since = 0
  #cancel: (() => void) | null = null
  /** The time before which no other batch is made, so that whoever removes blocks all the time stops nobody. */
  #restUntil = 0

  constructor(options: OrphanWatchOptions) {
    this.#options = options
    // Observers run before Yjs drops the content of deleted items.
    options.doc.on('afterTransaction', this.#look)
  }

  /** Notes a received Yjs v1 update that is about to be applied. */
  applying(update: Uint8Array): void {
    this.#updates.push(update)
  }

  /** Sets aside what was found, now: the page may be going away. Idempotent. */
  flush(): void {
    this.#cancel?.()
    this.#cancel = null
    const fresh = this.#fresh()
    this.#found = []
    if (fresh.length === 0) return
    const { doc, draft, clock, owner } = this.#options
    const from = clock.steady()
    const batch = orphanBatch(doc, fresh, clock.now())
    const now = clock.steady()
    this.#restUntil = now + (now - from) / SHARE
    void draft.setAside([batch])
    owner.changed()
  }

  /** Sets aside what was found, and looks no more. Idempotent. */
  destroy(): void {
    this.#options.doc.off('afterTransaction', this.#look)
    this.flush()
  }

  readonly #look = ({ deleteSet }: Y.Transaction): void => {
    const updates = this.#updates
    if (updates.length === 0) return
    this.#updates = []
    const { doc, isOwn } = this.#options
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
    if (parents.size === 0) return
    const found = [...this.#inOrder(parents)].flatMap(
      ([parent, index]) => this.#of(parent, index, deleteSet, named) ?? [],
    )
    if (found.length > 0) this.#keepSoon(found)
  }

  #keepSoon(found: readonly Found[]): void {
    const { doc, clock } = this.#options
    if (this.#found.length === 0) this.#since = clock.steady()
    this.#found.push(...found)
    this.#cancel?.()
    const isShared = this.#found.some(({ keys }) =>
      [...keys.keys()].some((client) => client !== doc.clientID),
    )
    const wait = isShared ? OTHERS_MS * (1 + clock.random()) : TOGETHER_MS
    const at = Math.max(this.#since + wait, this.#restUntil)
    this.#cancel = clock.after(Math.max(0, at - clock.steady()), () => this.flush())
  }

  /** Returns the words found that are not in the draft yet. */
  #fresh(): Orphans[] {
    const known = new Set(this.#options.draft.batches.flatMap(({ orphaned = '' }) => orphaned.split(' ')))
    return this.#found.flatMap(({ pieces, keys, index }) => {
      const left = new Map([...keys].filter(([, key]) => !known.has(key)))
      let text = ''
      let isApart = false
      for (const piece of pieces) {
        isApart ||= piece.isApart
        if (!left.has(piece.client)) continue
        if (isApart && text !== '') text += ' … '
        text += piece.words
        isApart = false
      }
      return text.trim() === '' ? [] : [{ keys: [...left.values()], text, index }]
    })
  }

  /** Returns the orphaned letters of one block. */
  #of(parent: Y.AbstractType<unknown>, index: number, died: DeleteSet, named: DeleteSet): Found | null {
    const pieces: Piece[] = []
    const keys = new Map<number, string>()
    let isApart = false
    for (let item = parent._start; item; item = item.right) {
      const { client } = item.id
      const words = isLetters(item) && this.#options.isOwn(client) ? orphanedIn(item, died, named) : null
      if (!words) {
        isApart ||= item.countable
        continue
      }
      if (!keys.has(client)) keys.set(client, `${client}:${words.first}`)
      pieces.push({ client, words: words.text, isApart })
      isApart = false
    }
    return pieces.length === 0 ? null : { pieces, keys, index }
  }

  /**
   * Returns dead types in the order of the text, each with the number of living blocks of the body above the one that
   * holds it.
   */
  #inOrder(types: ReadonlySet<Y.AbstractType<unknown>>): Map<Y.AbstractType<unknown>, number> {
    const body = this.#options.doc.getXmlFragment(ROOTS.body)
    const blocks = new Set<Y.Item>()
    for (const type of types) {
      let block = type._item
      while (block && block.parent !== (body as object)) {
        block = block.parent instanceof Y.AbstractType ? block.parent._item : null
      }
      if (block) blocks.add(block)
    }
    const ordered = new Map<Y.AbstractType<unknown>, number>()
    let index = 0
    const visit = (item: Y.Item): void => {
      if (!(item.content instanceof Y.ContentType)) return
      const { type } = item.content
      if (types.has(type)) ordered.set(type, index)
      for (let child = type._start; child; child = child.right) visit(child)
    }
    for (let item = body._start; item; item = item.right) {
      if (blocks.has(item)) visit(item)
      if (!item.deleted && item.countable) index += item.length
    }
    return ordered
  }
}

type DeleteSet = Y.Transaction['deleteSet']

type Letters = Y.Item & { readonly content: Y.ContentString }

function isLetters(item: unknown): item is Letters {
  return item instanceof Y.Item && item.content instanceof Y.ContentString
}

/** Returns the characters of an item that died and that no received delete set names, and the clock of the first. */
function orphanedIn(
  { id, content }: Letters,
  died: DeleteSet,
  named: DeleteSet,
): { text: string; first: number } | null {
  let text = ''
  let first = 0
  for (let i = 0; i < content.str.length; i++) {
    const at = Y.createID(id.client, id.clock + i)
    if (!Y.isDeleted(died, at) || Y.isDeleted(named, at)) continue
    if (text === '') first = at.clock
    text += content.str[i]
  }
  return text === '' ? null : { text, first }
}
