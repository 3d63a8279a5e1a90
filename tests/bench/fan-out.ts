import { openSeats, writeDocument } from './room.ts'
import type { Seat } from './seat.ts'
import type { ServerProcess } from './server-process.ts'
import { percentile } from './statistics.ts'
import type { System } from './systems.ts'
import { editorId, type Typing, typing } from './typing.ts'
import { spansIn, textOf } from './updates.ts'
import { type Measured, pause, until } from './workload.ts'

/* W1: everyone in one document, some type, all receive. */

export interface FanOut {
  readonly clients: number
  /** The number of clients that type. */
  readonly editors: number
  readonly updatesPerSecond: number
  readonly seconds: number
}

const DOCUMENT = 'bench'
/** The number of seats whose frames are decoded; the others' are counted. */
const OBSERVERS = 10
/** Typed before the window, so that compiled code is measured: at this pace, this many updates. */
const WARM_PER_SECOND = 400
const WARM_UPDATES = 600

export async function measureFanOut(system: System, server: ServerProcess, load: FanOut): Promise<Measured> {
  const { clients, editors, updatesPerSecond, seconds } = load
  const warm = Math.ceil(WARM_UPDATES / editors)
  const keystrokes = warm + Math.ceil((updatesPerSecond * seconds) / editors) + 2
  const text = typing(editors, keystrokes)
  const room = await openRoom(system, server, { text, clients })
  try {
    const typist = new Typist(text, room)
    await typist.type({ updates: warm * editors, perSecond: WARM_PER_SECOND })
    await until(() => typist.delivered, 60_000)

    const before = await server.usage()
    const own = process.cpuUsage()
    typist.forgetTimes()
    for (const { socket } of room.seats) socket.frames = socket.bytes = 0
    const sent = await typist.type({ updates: updatesPerSecond * seconds, perSecond: updatesPerSecond })
    const late = await until(() => typist.delivered, 30_000 + seconds * 4000)
    const after = await server.usage()
    const generator = process.cpuUsage(own)

    const deliveries = sent * clients
    const windowMs = after.at - before.at
    const received = room.seats.reduce(
      (sum, { socket }) => ({ frames: sum.frames + socket.frames, bytes: sum.bytes + socket.bytes }),
      { frames: 0, bytes: 0 },
    )
    const latencies = typist.latencies()
    const refusals = room.seats.filter(({ refusal }) => refusal !== null)
    const agrees = await room.agree(typist.sentUpdates())
    return {
      ok: typist.delivered && agrees && refusals.length === 0,
      figures: {
        clients,
        editors,
        updatesPerSecond,
        cpuMsPer1000Updates: ((after.cpuMs - before.cpuMs) / sent) * 1000,
        framesPerDelivery: received.frames / deliveries,
        bytesPerDelivery: received.bytes / deliveries,
        writesPerDelivery: (after.writes - before.writes) / deliveries,
        p50Ms: percentile(latencies, 0.5),
        p95Ms: percentile(latencies, 0.95),
        p99Ms: percentile(latencies, 0.99),
        backlogMs: late,
        serverCore: (after.cpuMs - before.cpuMs) / windowMs,
        generatorCore: (generator.user + generator.system) / 1000 / windowMs,
      },
    }
  } finally {
    for (const seat of room.seats) seat.close()
  }
}

interface Room {
  readonly seats: readonly Seat[]
  readonly observers: readonly Seat[]
  /** The updates that the verifying seat has received, in order. */
  readonly received: readonly Uint8Array[]
  /** Returns true if the verifying seat, a fresh join and the sent updates agree on one text. */
  agree(sent: readonly Uint8Array[]): Promise<boolean>
}

