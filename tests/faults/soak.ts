import { setTimeout as passed } from 'node:timers/promises'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { seededRandom } from '../support/random.ts'
import { until } from '../support/writer.ts'
import { type Answers, MeasuredServer } from './measured-server.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

const GUESTS = 20
const ROOMS = 100
/** Visits of two people to one document before a new document takes its place. */
const VISITS = 4
const EDITS_PER_VISIT = 6
const PACE_MS = 1500
/** Small, so that it fills early: anything that grows afterwards is a leak. */
const ROOM_CACHE_BYTES = 1024 * 1024
/** The greatest growth of memory, bytes per hour, and the minutes after which it can be judged. */
const MOST_PER_HOUR = 1024 * 1024
const TELLS_AFTER_MINUTES = 20
/** An empty room is unloaded after half a minute. */
const UNLOADED_WITHIN_MS = 40_000
const MOST_SAMPLES = 60
const SAMPLE_MS = 1000
/** Open files of the folding thread, which starts with the first folded document. */
const THREAD_FILES = 8

type Weight = Answers['weigh'] & { readonly atMs: number }

/**
 * A hundred rooms where people come, type and go; the documents change too. Memory is weighed after collections all
 * the time, and its slope over the second half is reported per hour. Counts minutes.
 */
export const soak: Scenario = {
  name: 'soak',
  counts: 'minutes',
  full: 20,
  short: 0.2,
  run: soakServer,
}

/** Runs the scenario. `planted` makes one visitor stay for ever, which must be found. */
export async function soakServer({
  count,
  seed,
  planted = false,
}: ScenarioRun & { readonly planted?: boolean }): Promise<Finding> {
  const failures: string[] = []
  let stayed: CollabProvider | null = null
  const server = await MeasuredServer.start(GUESTS, { roomCacheBytes: ROOM_CACHE_BYTES })
  try {
    const before = await server.ask('weigh')
    const lastMs = performance.now() + count * 60_000
    const random = seededRandom(seed)
    const rooms = Array.from({ length: ROOMS }, (_, room) => inhabit(server, room, random, lastMs, failures))
    const { weights, threads } = await weigh(server, count * 60_000)
    const visits = await Promise.all(rooms)
    if (planted) stayed = await stay(server)
    const after = await emptied(server, before, count >= 1, failures)

    const second = weights.slice(Math.floor(weights.length / 2))
    const bytesPerHour = slopePerHour(second.map(({ atMs, bytes }) => [atMs, bytes]))
    const threadBytesPerHour = slopePerHour(threads.map(({ atMs, threadBytes }) => [atMs, threadBytes]))
    const growth = bytesPerHour + threadBytesPerHour
    if (count >= TELLS_AFTER_MINUTES && growth > MOST_PER_HOUR) {
      failures.push(`memory grows by ${Math.round(growth / 1024)} KiB an hour`)
    }
    const figures = {
      minutes: count,
      rooms: ROOMS,
      visits: visits.reduce((sum, each) => sum + each, 0),
      bytesPerHour: Math.round(bytesPerHour),
      threadBytesPerHour: Math.round(threadBytesPerHour),
      rssBytesPerHour: Math.round(slopePerHour(second.map(({ atMs, rss }) => [atMs, rss]))),
      mibByMinute: byMinute(weights),
      firstBytes: before.bytes,
      lastBytes: after.bytes,
      files: `${before.files} then ${after.files}`,
      handles: `${handlesOf(before)} then ${handlesOf(after)}`,
    }
    return { scenario: 'soak', seed, ok: failures.length === 0, figures, failures: failures.slice(0, 50) }
  } finally {
    await stayed?.destroy()
    await server.stop()
  }
}

async function stay(server: MeasuredServer): Promise<CollabProvider> {
  const provider = server.open((await server.ask('document')).address, 0)
  await until(provider, () => provider.synced)
  return provider
}

