import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { Tokens } from '#lib/people/tokens.ts'
import { type CollaborationServer, SECRET, startCollaboration } from '../support/collaboration.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { seededRandom } from '../support/random.ts'
import { until } from '../support/writer.ts'
import { type BadNetwork, FAIR, startBadNetwork } from './bad-network.ts'
import { Hand, type HandReport, tokensIn } from './hand.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

const PACE_MS = 60
const SLOW = { latencyMs: 300, jitterMs: 100, bitsPerSecond: Number.POSITIVE_INFINITY }
const NARROW = { latencyMs: 50, jitterMs: 10, bitsPerSecond: 64_000 }
/** Bytes of the document opened over the narrow network, times the square of the outage in s: it has all the time. */
const NARROW_BYTES = 500

/** The length of one change sent over the narrow network: sending it takes longer than the heartbeat waits. */
const NARROW_PASTE = 400_000
/** A part takes about a second to send: a heartbeat that waits less than this would fail on any narrow network. */
const LEAST_TIMEOUT_MS = 4000

/** A margin for a machine that others use too. */
const SPARE_MS = 20_000

/** The environment of one ordeal. */
interface Stage {
  readonly server: CollaborationServer
  readonly random: () => number
  /** The length of each trouble, ms. */
  readonly outageMs: number
  /**
   * The time after a trouble within which everything recovers: the heartbeat has given up, and the client has come
   * back.
   */
  readonly healsWithinMs: number
  readonly guests: readonly CookieSession[]
  readonly failures: string[]
}

/** One trouble of the network, from its beginning to its end. */
type Trouble = (network: BadNetwork, stage: Stage, hands: readonly Hand[]) => Promise<void>

const TROUBLES: Readonly<Record<string, Trouble>> = {
  async slow(network, { outageMs }) {
    network.setWeather(SLOW)
    await passed(outageMs)
    network.setWeather(FAIR)
  },
  async narrow(network, { outageMs }, hands) {
    network.setWeather(NARROW)
    // Takes longer than an answer may take.
    hands[1]?.paste('x'.repeat((outageMs * NARROW.bitsPerSecond) / 8000 / 2))
    await passed(outageMs)
    network.setWeather(FAIR)
  },
  async deadZone(network, { outageMs }) {
    network.deadZone()
    await passed(outageMs)
    network.clear()
  },
  async blackHole(network, { outageMs }) {
    network.blackHole()
    await passed(outageMs)
    network.clear()
  },
  async resets(network, { outageMs, random }) {
    const end = performance.now() + outageMs
    while (performance.now() < end) {
      await passed((random() * outageMs) / 4)
      network.reset()
    }
  },
  async serverGone(network, { outageMs }) {
    network.halfOpen('client')
    await passed(outageMs)
  },
  async clientGone(network, { outageMs }) {
    network.halfOpen('server')
    await passed(outageMs)
  },
}

/** All troubles of a network for people who write together. Counts the seconds that each trouble lasts. */
export const network: Scenario = {
  name: 'network',
  counts: 'seconds of each trouble',
  full: 30,
  short: 1,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    // The heartbeat is as slow as the outage is long, and never slower than the default.
    const pingInterval = Math.min(10_000, Math.round((count * 1000) / 3))
    const pingTimeout = Math.min(30_000, count * 1000)
    const server = await startCollaboration({ pingInterval, pingTimeout })
    const stage: Stage = {
      server,
      random: seededRandom(seed),
      outageMs: count * 1000,
      healsWithinMs: pingInterval + pingTimeout + 30_000,
      guests: await Promise.all(Array.from({ length: 3 }, () => server.guest())),
      failures: [],
    }
    try {
      // Each over its own network, all at the same time.
      const [stoppedHealedMs, narrowLoadMs, narrowSendMs, ...healedMs] = await Promise.all([
        attempt(stage, 'stopped', stopped(stage, pingInterval + pingTimeout)),
        attempt(stage, 'narrow, load', openOverNarrow(stage, NARROW_BYTES * count ** 2)),
        attempt(stage, 'narrow, send', sendOverNarrow(stage, Math.max(LEAST_TIMEOUT_MS, pingTimeout))),
        ...Object.entries(TROUBLES).map(async ([name, trouble]) => [
          `${name}HealedMs`,
          await attempt(stage, name, endure(stage, name, trouble)),
        ]),
      ])
      const { failures } = stage
      const figures = {
        seconds: count,
        ...Object.fromEntries(healedMs),
        stoppedHealedMs,
        narrowLoadMs,
        narrowSendMs,
      }
      return {
        scenario: 'network',
        seed,
        ok: failures.length === 0,
        figures,
        failures: failures.slice(0, 50),
      }
    } finally {
      await server.close()
    }
  },
}

