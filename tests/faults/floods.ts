import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import type * as Y from 'yjs'
import { Guest } from '../server/guest.ts'
import { firstText } from '../support/paragraph.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { START_FLAGS } from '../support/start-flags.ts'
import { openWriter, until, type Writer } from '../support/writer.ts'
import { FLOODS, type Flood } from './flood-kinds.ts'
import type { FloodOrder } from './flood-process.ts'
import type { LoopSeen } from './loop-probe.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

/** How much slower the keystrokes of others may become, and their slowest hundredth, ms. */
const MOST_RATIO = 2
const MOST_P99_MS = 100
/** Least undisturbed time that a ratio is taken of, ms: below, a ratio says more about the machine than about the server. */
const LEAST_P50_MS = 5
/** How often a keystroke passes the thread that relays: to the disk, and back to the readers. */
const HOPS = 2
/** How much the server's memory may grow by one flood. */
const MOST_BYTES = 64 * 1024 * 1024
const MS_PER_KEY = 60
const UNDISTURBED_MS = 4000
const ATTACKER = '203.0.113.66'
const JOINS_WITHIN_MS = 10_000

/**
 * One attacker at one IP address sends whatever comes to mind, one kind of flood after the other, to a real server on
 * which two people write. They must not be slowed down, nor somebody new kept out. `count`: seconds for each kind.
 */
export const floods: Scenario = {
  name: 'floods',
  counts: 'seconds for each kind',
  full: 8,
  short: 2,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    const figures: Record<string, number | string> = {}
    for (const flood of FLOODS) {
      const { before, during, own, grownBytes, entered, lost } = await endure(flood, count * 1000, seed)
      const megabytes = Math.round(grownBytes / 1024 / 1024)
      figures[flood.name] =
        `${before.p50} → ${during.p50} ms (own ${own.p50}, p99 ${own.p99}, ${Math.round(100 * own.share)} %), ${megabytes} MB`
      const fail = (what: string): void => {
        failures.push(`${flood.name}: ${what}`)
      }
      // A keystroke passes the thread twice. Time that other programs take does not count.
      const p50 = Math.min(during.p50, before.p50 + HOPS * own.p50)
      if (p50 > MOST_RATIO * Math.max(LEAST_P50_MS, before.p50))
        fail(`p50 ${p50} ms, undisturbed ${before.p50}`)
      const p99 = Math.min(during.p99, own.p99)
      if (p99 > MOST_P99_MS) fail(`p99 ${p99} ms`)
      if (grownBytes > MOST_BYTES) fail(`${megabytes} MB more`)
      if (!entered) fail('somebody new does not get in')
      if (lost > 0) fail(`${lost} connections of others lost`)
    }
    return { scenario: 'floods', seed, ok: failures.length === 0, figures, failures: failures.slice(0, 50) }
  },
}

interface Times {
  readonly p50: number
  readonly p99: number
}

