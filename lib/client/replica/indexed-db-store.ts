import type { Row } from '#lib/protocol/log-row.ts'
import { deleteDatabase, inOneTab, type TabChannel, tabChannel } from './browser-storage.ts'
import {
  EVERY_STORE,
  type History,
  openReplicaDatabase,
  type ReplicaDatabase,
  type ReplicaTable,
  type ReplicaTransaction,
  replicaName,
} from './replica-database.ts'
import { foldRows } from './replica-fold.ts'
import {
  apart,
  type Bound,
  historyOf,
  own,
  ownRow,
  ownState,
  sameChain,
  undamaged,
  within,
} from './replica-records.ts'
import {
  type ReplicaStore,
  ReplicaStoreError,
  type SealedBatch,
  type StoredReplica,
} from './replica-store.ts'

/*
 * Implements the port replica-store.ts on IndexedDB, with one database per user, shared by all tabs.
 * Everything of a document is stored under its history, `{documentId}/{lineage}`. Its addresses (one per role)
 * thereby share one replica, and a new lineage leaves the old outbox aside without moving it. Before the first join
 * the document is unknown: batches wait under `/{address}` until `bind` moves them.
 *
 * Over 350 lines: one class with a method for each transaction of the port, all on the same five stores.
 */

const COMPACT_ROWS = 500
const COMPACT_BYTES = 1024 * 1024

/** A message between tabs: the document whose outbox changed. */
export type OutboxChange = { readonly address: string; readonly history: History }

/** Opens the user's store. Returns null if this browser offers no database (private mode, blocked). Never throws. */
export async function openIndexedDbStore(userId: string): Promise<ReplicaStore | null> {
  const name = replicaName(userId)
  const db = await openReplicaDatabase(name)
  return db && new IndexedDbStore(name, db)
}

class IndexedDbStore implements ReplicaStore {
  readonly #name: string
  readonly #db: ReplicaDatabase
  readonly #channel: TabChannel | null
  /** The history that this tab's Y.Doc belongs to, by address. */
  readonly #bound = new Map<string, Bound>()
  readonly #listeners = new Map<() => void, string>()
  readonly #wiped = new Set<() => void>()
  #closed = false

