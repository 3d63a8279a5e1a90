import * as Y from 'yjs'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { checkSchema } from '#lib/document/schema-check.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { until } from '../support/writer.ts'
import { type Hostile, hostileCorpus, type Sent, type Victim } from './hostile-corpus.ts'
import { Intruder } from './intruder.ts'
import { MeasuredServer } from './measured-server.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

/** The longest time one input may block the event loop, ms, both of wall clock and of its own computing. */
const MOST_STALL_MS = 100
/** The most memory one input may take. */
const MOST_BYTES = 50 * 1024 * 1024
const IN_SYNC_WITHIN_MS = 20_000
const CHECKED_WITHIN_MS = 40_000
const HONEST_WORDS = 'honest words'

interface Tally {
  payloads: number
  messages: number
  crashes: number
  stalls: number
  worstStallMs: number
  worstComputingMs: number
  heavy: number
  broken: number
  forged: number
  unopenable: number
}

/**
 * Hostile inputs by a client that may edit, against a real server, with honest people typing. `count`: seeds.
 * `corpus`: the path of a module that exports another corpus, used in place of ours.
 */
export const hostile: Scenario = {
  name: 'hostile',
  counts: 'seeds',
  full: 20,
  short: 3,
  async run({ count, seed, corpus }: ScenarioRun): Promise<Finding> {
    const tally: Tally = {
      payloads: 0,
      messages: 0,
      crashes: 0,
      stalls: 0,
      worstStallMs: 0,
      worstComputingMs: 0,
      heavy: 0,
      broken: 0,
      forged: 0,
      unopenable: 0,
    }
    const failures: string[] = []
    const families = new Set<string>()
    for (let each = seed; each < seed + count; each++) {
      const generate = corpus === undefined ? hostileCorpus : await otherCorpus(corpus)
      await assail(each, generate, tally, families, failures)
    }
    const figures = { seeds: count, families: families.size, ...tally }
    return { scenario: 'hostile', seed, ok: failures.length === 0, figures, failures: failures.slice(0, 50) }
  },
}

type Generate = (seed: number, victim: Victim) => readonly Hostile[]

async function assail(
  seed: number,
  generate: Generate,
  tally: Tally,
  families: Set<string>,
  failures: string[],
): Promise<void> {
  const server = await MeasuredServer.start(3)
  const fail = (what: string): void => {
    failures.push(`seed ${seed}: ${what}`)
  }
  try {
    const { address } = await server.ask('document')
    const honest = [server.open(address, 0), server.open(address, 1)] as const
    const [a, b] = honest
    await Promise.all(honest.map((each) => until(each, () => each.synced)))
    a.doc.getXmlFragment('body').insert(0, [paragraphOf(HONEST_WORDS)])
    a.doc.getText('title').insert(0, 'Title ')
    await a.flushed()
    const intruder = new Intruder(server.url, address, () => server.token(2))
    const room = await intruder.enter()
    const clock = Y.decodeStateVector(Y.encodeStateVector(a.doc)).get(a.doc.clientID) ?? 0
    const people = new Set(server.guests.map(({ userId }) => userId))
    const words: string[] = []
    let family = ''
    for (const payload of generate(seed, { room, clientId: a.doc.clientID, clock })) {
      families.add(payload.family)
      tally.payloads++
      tally.messages += payload.sent.length
      if (payload.family !== family) {
        family = payload.family
        if (!(await stillTogether(honest, words))) {
          tally.broken++
          fail(`honest people no longer share a text before ${payload.label}`)
        }
      }
      await intruder.enter()
      await server.ask('watch')
      await intruder.send(payload.sent).catch((error: unknown) => fail(`${error} at ${payload.label}`))
      if (!server.alive) {
        tally.crashes++
        fail(`the server ended at ${payload.family}: ${payload.label}`)
        return
      }
      const { stallMs, computingMs, grownBytes } = await server.ask('seen')
      // Time taken by other programs does not count against this input.
      const own = Math.min(stallMs, computingMs)
      tally.worstStallMs = Math.max(tally.worstStallMs, stallMs)
      tally.worstComputingMs = Math.max(tally.worstComputingMs, own)
      if (own > MOST_STALL_MS && payload.sent.length === 1) {
        tally.stalls++
        fail(`${own} ms (${stallMs} by the clock) at ${payload.family}: ${payload.label}`)
      }
      if (grownBytes > MOST_BYTES && payload.sent.length === 1) {
        tally.heavy++
        fail(`${grownBytes} bytes at ${payload.family}: ${payload.label}`)
      }
      for (const { userId } of b.peers) {
        if (people.has(userId)) continue
        tally.forged++
        fail(`somebody unknown is present after ${payload.label}`)
      }
    }
    intruder.close()
    if (!(await stillTogether(honest, words))) {
      tally.broken++
      fail('honest people do not share a text in the end')
    }
    await until(a, () => isClean(a.doc), CHECKED_WITHIN_MS).catch(() => fail('the schema stays broken'))
    const titles = honest.map(({ doc }) => doc.getText('title').toString())
    if (titles.some((title) => title.includes('FORGED'))) {
      tally.forged++
      fail('words under somebody else’s client id')
    }
    await Promise.all(honest.map((each) => each.flushed()))
    const before = textOf(a)
    await Promise.all(honest.map((each) => each.destroy()))
    await server.restart('SIGKILL')
    const reader = server.open(address, 0)
    const opened = await until(reader, () => reader.synced, IN_SYNC_WITHIN_MS).then(
      () => textOf(reader) === before,
      () => false,
    )
    await reader.destroy()
    if (!opened) {
      tally.unopenable++
      fail('after a restart the document is not what it was')
    }
  } finally {
    await server.stop()
  }
}

