import { basename } from 'node:path'
import { measureComparing } from './compare.ts'
import { measureIdle, measureSpread } from './documents.ts'
import { type FanOut, measureFanOut } from './fan-out.ts'
import { measureGate } from './gate.ts'
import { measureJoins, measureSlowJoins } from './joins.ts'
import { measurePresence } from './presence.ts'
import { measureReplay, sessionFiles } from './replay.ts'
import { logSlope } from './statistics.ts'
import type { Workload } from './workload.ts'

const FAN_OUT_COLUMNS = [
  'cpuMsPer1000Updates',
  'framesPerDelivery',
  'bytesPerDelivery',
  'writesPerDelivery',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'backlogMs',
]

function fanOut(
  clients: number,
  editors: number,
  updatesPerSecond: number,
  systems?: readonly string[],
): Workload {
  const typing = editors === clients ? 'all' : String(editors)
  return {
    id: 'W1',
    title: `one document, ${clients} clients, ${typing} typing, ${updatesPerSecond} updates/s`,
    ...(systems ? { systems } : {}),
    columns: FAN_OUT_COLUMNS,
    async run({ system, seconds, start }) {
      const load: FanOut = { clients, editors, updatesPerSecond, seconds }
      return measureFanOut(system, await start(), load)
    },
  }
}

const CARETS = ['commonplace', 'y-socket.io', 'y-websocket', 'hocuspocus']

function presence(clients: number, movesPerSecond: number, systems: readonly string[] = CARETS): Workload {
  return {
    id: 'W2',
    title: `presence, ${clients} clients, each moving its caret ${movesPerSecond} times a second`,
    systems,
    columns: [
      'cpuMsPer1000Updates',
      'bytesPerDelivery',
      'framesPerDelivery',
      'writesPerDelivery',
      'p50Ms',
      'p99Ms',
      'stallMs',
      'backlogMs',
    ],
    async run({ system, seconds, start }) {
      return measurePresence(system, await start(), { clients, movesPerSecond, seconds })
    },
  }
}

const KEEPERS = ['commonplace', 'y-socket.io', 'y-websocket', 'hocuspocus', 'hocuspocus-sqlite']
const MEGABYTE = 1024 * 1024

function slowJoins(bitsPerSecond: number, long: boolean): Workload {
  return {
    id: 'W4b',
    title: `20 MB document, 50 clients join together at ${bitsPerSecond / 1e6} Mbit/s each`,
    systems: ['commonplace', 'y-websocket', 'hocuspocus'],
    long,
    rounds: 1,
    columns: ['memoryPerDocument', 'loadMs', 'cpuMs', 'messages'],
    run: (options) => measureSlowJoins(options, { bytes: 20_000_000, bitsPerSecond }),
  }
}

function replay(file: string): Workload {
  return {
    id: 'W5',
    title: `replay of ${basename(file, '.json.gz')}, one update per keystroke`,
    systems: KEEPERS,
    rounds: 1,
    columns: ['cpuMsPer1000Updates', 'updatesPerSecond', 'diskPerState', 'stateBytes', 'updates'],
    run: (options) => measureReplay(options, file),
  }
}

const RECEIVERS = [10, 50, 100, 200, 500]
const DOCUMENTS = [10, 100, 500, 2000]

const growthByReceivers: Workload = {
  id: 'W6',
  title: 'CPU against number of receivers, 200 updates/s by 10 people',
  systems: ['commonplace', 'y-websocket'],
  rounds: 1,
  columns: ['slope', ...RECEIVERS.map((clients) => `cpuMsAt${clients}`)],
  async run({ system, seconds, start }) {
    let ok = true
    const points: [number, number][] = []
    for (const clients of RECEIVERS) {
      const server = await start()
      const measured = await measureFanOut(system, server, {
        clients,
        editors: 10,
        updatesPerSecond: 200,
        seconds,
      })
      await server.stop()
      ok &&= measured.ok
      points.push([clients, measured.figures.cpuMsPer1000Updates ?? 0])
    }
    return { ok, figures: { slope: logSlope(points), ...named('cpuMsAt', points) } }
  },
}

const growthByDocuments: Workload = {
  id: 'W6',
  title: 'CPU against number of documents with two people each, 500 updates/s over all of them',
  systems: ['commonplace', 'y-websocket'],
  rounds: 1,
  columns: ['slope', ...DOCUMENTS.map((documents) => `cpuMsAt${documents}`)],
  async run(options) {
    let ok = true
    const points: [number, number][] = []
    for (const documents of DOCUMENTS) {
      const measured = await measureSpread(options, { documents, updatesPerSecond: 500 })
      ok &&= measured.ok
      points.push([documents, measured.cpuMsPer1000Updates])
    }
    return { ok, figures: { slope: logSlope(points), ...named('cpuMsAt', points) } }
  },
}

function named(name: string, points: readonly (readonly [number, number])[]): Record<string, number> {
  return Object.fromEntries(points.map(([x, y]) => [`${name}${x}`, y]))
}

/** All rows of the table, in order. */
export const WORKLOADS: readonly Workload[] = [
  fanOut(100, 100, 1500),
  fanOut(100, 100, 500),
  fanOut(10, 10, 50),
  fanOut(100, 100, 50),
  fanOut(500, 50, 250, ['commonplace', 'y-websocket', 'hocuspocus', 'socket.io-relay']),
  presence(100, 2),
  presence(200, 2),
  presence(500, 1, ['commonplace', 'y-websocket']),
  {
    id: 'W3',
    title: '2,000 documents, 2 clients each, no typing',
    systems: ['commonplace', 'y-socket.io', 'y-websocket', 'socket.io-relay'],
    rounds: 1,
    columns: ['memoryKbPerDocument', 'heapKbPerDocument', 'idleCore'],
    run: (options) => measureIdle(options, 2000),
  },
  {
    id: 'W4',
    title: '2.2 MB document: a cold join, 50 joins together, 50 up-to-date clients return',
    systems: KEEPERS,
    rounds: 1,
    columns: [
      'joinsCpuMs',
      'joinsMs',
      'joinsStallMs',
      'coldJoinCpuMs',
      'coldJoinMs',
      'rejoinCpuMs',
      'rejoinBytes',
      'rejoinWithPresenceBytes',
    ],
    run: (options) => measureJoins(options, 2.2 * MEGABYTE),
  },
  slowJoins(16e6, false),
  slowJoins(1e6, true),
  ...sessionFiles().map(replay),
  growthByReceivers,
  growthByDocuments,
  {
    id: 'gate',
    title: 'the gate before the log, 18,000 keystrokes of one person',
    systems: ['commonplace'],
    columns: ['p99Us', 'p50Us', 'mostUs', 'coldUs'],
    run: measureGate,
  },
  comparing('compare', false),
  comparing('compare typed', true),
]

function comparing(id: string, typed: boolean): Workload {
  return {
    id,
    title: `a copy compared with the log, 60,000 words, ${typed ? 'typed letter by letter at scattered places' : 'pasted'}`,
    systems: ['commonplace'],
    columns: [
      'walkMs',
      'pauseMs',
      'mostPauseMs',
      'hashMs',
      'foldMs',
      'foldAndDigestMs',
      'bytes',
      'stateBytes',
    ],
    run: () => measureComparing(typed),
  }
}
