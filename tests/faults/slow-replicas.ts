import type { ReplicaStore, ReplicaStoreError } from '#lib/client/replica/replica-store.ts'
import { MemoryReplicas } from '../support/memory-replica.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'
import type { Browser } from './simulated-replica.ts'

interface Task {
  readonly tab: Tab
  /** Runs the whole transaction in one step; rejects if it was refused. */
  readonly run: () => Promise<unknown>
  readonly writes: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

interface Tab {
  alive: boolean
}

const TURN_MS = 30
const SLOW_TURN_MS = 400

/**
 * One browser's database that behaves like IndexedDB: transactions of all tabs run one after the other; each takes
 * time and then happens completely or not at all. A killed tab leaves the first few of its begun transactions, and
 * gets no results. When the database is full, some writes still fit.
 */
export class SlowReplicas implements Browser {
  readonly #memory = new MemoryReplicas(20)
  readonly #clock: VirtualClock
  readonly #forgets: boolean
  readonly #queue: Task[] = []
  #busy = false
  failure: ReplicaStoreError | null = null

  /** `forgets`: planted, says "stored" of batches that it drops. */
  constructor(clock: VirtualClock, { forgets = false }: { forgets?: boolean } = {}) {
    this.#clock = clock
    this.#forgets = forgets
  }

  open(): ReplicaStore {
    const tab: Tab = { alive: true }
    const inner = this.#memory.open()
    const queued = <T>(run: () => Promise<T>, writes = true): Promise<T> => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      this.#queue.push({ tab, run, writes, resolve, reject })
      this.#next()
      return promise as Promise<T>
    }
    return {
      load: (address) => queued(() => inner.load(address), false),
      outbox: (address) => queued(() => inner.outbox(address), false),
      draft: (address) => queued(() => inner.draft(address), false),
      bind: (...call) => queued(() => inner.bind(...call)),
      seal: (...call) =>
        queued(async () => {
          if (!this.#forgets || this.#clock.random() < 0.5) await inner.seal(...call)
        }),
      commit: (...call) => queued(() => inner.commit(...call)),
      replace: (...call) => queued(() => inner.replace(...call)),
      forget: (...call) => queued(() => inner.forget(...call)),
      setAside: (...call) => queued(() => inner.setAside(...call)),
      takeBack: (...call) => queued(() => inner.takeBack(...call)),
      discard: (...call) => queued(() => inner.discard(...call)),
      compact: (...call) => queued(() => inner.compact(...call)),
      onOutboxChange: (address, listener) => inner.onOutboxChange(address, () => tab.alive && listener()),
      onWiped: (listener) => inner.onWiped(listener),
      wipe: () => inner.wipe(),
      close: () => this.#kill(tab),
    }
  }

  #next(): void {
    if (this.#busy) return
    const task = this.#queue.shift()
    if (!task) return
    this.#busy = true
    const { random } = this.#clock
    this.#clock.after(random() * (random() < 0.2 ? SLOW_TURN_MS : TURN_MS), () => {
      void this.#run(task).then(() => {
        this.#busy = false
        this.#next()
      })
    })
  }

  async #run({ tab, run, writes, resolve, reject }: Task): Promise<void> {
    const refused = writes && this.failure && this.#clock.random() < 0.7 ? this.failure : null
    try {
      if (refused) throw refused
      const value = await run()
      if (tab.alive) resolve(value)
    } catch (error) {
      if (tab.alive) reject(error)
    }
  }

  /** Kills the tab: of its begun transactions, only the first few still happen. */
  #kill(tab: Tab): void {
    tab.alive = false
    const begun = this.#queue.filter((task) => task.tab === tab)
    const lost = new Set(begun.slice(Math.floor(this.#clock.random() * (begun.length + 1))))
    const left = this.#queue.filter((task) => !lost.has(task))
    this.#queue.splice(0, this.#queue.length, ...left)
  }
}
