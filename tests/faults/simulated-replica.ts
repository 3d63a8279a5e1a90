import * as Y from 'yjs'
import { DocumentSync } from '#lib/client/document-sync.ts'
import { type ReplicaStore, ReplicaStoreError } from '#lib/client/replica/replica-store.ts'
import { firstText } from '../support/paragraph.ts'
import type { Simulation } from './simulated-world.ts'

/** The address of the one document. */
export const ADDRESS = 'A'.repeat(32)
/** The heartbeat gives up a silent link within this time. */
const HEARTBEAT_MS = 30_000

/** One browser's database, shared by its tabs. */
export interface Browser {
  /** Opens it for one more tab. Returns null if this browser has no database for us. */
  open(): ReplicaStore | null
  /** Set while it refuses writes. */
  failure: ReplicaStoreError | null
  /** Resolves when no work is pending that takes turns of the event loop, as opposed to virtual time. */
  idle?(): Promise<void>
}

/** One replica: a person's tab with its Y.Doc, sync rules and local store, and its connection to the server. */
export class Replica {
  readonly name: string
  readonly simulation: Simulation
  readonly userId: string
  readonly #browser: Browser
  /** True once the local copy has been read: only then does a tab connect. */
  #loaded = true
  /** True if nothing arrives any more, though both sides think it does. */
  silent = false
  /** True if this link has lost something and will not live long. */
  broken = false
  /** The error of this machine's clock, ms. */
  skew = 0
  store: ReplicaStore | null
  doc: Y.Doc
  sync: DocumentSync
  /** Changes with every connection: messages of an older one are lost. */
  connection = 0
  connected = false
  /** Batches that the server acknowledged to this replica, `clientId n`. */
  readonly acknowledged = new Set<string>()

  constructor(simulation: Simulation, name: string, userId: string, browser: Browser) {
    this.simulation = simulation
    this.name = name
    this.userId = userId
    this.#browser = browser
    this.store = browser.open()
    this.doc = new Y.Doc()
    this.sync = this.#open()
  }

  get text(): Y.XmlText {
    const first = firstText(this.doc)
    if (first) return first
    throw new Error('no text yet')
  }

  /** Kills the tab and opens it again: a new Y.Doc, the same local store. */
  reopen(): void {
    this.cut()
    // The tab showed that everything is safe, so all of it must be in the log in the end.
    if (this.store && this.sync.save.onDevice) {
      const clock = Y.decodeStateVector(Y.encodeStateVector(this.doc)).get(this.doc.clientID)
      if (clock) this.simulation.kept.set(this.doc.clientID, clock)
    }
    // A killed tab writes nothing more; what the store had taken is there.
    this.sync.follower.disconnected()
    this.store?.close()
    this.store = this.#browser.open()
    this.doc = new Y.Doc()
    const sync = this.#open()
    this.sync = sync
    this.#loaded = false
    void sync.load().then(() => {
      if (sync === this.sync) this.#loaded = true
    })
  }

  connect(): void {
    if (this.connected || !this.#loaded) return
    this.connected = true
    this.silent = false
    this.broken = false
    this.connection++
    this.sync.follower.connected(this.simulation.server.channel(this))
  }

  cut(): void {
    if (!this.connected) return
    this.connected = false
    this.connection++
    this.sync.follower.disconnected()
    this.simulation.server.dropped(this)
  }

  /** Makes the link go dead without notice; this client's heartbeat finds out in the end. */
  silence(): void {
    if (!this.connected) return
    this.silent = true
    this.giveUpLater()
  }

  /** Lets the heartbeat of this link find it dead later. */
  giveUpLater(): void {
    const { connection } = this
    this.broken = true
    this.simulation.clock.after(this.simulation.random() * HEARTBEAT_MS, () => {
      if (this.connection === connection) this.cut()
    })
  }

  /** Makes the browser's database refuse writes, or accept them again. */
  setFull(full: boolean): void {
    this.#browser.failure = full ? new ReplicaStoreError('quota', 'full') : null
  }

  #open(): DocumentSync {
    this.doc.clientID = 1 + Math.floor(this.simulation.random() * 0xffff_fff0)
    const own = this.simulation.clientIds.get(this.userId) ?? new Set()
    this.simulation.clientIds.set(this.userId, own.add(this.doc.clientID))
    const sync = new DocumentSync({
      doc: this.doc,
      address: ADDRESS,
      store: this.store,
      clock: {
        now: () => this.simulation.clock.now() + this.skew,
        steady: this.simulation.clock.steady,
        after: this.simulation.clock.after,
        random: this.simulation.random,
      },
      created: false,
      // Half of the tabs have a page, whose frames come irregularly.
      soon:
        this.simulation.random() < 0.5
          ? (task) => this.simulation.clock.after(this.simulation.random() * 120, task)
          : undefined,
      changed: () => {
        const { refusal, isStuck } = sync.follower.state
        if (refusal)
          this.simulation.fail(`${this.name} was refused for good: ${refusal.code} ${refusal.message}`)
        if (isStuck) this.simulation.fail(`${this.name} cannot apply what the server sends`)
      },
    })
    this.store?.onOutboxChange(ADDRESS, () => void sync.edits.refresh())
    return sync
  }
}
