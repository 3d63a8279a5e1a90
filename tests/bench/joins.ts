import { type LongDocument, longDocument, pastedDocument } from './long-document.ts'
import { openSeats, writeDocument } from './room.ts'
import type { Seat } from './seat.ts'
import type { ServerProcess } from './server-process.ts'
import type { System } from './systems.ts'
import { editorId } from './typing.ts'
import { textOf } from './updates.ts'
import { type Measured, pause, type RunOptions, until } from './workload.ts'

/* W4: clients join a long document: one a server that has just started, many together, many again. */

const DOCUMENT = 'long'
const JOINERS = 50
/** Joins of another document before the window, so that compiled code is measured. */
const WARM_JOINS = 40
/** For background work on the written document (a snapshot), until it is quiet again. */
const SETTLED_WITHIN_MS = 25_000

export async function measureJoins({ system, start }: RunOptions, bytes: number): Promise<Measured> {
  const document = longDocument(bytes)
  const first = await start()
  const author = await write(system, first, document)
  const { server, cold } = system.durable
    ? await joinCold({ system, start }, first, author)
    : { server: first, cold: {} }
  await openSeats(system, server, WARM_JOINS, 'short').then(leave)

  const seats: Seat[] = []
  const join = (i: number, again?: Seat) =>
    system.join({
      server,
      document: DOCUMENT,
      clientId: editorId(i),
      guest: i,
      ...(again ? { again: { seat: again, vector: document.vector } } : {}),
    })
  const everybody = [...Array(JOINERS).keys()]
  const joins = await measured(server, async () => {
    seats.push(...(await Promise.all(everybody.map((i) => join(i)))))
  })
  leave(seats)
  await pause(200)
  const back: Seat[] = []
  let answered = 0
  const rejoins = await measured(server, async () => {
    const returns = everybody.map(async (i) => {
      const seat = await join(i, seats[i])
      // Messages up to its own answer: presence of simultaneous joiners is counted separately.
      answered += bytesOf([seat])
      back.push(seat)
    })
    await Promise.all(returns)
    // Presence and everything else that follows a join.
    await pause(600)
  })
  leave(back)
  if (!system.durable) author.close()
  const expected = textOf(document.state)
  const [someone, whoCameBack] = [seats.at(-1), back.at(-1)]
  return {
    ok:
      textOf(...(someone?.history ?? [])) === expected &&
      textOf(...(someone?.history ?? []), ...(whoCameBack?.history ?? [])) === expected,
    figures: {
      clients: JOINERS,
      documentBytes: document.state.length,
      ...cold,
      joinsCpuMs: joins.cpuMs,
      joinsMs: joins.ms,
      joinsStallMs: joins.stallMs,
      rejoinCpuMs: rejoins.cpuMs / JOINERS,
      rejoinBytes: answered / JOINERS,
      rejoinWithPresenceBytes: bytesOf(back) / JOINERS,
    },
  }
}

/** W4b: many clients join a very long document together over slow networks. */
export async function measureSlowJoins(
  { system, start }: RunOptions,
  { bytes, bitsPerSecond }: { bytes: number; bitsPerSecond: number },
): Promise<Measured> {
  const document = pastedDocument(bytes)
  const server = await start()
  const author = await write(system, server, document)
  await server.ask('collect')
  const before = await server.usage()
  let most = before.rss
  const watching = setInterval(() => {
    void server.usage().then(({ rss }) => {
      most = Math.max(most, rss)
    })
  }, 250)
  const begun = performance.now()
  try {
    const joining = Array.from({ length: JOINERS }, (_, i) =>
      system.join({ server, document: DOCUMENT, clientId: editorId(i), guest: i, bitsPerSecond }),
    )
    const seats = await Promise.all(joining)
    const loadMs = performance.now() - begun
    const after = await server.usage()
    leave(seats)
    author.close()
    const [someone] = seats
    return {
      ok:
        seats.every(({ refusal }) => refusal === null) &&
        textOf(...(someone?.history ?? [])) === textOf(document.state),
      figures: {
        clients: JOINERS,
        documentBytes: document.state.length,
        bitsPerSecond,
        memoryPerDocument: (most - before.rss) / document.state.length,
        loadMs,
        cpuMs: after.cpuMs - before.cpuMs,
        /** The number of messages a load arrives in: with more than one there is progress to show. */
        messages: Math.max(1, someone?.chunks ?? 0),
      },
    }
  } finally {
    clearInterval(watching)
  }
}

/**
 * Writes the document and waits until a join brings it in one piece: until its snapshot is written, if the system has
 * snapshots.
 */
async function write(system: System, server: ServerProcess, document: LongDocument): Promise<Seat> {
  const author = await writeDocument({ server, document: DOCUMENT }, system, document.updates)
  let whole = false
  for (let i = 0; i < SETTLED_WITHIN_MS / 500 && !whole; i++) {
    await pause(500)
    const visitor = await system.join({ server, document: DOCUMENT, clientId: editorId(900), guest: 0 })
    whole = visitor.history.length === 1
    visitor.close()
  }
  if (!whole) throw new Error('the document was not folded in time')
  return author
}

/** Measures the first join after the server was started on the stored document. */
async function joinCold(
  { system, start }: Pick<RunOptions, 'system' | 'start'>,
  first: ServerProcess,
  author: Seat,
): Promise<{ server: ServerProcess; cold: Record<string, number> }> {
  author.close()
  await first.stop({ keep: true })
  const server = await start(first.dataDir ? { dataDir: first.dataDir } : {})
  await openSeats(system, server, WARM_JOINS, 'short').then(leave)
  await pause(500)
  let visitor: Seat | null = null
  const cold = await measured(server, async () => {
    visitor = await system.join({ server, document: DOCUMENT, clientId: editorId(901), guest: 0 })
  })
  leave(visitor ? [visitor] : [])
  return { server, cold: { coldJoinCpuMs: cold.cpuMs, coldJoinMs: cold.ms } }
}

/** Measures CPU until the work is done and the server has been quiet for a moment; `ms` is of the work alone. */
async function measured(
  server: ServerProcess,
  work: () => Promise<void>,
): Promise<{ cpuMs: number; ms: number; stallMs: number }> {
  await server.ask('watch')
  const before = await server.usage()
  await work()
  const ms = performance.now() - before.at
  let last = await server.usage()
  await until(() => false, 50)
  for (let i = 0; i < 50; i++) {
    const now = await server.usage()
    const busy = now.cpuMs - last.cpuMs > 20
    last = now
    if (!busy) break
    await pause(50)
  }
  return { cpuMs: last.cpuMs - before.cpuMs, ms, stallMs: last.stallMs }
}

function bytesOf(seats: readonly Seat[]): number {
  return seats.reduce((sum, { socket }) => sum + socket.bytes, 0)
}

function leave(seats: readonly Seat[]): void {
  for (const seat of seats) seat.close()
}
