import { createHash } from 'node:crypto'
import type { Channel } from '#lib/client/channel/channel.ts'
import type { Connection } from '#lib/collab/members.ts'
import { type RoomJoined, Rooms } from '#lib/collab/rooms.ts'
import { checkDocument, digestDocument, foldDocument } from '#lib/document/fold.ts'
import { ByteList } from '#lib/protocol/byte-list.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import { CHAIN_BYTES, decodeEntries } from '#lib/protocol/log-row.ts'
import type { Joined, Reset } from '#lib/protocol/messages/join.ts'
import type { Ack } from '#lib/protocol/messages/update.ts'
import { decodeBatch, decodeRow, encodeRow } from '#lib/protocol/messages/update.ts'
import { overridden, planted } from './simulated-faults.ts'
import type { Replica } from './simulated-replica.ts'
import type { Simulation } from './simulated-world.ts'

/** The only document. */
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
  readonly #handlers = new Map<string, { replica: Replica; connection: number; rooms: Set<number> }>()
  readonly #closers = new Map<string, () => void>()
  readonly #lastDelivery = new Map<string, number>()
  #lastConnection = 0
  #alive = { on: true }
  #skipped = 0
  #rooms: Rooms

  constructor(world: Simulation) {
    this.#world = world
    this.#rooms = this.#newRooms()
  }

  /** Kills the process: memory is lost, the store's content remains. */
  restart(): void {
    this.#alive.on = false
    this.#handlers.clear()
    this.#rooms = this.#newRooms()
  }

  /** Returns one connection of a replica: both directions in order, each message delayed. */
  channel(replica: Replica): Channel {
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
        const tooFar = this.#world.faults.planted === 'acknowledged-too-far' && !told.refusal
        const ack = tooFar ? { ...told, n: told.n + 1 } : told
        this.#noteAck(replica, ack)
        down(() => replica.sync.receiveAck(ack))
      },
      reset: (reset: Reset) => down(() => replica.sync.receiveReset(reset)),
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
      leave: (room) => up(() => rooms.leave(server, room)),
    }
  }

  /** Lets the server notice some time later that a connection is gone. */
  dropped(replica: Replica): void {
    for (const [id, handler] of this.#handlers) {
      if (handler.replica !== replica) continue
      const close = this.#closers.get(id)
      this.#world.clock.after(this.#world.random() * 3000, () => {
        close?.()
        this.#handlers.delete(id)
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
      fold: async (job) => foldDocument(job),
      digest: async (job) => digestDocument(job),
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
        titleBudget: 1,
        checkBudget: 1,
        spareBudget: 1,
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
          this.#world.fail(`${event.type}: ${event.reason}`)
        }
      },
    })
  }

  #relay(room: number, frame: Uint8Array): void {
    const row = decodeRow(frame)
    // Planted: leaves out a row and gives its number to the next.
    if (this.#world.faults.planted === 'skipped-row') {
      if (row.seq > 10 && this.#skipped === 0 && this.#world.random() < 0.1) {
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
        replica.sync.receiveRow(decodeRow(shown))
      }
      this.#deliver(replica, `${id} down`, take)
      if (this.#world.faults.duplicates && this.#world.random() < 0.05)
        this.#deliver(replica, `${id} down`, take)
    }
  }

  #noteAck(replica: Replica, ack: Ack): void {
    if (!ack.refusal) replica.acknowledged.add(`${ack.clientId} ${ack.n}`)
  }
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