async function openRoom(
  system: System,
  server: ServerProcess,
  { text, clients }: { text: Typing; clients: number },
): Promise<Room> {
  const request = { server, document: DOCUMENT }
  const author = system.keeps ? await writeDocument(request, system, [text.base]) : null
  const seats = await openSeats(system, server, clients, DOCUMENT)
  author?.close()
  const step = Math.max(1, Math.floor(clients / OBSERVERS))
  const received: Uint8Array[] = []
  return {
    seats,
    observers: seats.filter((_, i) => i % step === 0).slice(0, OBSERVERS),
    received,
    async agree(sent) {
      const expected = textOf(text.base, ...sent)
      if (textOf(text.base, ...received) !== expected) return false
      if (!system.keeps) return true
      const fresh = await system.join({ ...request, clientId: editorId(clients), guest: clients })
      fresh.close()
      return textOf(...fresh.history) === expected
    },
  }
}

/** Sends keystrokes on schedule and follows their arrival at the observers. */
class Typist {
  readonly #text: Typing
  readonly #room: Room
  /** By editor: the number of keystrokes sent, and when each was. */
  readonly #sent: number[]
  readonly #sentAt: Float64Array[]
  /** By observer and editor: keystrokes received. */
  readonly #seen: Int32Array[]
  #missing = 0
  #latencies: number[] = []
  #next = 0

  constructor(text: Typing, room: Room) {
    this.#text = text
    this.#room = room
    const { editors } = text
    this.#sent = editors.map(() => 0)
    this.#sentAt = editors.map(({ updates }) => new Float64Array(updates.length))
    this.#seen = room.observers.map(() => new Int32Array(editors.length))
    const lengthOf = (clientId: number, clock: number) =>
      editors[clientId - editorId(0)]?.updates[clock]?.length
    room.observers.forEach((seat, observer) => {
      const seen = this.#seen[observer]
      if (!seen) return
      const verifying = observer === 0 ? (room.received as Uint8Array[]) : null
      seat.watch = {
        updates: (updates) => {
          const now = performance.now()
          for (const update of updates) {
            verifying?.push(new Uint8Array(update))
            for (const { clientId, from, to } of spansIn(update, lengthOf)) {
              this.#note(seen, clientId - editorId(0), from, to, now)
            }
          }
        },
      }
    })
  }

  /** True if every observer has everything that was sent. */
  get delivered(): boolean {
    return this.#missing === 0
  }

  /**
   * Types by the editors in turn, at a steady pace with some jitter. Resolves with the number of keystrokes once
   * the last is sent.
   */
  async type({ updates, perSecond }: { updates: number; perSecond: number }): Promise<number> {
    const begun = performance.now()
    const gap = 1000 / perSecond
    let sent = 0
    while (sent < updates) {
      const now = performance.now()
      while (sent < updates && begun + sent * gap + unevenness(sent) * gap <= now) {
        this.#send()
        sent++
      }
      await pause(1)
    }
    return sent
  }

  forgetTimes(): void {
    this.#latencies = []
  }

  latencies(): number[] {
    return this.#latencies
  }

  sentUpdates(): Uint8Array[] {
    return this.#text.editors.flatMap(({ updates }, editor) => updates.slice(0, this.#sent[editor]))
  }

  #send(): void {
    const editor = this.#next++ % this.#text.editors.length
    const clock = this.#sent[editor] ?? 0
    const update = this.#text.editors[editor]?.updates[clock]
    const times = this.#sentAt[editor]
    if (!update || !times) throw new Error('no more keystrokes were made')
    this.#sent[editor] = clock + 1
    this.#missing += this.#room.observers.length
    times[clock] = performance.now()
    this.#room.seats[editor]?.send(update)
  }

  #note(seen: Int32Array, editor: number, from: number, to: number, now: number): void {
    const known = seen[editor] ?? 0
    if (from > known) throw new Error(`editor ${editor}: received ${from} before ${known}`)
    for (let clock = known; clock < to; clock++) {
      this.#latencies.push(now - (this.#sentAt[editor]?.[clock] ?? now))
      this.#missing--
    }
    seen[editor] = Math.max(known, to)
  }
}

/** Returns a jitter of 0…1, the same in every run. */
function unevenness(index: number): number {
  return ((index * 2654435761) >>> 0) / 2 ** 32
}
