import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { openIndexedDbStore } from '#lib/client/replica/indexed-db-store.ts'
import { type ReplicaStore, ReplicaStoreError } from '#lib/client/replica/replica-store.ts'
import { settled, type VirtualClock } from '../support/virtual-clock.ts'
import type { Browser } from './simulated-replica.ts'

/** What of fake-indexeddb's transaction its own types leave out: how the browser ends one. */
interface Transaction extends IDBTransaction {
  readonly _state: 'active' | 'inactive' | 'committing' | 'finished'
  _abort(name: string): void
}

interface Tab {
  alive: boolean
  /** In the order of their beginning. */
  readonly transactions: Transaction[]
}

/** An answer of the database reaches its tab within this time. */
const ANSWER_MS = 30
const SLOW_ANSWER_MS = 400
/** Turns of the event loop in which a transaction may meet its end: longer than any of ours takes. */
const TURNS = 12
/** Of the transactions of a browser that is well. */
const ABORTED = 0.05
/** While it is full. Small ones still fit. */
const REFUSED = 0.7

/** The tab in whose call a transaction begins, and what becomes of it. */
let beginning: ((transaction: Transaction) => void) | null = null

const begin = IDBDatabase.prototype.transaction
IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...options) {
  const transaction = begin.apply(this, options)
  beginning?.(transaction as Transaction)
  return transaction
}

/** Tabs hear each other in the next turn, not when the operating system likes: a seed replays a run. */
class TurnChannel extends EventTarget {
  static readonly all = new Set<TurnChannel>()
  readonly name: string
  constructor(name: string) {
    super()
    this.name = name
    TurnChannel.all.add(this)
  }
  postMessage(data: unknown): void {
    for (const other of TurnChannel.all) {
      if (other === this || other.name !== this.name) continue
      setImmediate(() => other.dispatchEvent(new MessageEvent('message', { data })))
    }
  }
  close(): void {
    TurnChannel.all.delete(this)
  }
}

let browsers = 0

/**
 * A browser whose tabs run the real `indexed-db-store.ts` over an IndexedDB in memory. Transactions of all tabs take their
 * turns; while it is full most are aborted with QuotaExceededError, at any moment until they are complete, and a few
 * are aborted anyway. A tab that is killed leaves those transactions that were complete, perhaps some more, and hears of none.
 */
export class IndexedDbBrowser implements Browser {
  readonly #clock: VirtualClock
  readonly #userId = `person-${++browsers}`
  readonly #underWay = new Set<Promise<unknown>>()
  /** Planted: says "stored" of batches that it drops. */
  readonly #forgets: boolean
  failure: ReplicaStoreError | null = null

  constructor(clock: VirtualClock, { forgets = false }: { forgets?: boolean } = {}) {
    this.#clock = clock
    this.#forgets = forgets
  }

  /** IndexedDB as one run finds it: empty. Returns what puts everything back. */
  static install(): () => void {
    const { BroadcastChannel: channel, indexedDB: factory } = globalThis
    Object.assign(globalThis, { BroadcastChannel: TurnChannel, indexedDB: new IDBFactory() })
    return () => {
      TurnChannel.all.clear()
      Object.assign(globalThis, { BroadcastChannel: channel, indexedDB: factory })
    }
  }

  /** No transaction is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await settled()
  }

  open(): ReplicaStore {
    const tab: Tab = { alive: true, transactions: [] }
    let store: ReplicaStore | null = null
    const opening = openIndexedDbStore(this.#userId).then((opened) => {
      if (!opened) throw new ReplicaStoreError('failed', 'no database')
      if (!tab.alive) opened.close()
      store = opened
      return opened
    })
    opening.catch(() => undefined) // whoever calls hears of it
    const call = <T>(make: (store: ReplicaStore) => Promise<T>): Promise<T> => {
      const made = store
        ? this.#begun(tab, store, make)
        : opening.then((opened) => this.#begun(tab, opened, make))
      const settling = made.then(
        () => undefined,
        () => undefined,
      )
      this.#underWay.add(settling)
      void settling.then(() => this.#underWay.delete(settling))
      return this.#answered(tab, made)
    }
    return {
      load: (address) => call((to) => to.load(address)),
      outbox: (address) => call((to) => to.outbox(address)),
      draft: (address) => call((to) => to.draft(address)),
      setAside: (...given) => call((to) => to.setAside(...given)),
      takeBack: (address) => call((to) => to.takeBack(address)),
      discard: (address) => call((to) => to.discard(address)),
      bind: (...given) => call((to) => to.bind(...given)),
      seal: (...given) => call(async (to) => void (this.#isForgotten() || (await to.seal(...given)))),
      commit: (...given) => call((to) => to.commit(...given)),
      replace: (...given) => call((to) => to.replace(...given)),
      forget: (...given) => call((to) => to.forget(...given)),
      compact: (address) => call((to) => to.compact(address)),
      onOutboxChange: (address, listener) => {
        let stop: (() => void) | undefined
        void opening.then((opened) => {
          if (tab.alive) stop = opened.onOutboxChange(address, () => tab.alive && listener())
        })
        return () => stop?.()
      },
      onWiped: () => () => undefined, // no tab here is told
      wipe: () => call((to) => to.wipe()),
      close: () => {
        this.#kill(tab)
        store?.close()
      },
    }
  }

  /** The transaction of a call begins within it: no other tab's can come between. */
  #begun<T>(tab: Tab, store: ReplicaStore, make: (store: ReplicaStore) => Promise<T>): Promise<T> {
    if (!tab.alive) return Promise.reject(new ReplicaStoreError('failed', 'the tab is gone'))
    beginning = (transaction) => this.#follow(tab, transaction)
    try {
      return make(store)
    } finally {
      beginning = null
    }
  }

  #follow(tab: Tab, transaction: Transaction): void {
    tab.transactions.push(transaction)
    const { random } = this.#clock
    const full = this.failure !== null && transaction.mode === 'readwrite' && random() < REFUSED
    if (!full && random() >= ABORTED) return
    let turns = Math.floor(random() * TURNS)
    const end = (): void => {
      if (transaction._state === 'finished') return
      if (turns-- > 0) setImmediate(end)
      else transaction._abort(full ? 'QuotaExceededError' : 'UnknownError')
    }
    setImmediate(end)
  }

  /** The tab hears of it some time later; a killed one never. */
  #answered<T>(tab: Tab, made: Promise<T>): Promise<T> {
    const { random, after } = this.#clock
    const wait = random() * (random() < 0.2 ? SLOW_ANSWER_MS : ANSWER_MS)
    return new Promise((resolve, reject) => {
      made.then(
        (value) => after(wait, () => tab.alive && resolve(value)),
        (error) => after(wait, () => tab.alive && reject(error)),
      )
    })
  }

  /** Of what the tab had begun the first few still happen. */
  #kill(tab: Tab): void {
    tab.alive = false
    const open = tab.transactions.filter(({ _state }) => _state !== 'finished')
    for (const lost of open.slice(Math.floor(this.#clock.random() * (open.length + 1))))
      lost._abort('AbortError')
  }

  #isForgotten(): boolean {
    return this.#forgets && this.#clock.random() < 0.5
  }
}
