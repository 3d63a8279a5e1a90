import { createHash } from 'node:crypto'
import type { Channel } from '#lib/client/channel/channel.ts'
import { type RoomJoined, Rooms } from '#lib/collab/rooms.ts'
import type { Connection, Seat } from '#lib/collab/seats.ts'
import { checkDocument, digestDocument, foldDocument } from '#lib/document/fold.ts'
import { ByteList } from '#lib/protocol/byte-list.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import { CHAIN_BYTES, decodeEntries } from '#lib/protocol/log-row.ts'
import type { Joined, Reset } from '#lib/protocol/messages/join.ts'
import { type Ack, decodeBatch, decodeRow, encodeRow } from '#lib/protocol/messages/update.ts'
import { overridden, planted } from './simulated-faults.ts'
import type { Replica } from './simulated-replica.ts'
import type { Simulation } from './simulated-world.ts'

/** The one document. */
export const DOCUMENT = 'document-1'
const MAX_DELAY_MS = 60
const ANSWER_MS = 20_000

/** A message on its way. */
type Deliver = () => void

/** The server's rooms over a store that outlives them, and the connections between them and the replicas. */
export class SimulatedServer {
  /** The error of the server's clock, ms. */
  skew = 0
  readonly #world: Simulation
  readonly #replicas = new Map<string, Replica>()
  readonly #closers = new Map<string, () => void>()
  readonly #lastDelivery = new Map<string, number>()
  #lastConnection = 0
  #alive = { on: true }
  #skipped = 0
  /** The last row relayed, and how it is shown; null: not at all. */
  #shown: { readonly frame: Uint8Array; readonly as: Uint8Array | null } | null = null
  #rooms: Rooms

  constructor(world: Simulation) {
    this.#world = world
    this.#rooms = this.#newRooms()
  }

  /** Kills the process: memory is lost, the store's content remains. */
  restart(): void {
    this.#alive.on = false
    this.#replicas.clear()
    this.#rooms = this.#newRooms()
  }

