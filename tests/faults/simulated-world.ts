import { createHash } from 'node:crypto'
import * as Y from 'yjs'
import { DocumentSync } from '#lib/client/document-sync.ts'
import type { Link } from '#lib/client/link.ts'
import { type ReplicaStore, ReplicaStoreError, type SealedBatch } from '#lib/client/replica-store.ts'
import type { DocumentStore } from '#lib/collab/document-store.ts'
import { checkDocument, foldDocument } from '#lib/collab/fold.ts'
import type { Connection } from '#lib/collab/members.ts'
import { type RoomJoined, Rooms } from '#lib/collab/rooms.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import type { Ack, Joined, Reset } from '#lib/protocol/events.ts'
import {
  CHAIN_BYTES,
  decodeBatch,
  decodeEntries,
  decodeRow,
  decodeUpdates,
  encodeRow,
} from '#lib/protocol/wire.ts'
import { MemoryReplicas } from '../support/memory-replica.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { firstText, paragraphOf } from '../support/paragraph.ts'
import { seededRandom } from '../support/random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/** Faults the simulation may do; each is off unless named. */
export interface Faults {
  readonly cuts: boolean
  /** Links that look alive to one side: nothing arrives, until the heartbeat gives up. */
  readonly halfOpenLinks: boolean
  /** Single messages that vanish: worse than any transport of ours. */
  readonly drops: boolean
  readonly duplicates: boolean
  readonly reorderings: boolean
  readonly restarts: boolean
  readonly failedCommits: boolean
  /** A browser's database that refuses writes for a while (quota). */
  readonly fullBrowsers: boolean
  /** The wall clocks of server and clients are set back and forth. */
  readonly clockJumps: boolean
  /** A planted fault, to see that the checks find it. */
  readonly planted: PlantedFault | null
}

export const PLANTED_FAULTS = [
  'relay-before-commit',
  'forgotten-row',
  'acknowledged-too-far',
  'forgotten-number',
  'skipped-row',
] as const
export type PlantedFault = (typeof PLANTED_FAULTS)[number]

export const ALL_FAULTS: Faults = {
  cuts: true,
  halfOpenLinks: true,
  drops: true,
  duplicates: true,
  reorderings: true,
  restarts: true,
  failedCommits: true,
  fullBrowsers: true,
  clockJumps: true,
  planted: null,
}

const DOCUMENT = 'document-1'
const ADDRESS = 'A'.repeat(32)
const MAX_DELAY_MS = 60
const ANSWER_MS = 20_000
/** A silent link is given up by the heartbeat. */
const HEARTBEAT_MS = 30_000
const HOUR_MS = 3_600_000

/** A message on its way. */
type Deliver = () => void

/** One browser's database, shared by its tabs. */
export interface Browser {
  /** Opened by one more tab; null: this browser has none for us. */
  open(): ReplicaStore | null
  /** Set while it refuses writes. */
  failure: ReplicaStoreError | null
  /** Resolves when nothing is under way that takes turns of the event loop, not virtual time. */
  idle?(): Promise<void>
}

/** One replica: a person's tab with its Y.Doc, sync rules and local store, and its wire to the server. */
class Replica {
  readonly name: string
  readonly simulation: Simulation
  readonly userId: string
  readonly #browser: Browser
  /** The local copy was read: only then a tab connects. */
  #loaded = true
  /** Nothing arrives any more, though both sides think it does. */
  silent = false
  /** Something was lost on this link: it will not live long. */
  broken = false
  /** How far this machine's clock is off, ms. */
  skew = 0
  store: ReplicaStore | null
  doc: Y.Doc
  sync: DocumentSync
  /** Changes with every connection: messages of an older one are lost. */
  connection = 0
  connected = false
  /** Batches the server acknowledged to this replica, `clientId n`. */
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