/** Lets both honest clients type. Returns true if each has the other's words and all earlier ones. */
async function stillTogether(honest: readonly CollabProvider[], words: string[]): Promise<boolean> {
  for (const [i, { doc }] of honest.entries()) {
    const word = `[${words.length}.${i}]`
    words.push(word)
    const title = doc.getText('title')
    title.insert(title.length, word)
  }
  const has = ({ doc }: CollabProvider): boolean => {
    const title = doc.getText('title').toString()
    return (
      words.every((word) => title.includes(word)) && String(doc.getXmlFragment('body')).includes(HONEST_WORDS)
    )
  }
  try {
    await Promise.all(honest.map((each) => until(each, () => has(each) && each.saved, IN_SYNC_WITHIN_MS)))
    const [first, second] = honest
    if (first && second) await until(first, () => textOf(first) === textOf(second), IN_SYNC_WITHIN_MS)
    return true
  } catch {
    return false
  }
}

function textOf({ doc }: CollabProvider): string {
  return `${doc.getText('title')}\n${doc.getXmlFragment('body')}`
}

function isClean(doc: Y.Doc): boolean {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  return checkSchema(copy).update === null
}

/** One input of a corpus that does not know our events. */
interface Foreign {
  readonly family: string
  readonly label: string
  readonly layer: 'update' | 'sv' | 'awareness' | 'message' | 'text' | 'event' | 'wsframe'
  readonly bytes?: Uint8Array
  readonly burst?: readonly Uint8Array[]
  readonly text?: string
  readonly event?: string
  readonly args?: readonly unknown[]
}

async function otherCorpus(path: string): Promise<Generate> {
  const module = (await import(path)) as {
    corpus: (options: { seed: number; victim: object }) => Iterable<Foreign>
  }
  return (seed, { clientId, clock }) =>
    [...module.corpus({ seed, victim: { clientId, clock, type: 'title' } })].map((each) => ({
      family: each.family,
      label: each.label,
      sent: sentAs(each),
    }))
}

function sentAs({ layer, bytes, burst, text, event, args }: Foreign): Sent[] {
  if (layer === 'text') return [{ as: 'text', text: text ?? '' }]
  if (layer === 'event') return [{ as: 'event', event: event ?? '', args: args ?? [] }]
  const all = burst ?? (bytes ? [bytes] : [])
  return all.map((each): Sent => {
    if (layer === 'update') return { as: 'updates', updates: [each] }
    if (layer === 'wsframe') return { as: 'frame', bytes: each }
    const name = { sv: 'document:pull', awareness: 'presence:set', message: 'document:update' }[layer]
    return { as: 'event', event: name, args: [each] }
  })
}
