import { openSeats } from './room.ts'
import type { ServerProcess } from './server-process.ts'
import { percentile } from './statistics.ts'
import type { System } from './systems.ts'
import { editorId } from './typing.ts'
import { type Measured, pause, until } from './workload.ts'

/* W2: everyone in one document moves a caret and sees all the others'. */

export interface Presence {
  readonly clients: number
  /** Per client. */
  readonly movesPerSecond: number
  readonly seconds: number
}

const OBSERVERS = 5
/** The longest delay of presence: the longest tick of a large room, with a margin. */
const SETTLED_MS = 2000

export async function measurePresence(
  system: System,
  server: ServerProcess,
  load: Presence,
): Promise<Measured> {
  const { clients, movesPerSecond, seconds } = load
  const seats = await openSeats(system, server, clients)
  try {
    const sentAt = seats.map(() => [] as number[])
    const latencies: number[] = []
    /** By observer and client: the last move seen. */
    const seen = Array.from({ length: Math.min(OBSERVERS, clients) }, () => new Int32Array(clients).fill(-1))
    seen.forEach((last, observer) => {
      const seat = seats[Math.floor((observer * clients) / seen.length)]
      if (!seat) return
      seat.watch = {
        caret: (clientId, move) => {
          const client = clientId - editorId(0)
          if (last[client] === undefined || last[client] >= move) return
          last[client] = move
          latencies.push(performance.now() - (sentAt[client]?.[move] ?? 0))
        },
      }
    })
    const perSecond = clients * movesPerSecond
    let next = 0
    const move = async (count: number) => {
      const begun = performance.now()
      for (let sent = 0; sent < count; ) {
        for (; sent < count && begun + (sent * 1000) / perSecond <= performance.now(); sent++) {
          const client = next++ % clients
          const times = sentAt[client]
          if (!times) continue
          times.push(performance.now())
          seats[client]?.setCaret(times.length - 1)
        }
        await pause(1)
      }
    }
    // A server need not tell a recipient of their own caret.
    const settled = () =>
      seen.every((last, observer) => {
        const own = Math.floor((observer * clients) / seen.length)
        return last.every((value, client) => client === own || value === (sentAt[client]?.length ?? 0) - 1)
      })

    await move(perSecond)
    await until(settled, 20_000)
    await server.ask('watch')
    const before = await server.usage()
    latencies.length = 0
    for (const { socket } of seats) socket.frames = socket.bytes = 0
    const moves = perSecond * seconds
    await move(moves)
    const settling = await until(settled, SETTLED_MS + seconds * 4000)
    const after = await server.usage()
    const deliveries = moves * clients
    const frames = seats.reduce((sum, { socket }) => sum + socket.frames, 0)
    const bytes = seats.reduce((sum, { socket }) => sum + socket.bytes, 0)
    return {
      ok: settled() && seats.every(({ refusal }) => refusal === null),
      figures: {
        clients,
        movesPerSecond: perSecond,
        cpuMsPer1000Updates: ((after.cpuMs - before.cpuMs) / moves) * 1000,
        framesPerDelivery: frames / deliveries,
        bytesPerDelivery: bytes / deliveries,
        writesPerDelivery: (after.writes - before.writes) / deliveries,
        p50Ms: percentile(latencies, 0.5),
        p95Ms: percentile(latencies, 0.95),
        p99Ms: percentile(latencies, 0.99),
        stallMs: after.stallMs,
        backlogMs: settling,
        serverCore: (after.cpuMs - before.cpuMs) / (after.at - before.at),
      },
    }
  } finally {
    for (const seat of seats) seat.close()
  }
}