  /** The tab is killed and opened again: a new Y.Doc, the same local store. */
  reopen(): void {
    this.cut()
    // It was shown that all of it is safe, so all of it must be in the log in the end.
    if (this.store && this.sync.outbox.onDevice) {
      const clock = Y.decodeStateVector(Y.encodeStateVector(this.doc)).get(this.doc.clientID)
      if (clock) this.simulation.kept.set(this.doc.clientID, clock)
    }
    // A killed tab writes nothing more; what the store took before is there.
    this.sync.disconnected()
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
    this.sync.connected(this.simulation.link(this))
  }

  cut(): void {
    if (!this.connected) return
    this.connected = false
    this.connection++
    this.sync.disconnected()
    this.simulation.dropped(this)
  }

  /** The browser's database refuses writes, or takes them again. */
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
      onChange: () => undefined,
      onJoined: () => undefined,
      onSetAside: () => undefined,
      onRefused: (refusal) =>
        this.simulation.fail(`${this.name} was refused for good: ${refusal.code} ${refusal.message}`),
    })
    this.store?.onOutboxChange(ADDRESS, () => void sync.refreshForeign())
    return sync
  }
}

/** Server, wire and replicas of one document, run over virtual time by one seed. */
export class Simulation {
  readonly random: () => number
  readonly clock: VirtualClock
  readonly store: MemoryStore
  readonly faults: Faults
  readonly replicas: Replica[] = []
  readonly failures: string[] = []
  /** Every client id a person's tabs ever had. */
  readonly clientIds = new Map<string, Set<number>>()
  /** Client id → clock of tabs that were killed after they had said that all they typed is on this device. */
  readonly kept = new Map<number, number>()
  readonly #newBrowser: (clock: VirtualClock) => Browser
  #browsers: readonly Browser[] = []
  #rooms: Rooms
  #lastConnection = 0
  #handlers = new Map<string, { replica: Replica; connection: number; rooms: Set<number> }>()
  #lastDelivery = new Map<string, number>()

  constructor(
    seed: number,
    faults: Faults,
    newBrowser: (clock: VirtualClock) => Browser = () => new MemoryReplicas(),
  ) {
    this.random = seededRandom(seed)
    this.clock = new VirtualClock(this.random)
    this.#newBrowser = newBrowser
    this.store = new MemoryStore()
    this.faults = faults
    this.#rooms = this.#newRooms()
  }

  async start(replicas: number): Promise<void> {
    await this.store.create({
      documentId: DOCUMENT,
      lineage: 'lineage-1',
      ownerId: 'user-0',
      schemaVersion: 1,
      createdAt: this.clock.now(),
      linkId: 'link-1',
      linkRole: 'editor',
    })
    // The last two are tabs of one browser.
    const browsers = Array.from({ length: Math.max(2, replicas - 1) }, () => this.#newBrowser(this.clock))
    this.#browsers = browsers
    for (let i = 0; i < replicas; i++) {
      const person = Math.min(i, browsers.length - 1)
      const browser = browsers[person]
      if (browser) this.replicas.push(new Replica(this, String(i), `user-${person}`, browser))
    }
    const [first] = this.replicas
    if (!first) return
    first.connect()
    await this.clock.advance(1000)
    first.doc.getXmlFragment('body').insert(0, [paragraphOf()])
    await this.clock.advance(1000)
    for (const replica of this.replicas) replica.connect()
    await this.clock.advance(1000)
  }

  fail(what: string): void {
    this.failures.push(what)
  }

  /** One random step of somebody or something. */
  async step(): Promise<void> {
    const replica = this.replicas[Math.floor(this.random() * this.replicas.length)]
    if (!replica) return
    const { faults } = this
    const dice = this.random()
    if (dice < 0.6) this.#edit(replica)
    else if (dice < 0.66 && faults.cuts) replica.cut()
    else if (dice < 0.74) replica.connect()
    else if (dice < 0.76 && faults.cuts) replica.reopen()
    else if (dice < 0.78 && faults.restarts) {
      // At any moment, also between a commit and its frame.
      this.clock.after(this.random() * 40, () => this.restartServer())
    } else if (dice < 0.81 && faults.failedCommits) {
      this.store.failNextCommit(this.random() < 0.5 ? 'before' : 'after')
    } else if (dice < 0.84) {
      const release = replica.sync.hold()
      this.clock.after(this.random() * 500, release)
    } else if (dice < 0.86 && faults.halfOpenLinks) this.#silence(replica)
    else if (dice < 0.88 && faults.fullBrowsers) {
      replica.setFull(true)
      this.clock.after(this.random() * 2000, () => replica.setFull(false))
    } else if (dice < 0.9 && faults.clockJumps) {
      if (this.random() < 0.5) replica.skew = (this.random() - 0.5) * HOUR_MS
      else this.#serverSkew = (this.random() - 0.5) * HOUR_MS
    }
    await this.clock.advance(this.random() * 40)
    await this.check()
  }

  /** The link goes dead without anybody noticing; the client's heartbeat does in the end. */
  #silence(replica: Replica): void {
    if (!replica.connected) return
    replica.silent = true
    this.#giveUpLater(replica)
  }