async function endure(flood: Flood, ms: number, seed: number) {
  const folder = await mkdtemp(join(tmpdir(), 'commonplace-probe-'))
  const probe = join(folder, 'seen.json')
  const server = await startServer({
    env: {
      TRUSTED_PROXIES: '1',
      LOG_LEVEL: 'error',
      LOOP_PROBE: probe,
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'loop-probe.ts')}`,
      ...flood.env,
    },
  })
  const open: Writer[] = []
  try {
    // The owner and a colleague, each at an address of their own.
    const owner = new FromAddress(server.url, '198.51.100.1')
    const address = await owner.createDocument()
    const writer = await openWriter(server.url, address, { guest: owner })
    open.push(writer)
    const reader = await openWriter(server.url, address, {
      guest: new FromAddress(server.url, '198.51.100.2'),
    })
    open.push(reader)
    writer.text()
    await until(reader.provider, () => firstText(reader.doc) !== null)
    // Each kind of page and a few keys first: code is loaded once, whoever comes.
    for (const path of ['/', `/d/${address}`, '/none']) await (await owner.get(path)).text()
    await type(writer, reader, 1000)
    let lost = 0
    for (const { provider } of open) {
      provider.on('status', () => {
        if (provider.status.phase === 'lost') lost++
      })
    }
    const before = await type(writer, reader, UNDISTURBED_MS)
    const memory = memoryOf(server)
    process.kill(server.pid, 'SIGUSR2')
    const { name, buildsUpMs = 500 } = flood
    const attacker = attack({ name, seed, url: server.url, address, ip: ATTACKER })
    const newcomer = passed(buildsUpMs).then(() => comesIn(server, address, owner)) // the time is the input
    const during = await type(writer, reader, buildsUpMs + ms)
    const grownBytes = Math.max(0, memoryOf(server) - memory)
    const own: LoopSeen = JSON.parse(readFileSync(probe, 'utf8'))
    const entered = await newcomer
    attacker.kill('SIGKILL')
    return { before, during, own: rounded(own), grownBytes, entered, lost }
  } finally {
    await Promise.all(open.map((each) => each.close()))
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Types for a time. Returns how long a key takes to the other's screen. */
async function type(writer: Writer, reader: Writer, ms: number): Promise<Times> {
  const sent: number[] = []
  const took: number[] = []
  const text = reader.text()
  const watch = ({ changes }: Y.YTextEvent): void => {
    for (const { insert } of changes.delta) {
      for (let i = 0; i < (typeof insert === 'string' ? insert.length : 0); i++) {
        const at = sent.shift()
        if (at !== undefined) took.push(performance.now() - at)
      }
    }
  }
  text.observe(watch)
  for (const end = performance.now() + ms; performance.now() < end; ) {
    sent.push(performance.now())
    const own = writer.text()
    own.insert(own.length, 'x')
    await passed(MS_PER_KEY) // a typing pace: the pause is the input, not a wait for something
  }
  await until(reader.provider, () => sent.length === 0, JOINS_WITHIN_MS).catch(() => undefined)
  // A key that did not arrive took as long as was waited for it.
  for (const at of sent) took.push(performance.now() - at)
  text.unobserve(watch)
  took.sort((a, b) => a - b)
  const at = (share: number): number => Math.round(10 * (took[Math.floor(took.length * share)] ?? 0)) / 10
  return { p50: at(0.5), p99: at(0.99) }
}

/** Starts the attacker, which ends with this process. */
function attack(order: FloodOrder): ChildProcess {
  const script = join(import.meta.dirname, 'flood-process.ts')
  return spawn(process.execPath, [...START_FLAGS, script, JSON.stringify(order)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
}

/** Returns true if somebody new, and the owner in another tab, load the page and join the document. */
async function comesIn(server: ServerProcess, address: string, owner: Guest): Promise<boolean> {
  for (const guest of [new FromAddress(server.url, '198.51.100.3'), owner]) {
    try {
      const page = await guest.get(`/d/${address}`)
      await page.text()
      const writer = await openWriter(server.url, address, { guest })
      await writer.close()
      if (page.status !== 200) return false
    } catch {
      return false
    }
  }
  return true
}

/** Resident bytes of the server's process. */
function memoryOf({ pid }: ServerProcess): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

function rounded({ p50, p99, share }: LoopSeen): LoopSeen {
  const tenth = (ms: number): number => Math.round(10 * ms) / 10
  return { p50: tenth(p50), p99: tenth(p99), share }
}

/** A guest at an IP address of its own. */
class FromAddress extends Guest {
  readonly #base: string
  readonly #ip: string

  constructor(url: string, ip: string) {
    super(url)
    this.#base = url
    this.#ip = ip
  }

  override post(path: string, body?: object | URLSearchParams): Promise<Response> {
    return super.post(path, body, { 'x-forwarded-for': this.#ip })
  }

  override get(path: string): Promise<Response> {
    const headers = { 'x-forwarded-for': this.#ip, accept: 'text/html', cookie: this.cookie }
    return fetch(this.#base + path, { redirect: 'manual', headers })
  }
}
