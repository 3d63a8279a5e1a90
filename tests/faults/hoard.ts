import { setTimeout as passed } from 'node:timers/promises'
import { PART_COST, WAITING_PARTS } from '#lib/collab/assembly.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { encodeBatch } from '#lib/protocol/messages/update.ts'
import { connected, join, openSocket, type TestSocket } from '../server/guest.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { until } from '../support/writer.ts'
import { MeasuredServer } from './measured-server.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

const GUESTS = 24
const ELSEWHERE = { 'x-forwarded-for': '203.0.113.200' }
const MIB = 1024 * 1024
/** The ways to hoard, with the growth that they may cause, bytes: what may be held, and what passes through meanwhile. */
const WAYS = {
  /** Large parts from one network. */
  large: { mostBytes: 48 * MIB, from: () => ELSEWHERE },
  /** Tiny parts between other bytes, each of which would keep a whole read of its socket in memory. */
  tiny: { mostBytes: 16 * MIB, from: () => ELSEWHERE },
  /** As many parts as there is room for, from the network of the user who pastes. */
  near: { mostBytes: 48 * MIB, from: () => ({}) },
  /** As many parts as there is room for, from a network for each guest. */
  everywhere: { mostBytes: 80 * MIB, from: (guest: number) => ({ 'x-forwarded-for': `203.0.113.${guest}` }) },
} as const
type Way = keyof typeof WAYS
const TINY_PARTS = 40
/** The number of parts without the last of the largest batch. */
const LARGE_PARTS = LIMITS.assembledBytes / LIMITS.partBytes - 1
const PARTS = 2 * (LARGE_PARTS + 1)
/** A paste of almost the largest size that one batch may have. */
const PASTE_UNITS = 8_000_000
const SAVED_WITHIN_MS = 60_000
const NO_ROOM = 0

/**
 * Connections send parts of batches that they never complete. Meanwhile another user pastes 8 MB, which must be saved.
 * Counts connections.
 */
export const hoard: Scenario = {
  name: 'hoard',
  counts: 'connections',
  full: 72,
  short: 12,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    const figures: Record<string, number> = { connections: count }
    for (const way of Object.keys(WAYS) as Way[]) {
      const server = await MeasuredServer.start(GUESTS + 2, { limited: {} })
      try {
        const { address } = await server.ask('document')
        const hoarders = await Promise.all(
          Array.from({ length: count }, (_, i) =>
            Hoarder.enter(server, address, i, WAYS[way].from(i % GUESTS)),
          ),
        )
        const room = way === 'near' ? WAITING_PARTS.ofNetwork : WAITING_PARTS.ofAll
        const share = Math.floor(room / count / (LIMITS.partBytes + PART_COST))
        const before = await server.ask('weigh')
        await Promise.all(
          hoarders.map((each) =>
            way === 'tiny' ? each.sendTiny() : each.sendLarge(way === 'large' ? LARGE_PARTS : share),
          ),
        )
        const { bytes, rss } = await server.ask('weigh')
        const held = bytes - before.bytes
        figures[`${way}Bytes`] = held
        figures[`${way}ResidentBytes`] = rss - before.rss
        if (held > WAYS[way].mostBytes) failures.push(`${way}: ${held} bytes are held`)
        figures[`${way}PasteMs`] = await paste(server, failures)
        for (const each of hoarders) each.leave()
        figures[`${way}LeftBytes`] = (await server.ask('weigh')).bytes - before.bytes
      } finally {
        await server.stop()
      }
    }
    return { scenario: 'hoard', seed, ok: failures.length === 0, figures, failures }
  },
}

/** Returns the time in which another user's large paste is saved and has reached a reader, ms. */
async function paste(server: MeasuredServer, failures: string[]): Promise<number> {
  const { address } = await server.ask('document')
  const [writer, reader] = [server.open(address, GUESTS), server.open(address, GUESTS + 1)]
  await Promise.all([writer, reader].map((each) => until(each, () => each.synced)))
  const begun = performance.now()
  writer.doc.getXmlFragment('body').insert(0, [paragraphOf('x'.repeat(PASTE_UNITS))])
  const arrived = () => reader.doc.getXmlFragment('body').toString().length > PASTE_UNITS
  await until([writer, reader], () => writer.saved && arrived(), SAVED_WITHIN_MS).catch(() =>
    failures.push('an honest paste was not saved'),
  )
  await Promise.all([writer, reader].map((each) => each.destroy()))
  return Math.round(performance.now() - begun)
}

/** A connection that completes no batch. */
class Hoarder {
  readonly #socket: TestSocket
  readonly #room: number
  readonly #clientId: number

  private constructor(socket: TestSocket, room: number, clientId: number) {
    this.#socket = socket
    this.#room = room
    this.#clientId = clientId
  }

  static async enter(
    server: MeasuredServer,
    address: string,
    i: number,
    headers: Record<string, string>,
  ): Promise<Hoarder> {
    const token = server.token(i % GUESTS)
    const socket = openSocket(server.url, { token }, { headers })
    await connected(socket)
    const joined = await join(socket, { address, clientId: i + 1 })
    if (!joined.ok) throw new Error(`not let in: ${JSON.stringify(joined)}`)
    return new Hoarder(socket, joined.room, i + 1)
  }

  async sendLarge(parts: number): Promise<void> {
    const payload = new Uint8Array(LIMITS.partBytes)
    for (let part = 0; part < parts; part++) this.#send(part, payload)
    await this.#answered()
  }

  async sendTiny(): Promise<void> {
    const filling = new Uint8Array(LIMITS.partBytes)
    for (let part = 0; part < TINY_PARTS; part++) {
      this.#send(part, Uint8Array.of(1))
      for (let i = 0; i < 3; i++) this.#send(0, filling, NO_ROOM)
      // Each part is to arrive in a read of its own.
      await passed(1)
    }
    await this.#answered()
  }

  leave(): void {
    this.#socket.disconnect()
  }

  #send(part: number, payload: Uint8Array, room = this.#room): void {
    const batch = { room, clientId: this.#clientId, n: 1, part, parts: PARTS, restore: false, payload }
    this.#socket.emit('document:update', encodeBatch(batch), () => undefined)
  }

  /** Resolves when the server has handled everything sent before. */
  #answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('disconnect', () => resolve())
      this.#socket.emit('document:pull', { room: this.#room, seq: 0 }, () => resolve())
    })
  }
}