/** Runs an ordeal; the others continue if it fails. */
async function attempt(stage: Stage, name: string, ordeal: Promise<number>): Promise<number | string> {
  try {
    return await ordeal
  } catch (error) {
    stage.failures.push(`${name}: ${error instanceof Error ? error.message : error}`)
    return 'never'
  }
}

/** Lets two people type over the network and one beside it, through the trouble. Returns the recovery time, ms. */
async function endure(stage: Stage, name: string, trouble: Trouble): Promise<number> {
  const { server, guests } = stage
  const [owner] = guests
  if (!owner) throw new Error('no guest')
  const { address } = await server.document(owner)
  const bad = await startBadNetwork(server.url, stage.random)
  const hands = guests.map((guest, i) => {
    const url = i === 0 ? server.url : bad.url
    return new Hand(server.open(address, guest, { url }), `${name}.${i}`)
  })
  try {
    await Promise.all(hands.map(({ provider }) => until(provider, () => provider.synced)))
    for (const hand of hands) hand.type(stage.random, PACE_MS)
    await trouble(bad, stage, hands)
    const ended = performance.now()
    await Promise.all(hands.map((hand) => hand.stop()))
    await healed(stage, name, hands, hands.length)
    const healedMs = Math.round(performance.now() - ended)
    await compare(stage, name, address, hands, [])
    return healedMs
  } finally {
    await Promise.all(hands.map(({ provider }) => provider.destroy()))
    await bad.close()
  }
}

/** Stops a client's whole process for longer than the heartbeat allows, then lets it continue. */
async function stopped(stage: Stage, heartbeatMs: number): Promise<number> {
  const { server, guests, failures } = stage
  const [owner, other] = guests
  if (!owner || !other) throw new Error('no guests')
  const { address } = await server.document(owner)
  const hand = new Hand(server.open(address, owner), 'stopped.0')
  const { provider } = hand
  const tokens = new Tokens(SECRET, Date.now)
  const { token } = tokens.issue(other.profile.userId, other.sessionId)
  const child = startClient({ url: server.url, address, token, paceMs: PACE_MS })
  try {
    await Promise.all([until(provider, () => provider.peers.length === 2), once(child, 'message')])
    child.send('type')
    hand.type(stage.random, PACE_MS)
    await until(provider, () => hand.seen.size > 5)
    child.kill('SIGSTOP')
    await until(provider, () => provider.peers.length === 1, heartbeatMs + 10_000).catch(() =>
      failures.push('stopped: still present after the heartbeat has given it up'),
    )
    child.kill('SIGCONT')
    const ended = performance.now()
    await until(provider, () => provider.peers.length === 2, stage.healsWithinMs)
    await hand.stop()
    let report = await askReport(child)
    const end = performance.now() + stage.healsWithinMs
    while (!report.saved || report.present !== 2 || report.text !== hand.report().text) {
      if (performance.now() > end) throw new Error(`stopped: not well again, ${JSON.stringify(report)}`)
      await passed(50) // another process can only be polled
      report = await askReport(child)
    }
    const healedMs = Math.round(performance.now() - ended)
    await compare(stage, 'stopped', address, [hand], [report])
    return healedMs
  } finally {
    child.kill('SIGKILL')
    await provider.destroy()
  }
}

/** Opens a long document over the narrow network: it must arrive in one connection, however long that takes. */
async function openOverNarrow(stage: Stage, bytes: number): Promise<number> {
  const { server, guests, random, failures } = stage
  const [owner, other] = guests
  if (!owner || !other) throw new Error('no guests')
  const { address } = await server.document(owner)
  const author = server.open(address, owner)
  await until(author, () => author.synced)
  const body = author.doc.getXmlFragment('body')
  // Noise, so that the bytes sent match its length.
  for (let at = 0; at < bytes; at += 1000) {
    const noise = Math.floor(random() * 1e9).toString(36)
    body.insert(0, [paragraphOf(noise.padEnd(1000, 'x'))])
  }
  await author.flushed()
  const bad = await startBadNetwork(server.url, random)
  bad.setWeather(NARROW)
  const reader = server.open(address, other, { url: bad.url })
  let losses = 0
  reader.on('status', ({ phase }) => {
    if (phase === 'lost') losses++
  })
  const begun = performance.now()
  try {
    const sendingMs = (bytes * 8000) / NARROW.bitsPerSecond
    await until(reader, () => reader.synced, 3 * sendingMs + 30_000)
    const loadMs = Math.round(performance.now() - begun)
    if (losses > 0)
      failures.push(`narrow: the connection was lost ${losses} times while the document was loaded`)
    if (reader.doc.getXmlFragment('body').length !== body.length)
      failures.push('narrow: the text is not whole')
    return loadMs
  } finally {
    await Promise.all([author.destroy(), reader.destroy()])
    await bad.close()
  }
}