  #giveUpLater(replica: Replica): void {
    const { connection } = replica
    replica.broken = true
    this.clock.after(this.random() * HEARTBEAT_MS, () => {
      if (replica.connection === connection) replica.cut()
    })
  }

  #healing = false

  #serverSkew = 0

  /** Everything heals; afterwards all must be equal. */
  async rest(): Promise<void> {
    this.#healing = true
    for (let round = 0; round < 40; round++) {
      for (const replica of this.replicas) {
        replica.setFull(false)
        if (replica.broken) replica.cut()
        replica.connect()
      }
      await this.clock.advance(5000)
      for (const browser of this.#browsers) await browser.idle?.()
      if (this.replicas.every((each) => each.sync.phase === 'joined' && each.sync.outbox.saved)) break
    }
    for (let round = 0; round < 2; round++) {
      await this.clock.advance(20_000)
      for (const browser of this.#browsers) await browser.idle?.()
    }
    await this.check()
    this.#healing = false
    const stored = await this.stored()
    const vector = Y.decodeStateVector(Y.encodeStateVector(stored))
    for (const [clientId, clock] of this.kept) {
      if ((vector.get(clientId) ?? 0) < clock) this.fail(`was on this device and is lost: client ${clientId}`)
    }
    for (const replica of this.replicas) {
      const { phase, problem, outbox } = replica.sync
      if (phase !== 'joined' || !outbox.saved) {
        this.fail(`${replica.name} did not come to rest: ${phase} ${problem ?? ''} saved=${outbox.saved}`)
      }
      if (textOf(replica.doc) !== textOf(stored)) this.fail(`${replica.name} differs from what is stored`)
      const unsent = await this.#unsent(replica)
      if (unsent > 0) this.fail(`${replica.name} says "saved" with ${unsent} batches in its browser alone`)
    }
  }

  /**
   * How many batches are in a replica's browser that hold what the log does not; 0 when it cannot be read. Others may
   * be left, for a full browser refuses to forget too.
   */
  async #unsent({ store }: Replica): Promise<number> {
    let kept: readonly SealedBatch[] = []
    store?.outbox(ADDRESS).then(
      (batches) => {
        kept = batches
      },
      () => undefined,
    )
    for (const browser of this.#browsers) await browser.idle?.()
    await this.clock.advance(1000)
    const stored = await this.stored()
    let told = false
    stored.on('update', () => {
      told = true
    })
    return kept.filter(({ payload }) => {
      told = false
      for (const update of decodeUpdates(payload)) Y.applyUpdate(stored, update)
      return told
    }).length
  }

  /** What the store holds, as a Y.Doc. */
  async stored(): Promise<Y.Doc> {
    const doc = new Y.Doc()
    const snapshot = await this.store.readSnapshot(DOCUMENT)
    if (snapshot) Y.applyUpdate(doc, snapshot.state)
    const document = await this.store.load(DOCUMENT)
    for (const row of document?.rows ?? []) {
      for (const entry of decodeEntries(row.entries))
        for (const update of entry.updates) Y.applyUpdate(doc, update)
    }
    return doc
  }

  /** The process is killed: memory is gone, what is in the store is there. */
  restartServer(): void {
    const connected = this.replicas.filter((each) => each.connected)
    for (const replica of connected) replica.cut()
    this.#alive.on = false
    this.#handlers.clear()
    this.#rooms = this.#newRooms()
    for (const replica of connected) this.clock.after(this.random() * 500, () => replica.connect())
  }

  /** The server comes back with an older copy of its data. */
  async restoreOlderCopy(copy: ReturnType<MemoryStore['copy']>): Promise<void> {
    this.restartServer()
    this.store.restore(copy)
    await this.store.markRestored(this.clock.now())
    for (const replica of this.replicas) replica.acknowledged.clear()
    this.kept.clear()
  }

  /** Invariants that hold at every moment. */
  async check(): Promise<void> {
    const document = await this.store.load(DOCUMENT)
    const numbers = new Set<string>()
    const inLog = new Map(document?.clients.map(({ clientId, lastN }) => [clientId, lastN]))
    for (const row of document?.rows ?? []) {
      for (const { clientId, n } of decodeEntries(row.entries)) {
        const batch = `${clientId} ${n}`
        if (numbers.has(batch)) this.fail(`twice in the log: client ${clientId} batch ${n}`)
        numbers.add(batch)
        inLog.set(clientId, Math.max(n, inLog.get(clientId) ?? 0))
      }
    }
    for (const replica of this.replicas) {
      for (const batch of replica.acknowledged) {
        const [clientId = 0, n = 0] = batch.split(' ').map(Number)
        if ((inLog.get(clientId) ?? 0) < n)
          this.fail(`acknowledged but not stored: client ${clientId} batch ${n}`)
      }
    }
    const stored = await this.stored()
    const vector = Y.decodeStateVector(Y.encodeStateVector(stored))
    for (const replica of this.replicas) {
      // What a person's own tabs typed they see before it is stored, tabs that were killed included.
      const own = this.clientIds.get(replica.userId) ?? new Set()
      for (const [clientId, clock] of Y.decodeStateVector(Y.encodeStateVector(replica.doc))) {
        if (!own.has(clientId) && (vector.get(clientId) ?? 0) < clock && !this.#restoring) {
          this.fail(`${replica.name} sees what is not stored: client ${clientId} clock ${clock}`)
        }
      }
    }
  }

  #restoring = false
  /** While clients bring back what a restore lost, they hold more than the store. */
  set restoring(restoring: boolean) {
    this.#restoring = restoring
  }

  /** The wire of one connection of a replica, up and down in order, each message late. */
  link(replica: Replica): Link {
    const { connection } = replica
    const id = `connection-${++this.#lastConnection}`
    const rooms = this.#rooms
    this.#handlers.set(id, { replica, connection, rooms: new Set() })
    const live = (): boolean => replica.connected && replica.connection === connection
    const up = (deliver: Deliver): void =>
      this.#deliver(replica, `${id} up`, () => live() && rooms === this.#rooms && deliver())
    const down = (deliver: Deliver): void => this.#deliver(replica, `${id} down`, () => live() && deliver())
    const server: Connection = {
      id,
      userId: replica.userId,
      enter: (room) => this.#handlers.get(id)?.rooms.add(room),
      exit: (room) => this.#handlers.get(id)?.rooms.delete(room),
      ack: (told: Ack) => {
        const tooFar = this.faults.planted === 'acknowledged-too-far' && !told.refusal
        const ack = tooFar ? { ...told, n: told.n + 1 } : told
        this.#noteAck(replica, ack)
        down(() => replica.sync.receiveAck(ack))
      },
      reset: (reset: Reset) => down(() => replica.sync.receiveReset(reset)),
      changeRole: () => undefined,
      stop: () => this.fail(`${replica.name} was stopped for what it wrote`),
    }
    const ask = <T>(run: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        const cancel = this.clock.after(ANSWER_MS, () => reject(new Error('no answer')))
        up(() => {
          void run().then((answer) =>
            down(() => {
              cancel()
              resolve(answer)
            }),
          )
        })
      })
    this.#closers.set(id, () => rooms.leave(server))
    return {
      join: (request) =>
        ask(async () => {
          const joined = await rooms.join(server, {
            ...request,
            documentId: DOCUMENT,
            role: 'editor',
            linkId: 'link',
          })
          return joined.ok
            ? { answer: joinedAnswer(joined), history: joined.history }
            : { answer: joined as Refusal, history: null }
        }),
      pull: (request) =>
        ask(async () => {
          const history = await rooms.pull(server, request.room, request.seq)
          return history instanceof Uint8Array
            ? { answer: { ok: true as const, chunked: 0 }, history }
            : { answer: history, history: null }
        }),
      update: (batch, received) => {
        const body = decodeBatch(batch)
        up(() => {
          rooms.receive(server, body)
          if (received) down(received)
        })
        if (this.faults.duplicates && this.random() < 0.1) up(() => rooms.receive(server, body))
      },
      leave: (room) => up(() => rooms.leave(server, room)),
    }
  }

  /** The server notices that a connection is gone, some time later. */
  dropped(replica: Replica): void {
    for (const [id, handler] of this.#handlers) {
      if (handler.replica !== replica) continue
      const close = this.#closers.get(id)
      this.clock.after(this.random() * 3000, () => {
        close?.()
        this.#handlers.delete(id)
        this.#closers.delete(id)
      })
    }
  }

  readonly #closers = new Map<string, () => void>()

  #deliver(replica: Replica, line: string, deliver: Deliver): void {
    if (replica.silent) return
    if (this.faults.drops && !this.#healing && this.random() < 0.01) {
      // A transport that loses something breaks in the end.
      this.#giveUpLater(replica)
      return
    }
    const now = this.clock.now()
    const reordered = this.faults.reorderings && this.random() < 0.05
    const at = now + this.random() * MAX_DELAY_MS
    const inOrder = Math.max(at, this.#lastDelivery.get(line) ?? 0)
    if (!reordered) this.#lastDelivery.set(line, inOrder)
    this.clock.after((reordered ? at : inOrder) - now, deliver)
  }

  #edit(replica: Replica): void {
    if (!replica.sync.mayType) return
    const body = replica.doc.getXmlFragment('body')
    if (body.length === 0) return
    const { text } = replica
    const burst = 1 + Math.floor(this.random() * 4)
    for (let i = 0; i < burst; i++) {
      if (text.length > 3 && this.random() < 0.35) {
        text.delete(Math.floor(this.random() * (text.length - 2)), 1 + Math.floor(this.random() * 2))
      } else {
        const letter = String.fromCharCode(97 + Math.floor(this.random() * 26))
        text.insert(
          Math.floor(this.random() * (text.length + 1)),
          letter.repeat(1 + Math.floor(this.random() * 3)),
        )
      }
    }
  }

  #alive = { on: true }
  #skipped = 0

  #newRooms(): Rooms {
    const { faults } = this
    const alive = { on: true }
    this.#alive = alive
    const base = faults.planted ? planted(this.store, faults.planted, this) : this.store
    // A killed process writes nothing more.
    const never = new Promise<never>(() => undefined)
    const store = overridden(base, {
      commit: (rows) => (alive.on ? base.commit(rows) : never),
      writeCompaction: (compaction) => (alive.on ? base.writeCompaction(compaction) : never),
      trim: (documentId, upto) => (alive.on ? base.trim(documentId, upto) : never),
    })
    return new Rooms({
      store,
      clock: {
        now: () => this.clock.now() + this.#serverSkew,
        steady: this.clock.steady,
        after: this.clock.after,
      },
      hash: (...parts) => {
        const hash = createHash('sha256')
        for (const part of parts) hash.update(part)
        return new Uint8Array(hash.digest().subarray(0, CHAIN_BYTES))
      },
      fold: async (job) => foldDocument(job),
      check: async (job) => checkDocument(job),
      foldingSpent: () => 0,
      cacheBytes: 1e6,
      policy: {
        quietMs: 200,
        latestMs: 500,
        snapshotRows: 8,
        snapshotBytes: 4096,
        keepMs: 2000,
        keepBytes: 300,
        titleShare: 1,
        checkShare: 1,
        burstMs: 1000,
      },
      wire: {
        relay: (room, frame) => this.#relay(room, frame),
        notice: () => undefined,
      },
      onEvent: (event) => {
        if (
          event.type === 'document-damaged' ||
          event.type === 'load-failed' ||
          event.type === 'fold-failed'
        ) {
          this.fail(`${event.type}: ${event.reason}`)
        }
      },
    })
  }

  #relay(room: number, frame: Uint8Array): void {
    const row = decodeRow(frame)
    // Planted: a row is left out, and what follows takes its number.
    if (this.faults.planted === 'skipped-row') {
      if (row.seq > 10 && this.#skipped === 0 && this.random() < 0.1) {
        this.#skipped = 1
        return
      }
    }
    const shown = this.#skipped === 0 ? frame : encodeRow({ ...row, seq: row.seq - this.#skipped })
    for (const [id, { replica, connection, rooms }] of this.#handlers) {
      if (!rooms.has(room)) continue
      for (const { clientId, n } of decodeEntries(row.entries)) {
        if (replica.doc.clientID === clientId) replica.acknowledged.add(`${clientId} ${n}`)
      }
      const take = (): void => {
        if (!replica.connected || replica.connection !== connection) return
        replica.sync.receiveRow(shown)
      }
      this.#deliver(replica, `${id} down`, take)
      if (this.faults.duplicates && this.random() < 0.05) this.#deliver(replica, `${id} down`, take)
    }
  }

  #noteAck(replica: Replica, ack: Ack): void {
    if (!ack.refusal) replica.acknowledged.add(`${ack.clientId} ${ack.n}`)
  }
}

