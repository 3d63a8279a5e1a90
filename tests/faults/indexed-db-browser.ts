import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { openIndexedDbStore } from '#lib/client/replica/indexed-db-store.ts'
import { type ReplicaStore, ReplicaStoreError } from '#lib/client/replica/replica-store.ts'
import { settled, type VirtualClock } from '../support/virtual-clock.ts'
import type { Browser } from './simulated-replica.ts'

/** The members of fake-indexeddb's transaction that its types omit: how the browser ends one. */
interface Transaction extends IDBTransaction {
  readonly _state: 'active' | 'inactive' | 'committing' | 'finished'
  _abort(name: string): void
}

interface Tab {
  alive: boolean
  /** In the order in which they began. */
  readonly transactions: Transaction[]
}

/** The longest time until an answer of the database reaches its tab. */
const ANSWER_MS = 30
const SLOW_ANSWER_MS = 400
/** The turns of the event loop in which a transaction may be ended: longer than any of ours takes. */
const TURNS = 12
/** The share of transactions that a healthy browser aborts. */
const ABORTED = 0.05
/** The share of transactions aborted while the database is full. Small ones still fit. */
const REFUSED = 0.7

/** Assigns a transaction to the tab in whose call it begins, and decides its fate. */
let beginning: ((transaction: Transaction) => void) | null = null

const begin = IDBDatabase.prototype.transaction
IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...options) {
  const transaction = begin.apply(this, options)
  beginning?.(transaction as Transaction)
  return transaction
}

/**
 * Delivers messages between tabs in the next turn, not when the operating system pleases, so that a seed repeats a
 * run.
 */
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
 * A browser whose tabs run the real `indexed-db-store.ts` over an IndexedDB in memory. Transactions of all tabs take
 * turns; while the database is full most are aborted with QuotaExceededError, at any moment until they are complete,
 * and a few are aborted in any case. A killed tab leaves its completed transactions, perhaps some more, and gets no
 * results.
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

  /** Installs an empty IndexedDB for one run. Returns a function that restores everything. */
  static install(): () => void {
    const { BroadcastChannel: channel, indexedDB: factory } = globalThis
    Object.assign(globalThis, { BroadcastChannel: TurnChannel, indexedDB: new IDBFactory() })
    return () => {
      TurnChannel.all.clear()
      Object.assign(globalThis, { BroadcastChannel: channel, indexedDB: factory })
    }
  }

  /** Resolves when no transaction is in progress. */
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
    opening.catch(() => undefined) // every caller gets the rejection
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
      onWiped: () => () => undefined, // no tab here is notified
      wipe: () => call((to) => to.wipe()),
      close: () => {
        this.#kill(tab)
        store?.close()
      },
    }
  }

  /** Begins the transaction within the call: no other tab's transaction can come between. */
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

  /** Delivers the result to the tab some time later; never to a killed one. */
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

  /** Kills the tab: of its begun transactions, only the first few still happen. */
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