/**
 * Pastes a long text over a network so narrow that, sent in one piece, it would delay the answers to the heartbeat
 * for too long: it must be sent in one connection. The network is as narrow as 64 kbit/s is to the default heartbeat.
 */
async function sendOverNarrow({ random, failures }: Stage, pingTimeout: number): Promise<number> {
  const bitsPerSecond = (NARROW.bitsPerSecond * 30_000) / pingTimeout
  const server = await startCollaboration({ pingInterval: pingTimeout / 3, pingTimeout })
  const guest = await server.guest()
  const { address } = await server.document(guest)
  const bad = await startBadNetwork(server.url, random)
  const reader = server.open(address, guest)
  const hand = new Hand(server.open(address, guest, { url: bad.url }), 'narrow')
  const { provider } = hand
  try {
    await Promise.all([until(provider, () => provider.synced), until(reader, () => reader.synced)])
    bad.setWeather({ ...NARROW, bitsPerSecond })
    let losses = 0
    provider.on('status', ({ phase }) => {
      if (phase === 'lost') losses++
    })
    const begun = performance.now()
    hand.paste('x'.repeat(NARROW_PASTE))
    const read = new Hand(reader, 'reader')
    await until(reader, () => read.report().pasted === NARROW_PASTE, 4 * pingTimeout + SPARE_MS)
    const sendMs = Math.round(performance.now() - begun)
    if (losses > 0) failures.push(`narrow: the connection was lost ${losses} times while a text was sent`)
    bad.setWeather(FAIR)
    await until(provider, () => provider.saved, 2 * pingTimeout)
    return sendMs
  } finally {
    await Promise.all([provider.destroy(), reader.destroy()])
    await bad.close()
    await server.close()
  }
}

/** Waits until nothing is unsent, and each client has all typed text and sees `present` people, itself once. */
async function healed(stage: Stage, name: string, hands: readonly Hand[], present: number): Promise<void> {
  const typed = hands.flatMap((hand) => hand.typed).join('').length
  const well = (hand: Hand): boolean => {
    const report = hand.report()
    return report.saved && report.text.length === typed && report.present === present && report.selves === 1
  }
  await Promise.all(
    hands.map((hand) =>
      until(hand.provider, () => well(hand), stage.healsWithinMs).catch((error: unknown) => {
        stage.failures.push(`${name}: ${error instanceof Error ? error.message : error}`)
      }),
    ),
  )
}

/** Checks that a new client reads everything that anyone typed, each token once, and the same as all the others. */
async function compare(
  stage: Stage,
  name: string,
  address: string,
  hands: readonly Hand[],
  others: readonly HandReport[],
): Promise<void> {
  const { server, failures } = stage
  const reader = server.open(address, await server.guest())
  await until(reader, () => reader.synced)
  const { text: stored, pasted } = new Hand(reader, 'reader').report()
  await reader.destroy()
  const times = new Map<string, number>()
  for (const token of tokensIn(stored)) times.set(token, (times.get(token) ?? 0) + 1)
  for (const { acknowledged, seen } of hands) {
    for (const token of acknowledged) if (!times.has(token)) failures.push(`acknowledged and lost: ${token}`)
    for (const token of seen) if (!times.has(token)) failures.push(`seen and lost: ${token}`)
  }
  for (const { text, pasted: seen, typed } of [...hands.map((hand) => hand.report()), ...others]) {
    if (text !== stored || pasted !== seen) failures.push(`${name}: somebody sees what is not stored`)
    for (const token of typed) {
      if (times.get(token) !== 1) failures.push(`${name}: ${token} is there ${times.get(token) ?? 0} times`)
    }
  }
}

function startClient(order: { url: string; address: string; token: string; paceMs: number }): ChildProcess {
  const script = join(import.meta.dirname, 'client-process.ts')
  return spawn(process.execPath, [script, JSON.stringify(order)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

async function askReport(child: ChildProcess): Promise<HandReport> {
  const answered = once(child, 'message')
  child.send('report')
  const [report] = (await answered) as [HandReport | 'synced']
  return report === 'synced' ? askReport(child) : report
}