/** Keeps one room busy until `lastMs`. Returns the number of visits. */
async function inhabit(
  server: MeasuredServer,
  room: number,
  random: () => number,
  lastMs: number,
  failures: string[],
): Promise<number> {
  let visits = 0
  await passed(random() * PACE_MS) // not all in the same moment
  while (performance.now() < lastMs) {
    const { address } = await server.ask('document')
    let length = 0
    for (let visit = 0; visit < VISITS && performance.now() < lastMs; visit++, visits++) {
      const pair = [0, 1].map((i) => server.open(address, room + i))
      try {
        await Promise.all(
          pair.map((each) => until(each, () => each.synced && titleOf(each).length === length)),
        )
        for (let edit = 0; edit < EDITS_PER_VISIT && performance.now() < lastMs; edit++) {
          for (const each of pair) {
            titleOf(each).insert(0, 'words ')
            each.setPresence({ caret: Uint8Array.of(edit), idle: false })
            length += 6
          }
          await passed(random() * PACE_MS) // a typing pace: the pause is the input, not a wait for something
        }
        await Promise.all(
          pair.map((each) => until(each, () => each.saved && titleOf(each).length === length)),
        )
      } catch (error) {
        failures.push(`room ${room}: ${error instanceof Error ? error.message : error}`)
        return visits
      } finally {
        await Promise.all(pair.map((each) => each.destroy()))
      }
    }
  }
  return visits
}

function titleOf({ doc }: CollabProvider) {
  return doc.getText('title')
}

/** Weighs the process at intervals; half-way and at the end with the threads' garbage collected. */
async function weigh(
  server: MeasuredServer,
  forMs: number,
): Promise<{ weights: readonly Weight[]; threads: readonly Weight[] }> {
  const begun = performance.now()
  const now = () => performance.now() - begun
  const weights: Weight[] = []
  const threads: Weight[] = []
  while (now() < forMs) {
    await passed(Math.max(SAMPLE_MS, forMs / MOST_SAMPLES))
    const [half, end] = [now() >= forMs / 2 && threads.length === 0, now() >= forMs]
    if (half || end) await server.ask('collect')
    const weight = { ...(await server.ask('weigh')), atMs: now() }
    weights.push(weight)
    if (half || end) threads.push(weight)
  }
  return { weights, threads }
}

/**
 * Waits until everyone has left: no connection, no more files than before and, with `rooms`, every room unloaded with
 * its timer.
 */
async function emptied(
  server: MeasuredServer,
  before: Answers['weigh'],
  rooms: boolean,
  failures: string[],
): Promise<Answers['weigh']> {
  const end = performance.now() + (rooms ? UNLOADED_WITHIN_MS : 5000)
  for (;;) {
    const after = await server.ask('weigh')
    const { connections } = await server.ask('seen')
    const flat =
      connections === 0 &&
      after.files <= before.files + THREAD_FILES &&
      (!rooms || handlesOf(after) <= handlesOf(before) + 1)
    if (flat) return after
    if (performance.now() > end) {
      failures.push(
        `left behind: ${connections} connections, ${after.files - before.files} files, ${JSON.stringify(after.handles)}`,
      )
      return after
    }
    await passed(250) // another process can only be polled
  }
}

function handlesOf({ handles }: Answers['weigh']): number {
  return Object.values(handles).reduce((sum, each) => sum + each, 0)
}

/** Returns the mean of each minute. */
function byMinute(weights: readonly Weight[]): string {
  const minutes = Object.values(Object.groupBy(weights, ({ atMs }) => Math.ceil(atMs / 60_000)))
  const mean = (of: readonly Weight[]) => of.reduce((sum, { bytes }) => sum + bytes, 0) / of.length
  return minutes.map((of = []) => (mean(of) / 2 ** 20).toFixed(1)).join(' ')
}

/** Returns the slope by least squares of value over ms, per hour. */
function slopePerHour(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const under = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return (over / under) * 3_600_000
}