export function textOf(doc: Y.Doc): string {
  return doc
    .getXmlFragment('body')
    .toArray()
    .map((node) => node.toString())
    .join('\n')
}

function joinedAnswer(joined: RoomJoined): Joined {
  return {
    ok: true,
    room: joined.room,
    documentId: DOCUMENT,
    lineage: joined.lineage,
    role: 'editor',
    schemaVersion: joined.schemaVersion,
    member: 1,
    self: { userId: 'user', name: '', guestName: 0, hue: 0 },
    acknowledged: joined.acknowledged,
    mode: joined.mode,
    chunked: 0,
    vector: joined.vector ? Buffer.from(joined.vector).toString('base64') : '',
    pingInterval: 10_000,
    pingTimeout: 30_000,
  }
}

/** The store with a fault planted in it. */
function planted(store: DocumentStore, fault: PlantedFault, simulation: Simulation): DocumentStore {
  switch (fault) {
    case 'forgotten-row':
      // Says "on disk" and is not.
      return overridden(store, {
        commit: async (rows) =>
          simulation.random() < 0.1 ? rows.map(() => ({ ok: true })) : store.commit(rows),
      })
    case 'relay-before-commit':
      return overridden(store, {
        async commit(rows) {
          simulation.clock.after(500, () => void store.commit(rows).catch(() => undefined))
          return rows.map(() => ({ ok: true }))
        },
      })
    case 'forgotten-number':
      // A room that is read again does not know the last batch of anybody.
      return overridden(store, {
        async load(documentId) {
          const document = await store.load(documentId)
          if (!document) return null
          const covered = document.snapshot?.seq ?? 0
          return { ...document, clients: [], rows: document.rows.filter((row) => row.seq > covered) }
        },
      })
    default:
      return store
  }
}

function overridden(store: DocumentStore, methods: Partial<DocumentStore>): DocumentStore {
  return new Proxy(store, {
    get: (target, key) => {
      const replaced: unknown = Reflect.get(methods, key)
      if (replaced) return replaced
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