  constructor(name: string, db: ReplicaDatabase) {
    this.#name = name
    this.#db = db
    // Another tab erases or upgrades the database. An open connection would block it forever.
    db.addEventListener('versionchange', ({ newVersion }) => {
      const wiped = newVersion === null ? [...this.#wiped] : []
      this.close()
      for (const listener of wiped) listener()
    })
    this.#channel = tabChannel(name)
    this.#channel?.addEventListener('message', (event: MessageEvent<OutboxChange>) => {
      for (const [listener, address] of this.#listeners) {
        const bound = this.#bound.get(address)
        if (event.data.address === address || (bound && event.data.history === historyOf(address, bound)))
          listener()
      }
    })
  }

  load(address: string): Promise<StoredReplica | null> {
    this.#bound.delete(address)
    return this.#read(async (tx) => {
      const bound = await this.#boundOf(tx, address)
      const history = historyOf(address, bound)
      const [state, rows, batches] = await Promise.all([
        tx.objectStore('states').get(history),
        tx.objectStore('rows').getAll(within(history)),
        tx.objectStore('outbox').getAll(within(history)),
      ])
      if (bound.documentId === '' && batches.length === 0) return null
      const [outbox, draft] = apart(batches)
      if (bound.documentId !== '') this.#bound.set(address, bound)
      return { ...bound, ...undamaged(state, rows), outbox, draft }
    })
  }

  async bind(address: string, documentId: string, lineage: string): Promise<void> {
    const bound = { documentId, lineage }
    const history = historyOf(address, bound)
    const moved = await this.#write(async (tx) => {
      const stored = await tx.objectStore('documents').get(documentId)
      if (stored && stored.lineage !== lineage) {
        const old = historyOf(address, stored)
        await Promise.all([tx.objectStore('states').delete(old), tx.objectStore('rows').delete(within(old))])
      }
      const outbox = tx.objectStore('outbox')
      const waiting = await outbox.getAll(within(`/${address}`))
      await Promise.all([
        tx.objectStore('documents').put(bound),
        tx.objectStore('addresses').put({ address, documentId }),
        outbox.delete(within(`/${address}`)),
        ...waiting.map((batch) => outbox.put({ ...batch, history })),
      ])
      return waiting.length > 0
    })
    this.#bound.set(address, bound)
    if (moved) this.#tell({ address, history })
  }

  /*
   * Durability: *relaxed* returns once the operating system has the bytes, so they survive a killed browser but not
   * a power cut. That is enough online, where the server has the batch a few milliseconds later, and keystrokes do
   * not wait for a flush. Offline this is the only copy and nothing waits for it, so it is flushed.
   */
  async seal(address: string, batch: SealedBatch): Promise<void> {
    const durability = navigator.onLine === false ? 'strict' : 'relaxed'
    const { clientId, n, at, restore } = batch
    const payload = own(batch.payload)
    try {
      const history = await this.#write(async (tx) => {
        // For a bound address everything is sent in one turn, because `pagehide` may not allow a second.
        const place = historyOf(address, this.#bound.get(address) ?? (await this.#boundOf(tx, address)))
        const added = tx.objectStore('outbox').add({ history: place, clientId, n, at, restore, payload })
        tx.commit()
        await added
        return place
      }, durability)
      this.#tell({ address, history })
    } catch (error) {
      if (!isThere(error)) throw error
    }
  }

  async commit(
    address: string,
    rows: readonly Row[],
    committed: readonly { clientId: number; n: number }[],
  ): Promise<void> {
    const change = await this.#write(async (tx) => {
      const bound = await this.#boundOf(tx, address)
      const history = historyOf(address, bound)
      if (rows.length > 0 && (await this.#isCurrent(tx, bound))) {
        const stored = tx.objectStore('rows')
        await Promise.all(rows.map((row) => stored.put(ownRow(history, row))))
      }
      if (committed.length === 0) return null
      const outbox = tx.objectStore('outbox')
      const last = new Map<number, number>()
      for (const { clientId, n } of committed) last.set(clientId, Math.max(n, last.get(clientId) ?? 0))
      const keys = await outbox.getAllKeys(within(history))
      const removed = keys.filter(([, clientId, n]) => n <= (last.get(clientId) ?? 0))
      await Promise.all(removed.map((key) => outbox.delete(key)))
      return removed.length > 0 ? { address, history } : null
    })
    if (change) this.#tell(change)
  }

  replace(
    address: string,
    state: { seq: number; chain: Uint8Array; update: Uint8Array },
    rows: readonly Row[],
  ): Promise<void> {
    return this.#write(async (tx) => {
      const bound = await this.#boundOf(tx, address)
      if (!(await this.#isCurrent(tx, bound))) return
      const history = historyOf(address, bound)
      const stored = tx.objectStore('rows')
      await Promise.all([
        tx.objectStore('states').put(ownState(history, state)),
        stored.delete(within(history)),
        ...rows.map((row) => stored.put(ownRow(history, row))),
      ])
    })
  }

  forget(address: string, clientId: number, n: number): Promise<void> {
    return this.#changeOutbox(address, async (outbox, history) => {
      const key: [History, number, number] = [history, clientId, n]
      if ((await outbox.count(key)) === 0) return false
      await outbox.delete(key)
      return true
    })
  }

  async outbox(address: string): Promise<readonly SealedBatch[]> {
    return (await this.#batches(address))[0]
  }

  async draft(address: string): Promise<readonly SealedBatch[]> {
    return (await this.#batches(address))[1]
  }

  setAside(address: string, batches: readonly SealedBatch[]): Promise<void> {
    return this.#changeOutbox(address, async (outbox, history) => {
      for (const { payload, ...batch } of batches)
        await outbox.put({ ...batch, history, payload: own(payload), aside: true })
      return batches.length > 0
    })
  }

  takeBack(address: string): Promise<void> {
    return this.#changeOutbox(address, async (outbox, history) => {
      const draft = (await outbox.getAll(within(history))).filter(({ aside }) => aside)
      for (const { aside, ...batch } of draft) await outbox.put(batch)
      return draft.length > 0
    })
  }

  discard(address: string): Promise<void> {
    return this.#changeOutbox(address, async (outbox, history) => {
      const draft = (await outbox.getAll(within(history))).filter(({ aside }) => aside)
      for (const { clientId, n } of draft) await outbox.delete([history, clientId, n])
      return draft.length > 0
    })
  }

  onOutboxChange(address: string, listener: () => void): () => void {
    // A new key, so that the same function may listen twice.
    const call = () => listener()
    this.#listeners.set(call, address)
    return () => this.#listeners.delete(call)
  }

  compact(address: string): Promise<void> {
    // If two tabs do the same work, the check before the write discards the second result.
    return inOneTab(`${this.#name}:compact:${address}`, () => this.#compact(address))
  }

  onWiped(listener: () => void): () => void {
    this.#wiped.add(listener)
    return () => this.#wiped.delete(listener)
  }

  async wipe(): Promise<void> {
    // Cleared first, because the deletion itself may wait for a frozen tab.
    if (!this.#closed)
      await this.#write((tx) => Promise.all(EVERY_STORE.map((store) => tx.objectStore(store).clear())))
    this.close()
    try {
      await deleteDatabase(this.#name)
    } catch (error) {
      throw toStoreError(error)
    }
  }

  close(): void {
    this.#closed = true
    this.#listeners.clear()
    this.#wiped.clear()
    this.#channel?.close()
    this.#db.close()
  }

  async #compact(address: string): Promise<void> {
    const before = await this.#read(async (tx) => {
      const bound = await this.#boundOf(tx, address)
      const history = historyOf(address, bound)
      const [state, rows] = await Promise.all([
        tx.objectStore('states').get(history),
        tx.objectStore('rows').getAll(within(history)),
      ])
      return { history, ...undamaged(state, rows) }
    })
    const last = before.rows.at(-1)
    const bytes = before.rows.reduce((sum, row) => sum + row.entries.length, 0)
    if (!last || (before.rows.length <= COMPACT_ROWS && bytes <= COMPACT_BYTES)) return
    // Done outside any transaction, because IndexedDB commits one that is left idle.
    const update = foldRows(before.state?.update ?? null, before.rows)
    if (!update) return
    await this.#write(async (tx) => {
      const states = tx.objectStore('states')
      const rows = tx.objectStore('rows')
      const { history } = before
      const [state, stillLast] = await Promise.all([states.get(history), rows.get([history, last.seq])])
      const unchanged =
        state?.seq === before.state?.seq && sameChain(state, before.state) && sameChain(stillLast, last)
      if (!unchanged) return
      await Promise.all([
        states.put(ownState(history, { seq: last.seq, chain: last.chain, update })),
        rows.delete(IDBKeyRange.bound([history, 0], [history, last.seq])),
      ])
    })
  }

  /** Returns this tab's binding of the address, or the stored one, or an unbound one. */
  async #boundOf(tx: ReplicaTransaction<IDBTransactionMode>, address: string): Promise<Bound> {
    const mine = this.#bound.get(address)
    if (mine) return mine
    const found = await tx.objectStore('addresses').get(address)
    const stored = found && (await tx.objectStore('documents').get(found.documentId))
    return stored ?? { documentId: '', lineage: '' }
  }

  /** Returns false for a lineage that another tab has replaced. */
  async #isCurrent(tx: ReplicaTransaction<'readwrite'>, bound: Bound): Promise<boolean> {
    if (bound.documentId === '') throw new Error('rows came for an address that is not bound')
    const stored = await tx.objectStore('documents').get(bound.documentId)
    return stored?.lineage === bound.lineage
  }

  #batches(address: string): Promise<[outbox: SealedBatch[], draft: SealedBatch[]]> {
    return this.#read(async (tx) => {
      const history = historyOf(address, await this.#boundOf(tx, address))
      return apart(await tx.objectStore('outbox').getAll(within(history)))
    })
  }

  /**
   * Changes the outbox in a *strict* transaction, because a draft is the only copy. `work` returns whether it
   * changed anything; then the other tabs are told.
   */
  async #changeOutbox(
    address: string,
    work: (outbox: ReplicaTable<'outbox'>, history: History) => Promise<boolean>,
  ): Promise<void> {
    const change = await this.#write(async (tx) => {
      const history = historyOf(address, await this.#boundOf(tx, address))
      return (await work(tx.objectStore('outbox'), history)) ? { address, history } : null
    }, 'strict')
    if (change) this.#tell(change)
  }

  #tell(change: OutboxChange): void {
    if (!this.#closed) this.#channel?.postMessage(change)
  }

  #read<T>(work: (tx: ReplicaTransaction<'readonly'>) => Promise<T>): Promise<T> {
    return this.#run(() => this.#db.transaction(EVERY_STORE, 'readonly'), work)
  }

  #write<T>(
    work: (tx: ReplicaTransaction<'readwrite'>) => Promise<T>,
    durability: 'strict' | 'relaxed' = 'relaxed',
  ): Promise<T> {
    return this.#run(() => this.#db.transaction(EVERY_STORE, 'readwrite', { durability }), work)
  }

  /** Resolves when the transaction is complete, rather than its requests. */
  async #run<Mode extends IDBTransactionMode, T>(
    begin: () => ReplicaTransaction<Mode>,
    work: (tx: ReplicaTransaction<Mode>) => Promise<T>,
  ): Promise<T> {
    let tx: ReplicaTransaction<Mode> | undefined
    try {
      tx = begin()
      const done = tx.done
      // `work` reports a failure first; the same failure here must not count as unhandled.
      done.catch(() => undefined)
      const result = await work(tx)
      await done
      return result
    } catch (error) {
      throw toStoreError(tx?.error ?? error)
    }
  }
}

/** Returns true if the key exists, that is, if the batch was sealed before. */
function isThere(error: unknown): boolean {
  return (
    error instanceof ReplicaStoreError &&
    error.cause instanceof DOMException &&
    error.cause.name === 'ConstraintError'
  )
}

function toStoreError(error: unknown): ReplicaStoreError {
  const quota = error instanceof DOMException && error.name === 'QuotaExceededError'
  return new ReplicaStoreError(quota ? 'quota' : 'failed', error)
}