  /** Returns one connection of a replica: both directions in order, each message delayed. */
  channel(replica: Replica): Channel {
    const { connection } = replica
    const id = `connection-${++this.#lastConnection}`
    const rooms = this.#rooms
    this.#replicas.set(id, replica)
    const live = (): boolean => replica.connected && replica.connection === connection
    const up = (deliver: Deliver): void =>
      this.#deliver(replica, `${id} up`, () => live() && rooms === this.#rooms && deliver())
    const down = (deliver: Deliver): void => this.#deliver(replica, `${id} down`, () => live() && deliver())
    const server: Connection = {
      userId: replica.userId,
      cap: null,
      seats: new Map<number, Seat>(),
      isBusy: false,
      relay: (_room, frame) => {
        if (this.#replicas.has(id)) this.#relay(replica, frame, down)
      },
      notice: () => undefined,
      showPresence: () => undefined,
      asked: () => undefined,
      exit: () => undefined,
      ack: (told: Ack) => {
        const tooFar = this.#world.faults.planted === 'acknowledged-too-far' && !told.refusal
        const ack = tooFar ? { ...told, n: told.n + 1 } : told
        this.#noteAck(replica, ack)
        down(() => replica.sync.follower.receiveAck(ack))
      },
      reset: (reset: Reset) => down(() => replica.sync.follower.receiveReset(reset)),
      changeRole: () => undefined,
      stop: () => this.#world.fail(`${replica.name} was stopped for what it wrote`),
    }
    const ask = <T>(run: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        const cancel = this.#world.clock.after(ANSWER_MS, () => reject(new Error('no answer')))
        up(() => {
          void run().then((answer) =>
            down(() => {
              cancel()
              resolve(answer)
            }),
          )
        })
      })
    this.#closers.set(id, () => {
      for (const seat of server.seats.values()) seat.leave()
    })
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
            ? { answer: joinedAnswer(joined), history: joined.history.whole() }
            : { answer: joined as Refusal, history: null }
        }),
      pull: (request) =>
        ask(async () => {
          const history = await rooms.pull(server, request.room, request.seq)
          return history instanceof ByteList
            ? { answer: { ok: true as const, chunked: 0 }, history: history.whole() }
            : { answer: history, history: null }
        }),
      compare: (request) =>
        ask(async () => {
          const verdict = await rooms.compare(server, request)
          return { answer: typeof verdict === 'string' ? { ok: true as const, verdict } : verdict }
        }),
      update: (batch, received) => {
        const body = decodeBatch(batch)
        up(() => {
          rooms.receive(server, body)
          if (received) down(received)
        })
        if (this.#world.faults.duplicates && this.#world.random() < 0.1) up(() => rooms.receive(server, body))
      },
      leave: (room) => up(() => server.seats.get(room)?.leave()),
    }
  }

  /** Lets the server notice some time later that a connection is gone. */
  dropped(replica: Replica): void {
    for (const [id, other] of this.#replicas) {
      if (other !== replica) continue
      const close = this.#closers.get(id)
      this.#world.clock.after(this.#world.random() * 3000, () => {
        close?.()
        this.#replicas.delete(id)
        this.#closers.delete(id)
      })
    }
  }

  #deliver(replica: Replica, line: string, deliver: Deliver): void {
    if (replica.silent) return
    if (this.#world.faults.drops && !this.#world.healing && this.#world.random() < 0.01) {
      // A transport that loses something breaks in the end.
      replica.giveUpLater()
      return
    }
    const now = this.#world.clock.now()
    const reordered = this.#world.faults.reorderings && this.#world.random() < 0.05
    const at = now + this.#world.random() * MAX_DELAY_MS
    const inOrder = Math.max(at, this.#lastDelivery.get(line) ?? 0)
    if (!reordered) this.#lastDelivery.set(line, inOrder)
    this.#world.clock.after((reordered ? at : inOrder) - now, deliver)
  }

  #newRooms(): Rooms {
    const { faults } = this.#world
    const alive = { on: true }
    this.#alive = alive
    const base = faults.planted ? planted(this.#world.store, faults.planted, this.#world) : this.#world.store
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
        now: () => this.#world.clock.now() + this.skew,
        steady: this.#world.clock.steady,
        random: this.#world.random,
        after: this.#world.clock.after,
      },
      hash: (...parts) => {
        const hash = createHash('sha256')
        for (const part of parts) hash.update(part)
        return new Uint8Array(hash.digest().subarray(0, CHAIN_BYTES))
      },
      folding: {
        fold: async (job) => foldDocument(job),
        digest: async (job) => digestDocument(job),
        check: async (job) => checkDocument(job),
        spent: 0,
      },
      titles: { set: () => undefined },
      presence: { pingInterval: 10_000 },
      cacheBytes: 1e6,
      policy: {
        quietMs: 200,
        latestMs: 500,
        snapshotRows: 8,
        snapshotBytes: 4096,
        keepMs: 2000,
        keepBytes: 300,
        titleBudget: 1,
        checkBudget: 1,
        spareBudget: 1,
        burstMs: 1000,
      },
      onEvent: (event) => {
        if (
          event.type === 'document-damaged' ||
          event.type === 'load-failed' ||
          event.type === 'fold-failed'
        ) {
          this.#world.fail(`${event.type}: ${event.reason}`)
        }
      },
    })
  }

  #relay(replica: Replica, frame: Uint8Array, down: (deliver: Deliver) => void): void {
    if (this.#shown?.frame !== frame) this.#shown = { frame, as: this.#show(frame) }
    const { as: shown } = this.#shown
    if (!shown) return
    for (const { clientId, n } of decodeEntries(decodeRow(frame).entries)) {
      if (replica.doc.clientID === clientId) replica.acknowledged.add(`${clientId} ${n}`)
    }
    const take = (): void => replica.sync.follower.receiveRow(decodeRow(shown))
    down(take)
    if (this.#world.faults.duplicates && this.#world.random() < 0.05) down(take)
  }

  /** Planted: leaves out a row and gives its number to the next. */
  #show(frame: Uint8Array): Uint8Array | null {
    if (this.#world.faults.planted !== 'skipped-row') return frame
    const row = decodeRow(frame)
    if (row.seq > 10 && this.#skipped === 0 && this.#world.random() < 0.1) {
      this.#skipped = 1
      return null
    }
    return this.#skipped === 0 ? frame : encodeRow({ ...row, seq: row.seq - this.#skipped })
  }

  #noteAck(replica: Replica, ack: Ack): void {
    if (!ack.refusal) replica.acknowledged.add(`${ack.clientId} ${ack.n}`)
  }
}

function joinedAnswer(joined: RoomJoined): Joined {
  return {
    ok: true,
    room: joined.seat.room,
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
