import * as Y from 'yjs'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import { until } from '../support/writer.ts'
import { MeasuredServer } from './measured-server.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

const GUESTS = 20
/** Of the clients that lose their connection, one in this many types meanwhile. */
const TYPING = 10
/** Sockets of the deploy for each client of the storm, and how many of them share a document. */
const DEPLOY_FACTOR = 5
const TABS_PER_DOCUMENT = 10
const PARAGRAPHS = 500
const IN_SYNC_WITHIN_MS = 60_000

/** The worst storm: everyone comes back in the same moment, 0.5 s after the cut. */
const FIRST_RETRY_MS = 500
const AT_ONCE = { ...systemClock, random: () => 0 }

/**
 * All clients drop and come back together, first with the room in memory, then after the server was killed; finally a
 * deploy, where they are asked to spread out. Counts clients.
 */
export const storms: Scenario = {
  name: 'storms',
  counts: 'clients',
  full: 200,
  short: 40,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    const server = await MeasuredServer.start(GUESTS)
    try {
      const figures = {
        clients: count,
        ...(await dropAndRejoin(server, count, failures)),
        ...(await deploy(server, count * DEPLOY_FACTOR, failures)),
      }
      return { scenario: 'storms', seed, ok: failures.length === 0, figures, failures: failures.slice(0, 50) }
    } finally {
      await server.stop()
    }
  },
}

async function dropAndRejoin(
  server: MeasuredServer,
  count: number,
  failures: string[],
): Promise<Record<string, number>> {
  const { address } = await server.ask('document')
  const clients = Array.from({ length: count }, (_, i) => server.open(address, i, { clock: AT_ONCE }))
  try {
    await Promise.all(clients.map((client) => until(client, () => client.synced, IN_SYNC_WITHIN_MS)))
    const [first] = clients
    if (!first) throw new Error('a storm needs clients')
    write(first)
    await inSync(clients, lengthOf(first))

    await server.ask('watch')
    const warmFrom = performance.now() + FIRST_RETRY_MS
    await server.ask('drop')
    const warmLength = await typeWhileLost(clients, 'warm')
    await inSync(clients, warmLength)
    const warmInSyncMs = performance.now() - warmFrom
    const warm = await server.ask('seen')

    await server.restart('SIGKILL')
    const coldLength = await typeWhileLost(clients, 'cold')
    await inSync(clients, coldLength)
    const coldDone = Date.now()
    const cold = await server.ask('seen')
    await compare(server, address, clients, failures)
    return {
      warmInSyncMs: Math.round(warmInSyncMs),
      warmStallMs: warm.stallMs,
      coldInSyncMs: coldDone - Math.min(...cold.arrivals),
      coldStallMs: cold.stallMs,
    }
  } finally {
    await Promise.all(clients.map((client) => client.destroy()))
  }
}

async function deploy(
  server: MeasuredServer,
  sockets: number,
  failures: string[],
): Promise<Record<string, number>> {
  const documents = await Promise.all(
    Array.from({ length: Math.ceil(sockets / TABS_PER_DOCUMENT) }, () => server.ask('document')),
  )
  const clients = documents.flatMap(({ address }) =>
    Array.from({ length: TABS_PER_DOCUMENT }, (_, i) => server.open(address, i)),
  )
  try {
    await Promise.all(clients.map((client) => until(client, () => client.synced, IN_SYNC_WITHIN_MS)))
    const begun = Date.now()
    const restarted = server.restart('SIGTERM')
    const lost = clients.map((client) => until(client, () => !client.synced, IN_SYNC_WITHIN_MS))
    await restarted
    const back = Date.now()
    await Promise.all(lost)
    await Promise.all(clients.map((client) => until(client, () => client.synced, IN_SYNC_WITHIN_MS)))
    const { arrivals, stallMs, connections } = await server.ask('seen')
    if (connections !== clients.length)
      failures.push(`${connections} connections of ${clients.length} clients`)
    const perSlot = new Map<number, number>()
    for (const at of arrivals) {
      const slot = Math.floor((at - begun) / 100)
      perSlot.set(slot, (perSlot.get(slot) ?? 0) + 1)
    }
    return {
      deploySockets: clients.length,
      deployDownMs: back - begun,
      deployLastBackMs: Math.max(...arrivals) - begun,
      deployMostPer100Ms: Math.max(...perSlot.values()),
      deployStallMs: stallMs,
    }
  } finally {
    await Promise.all(clients.map((client) => client.destroy()))
  }
}

/** Writes a text that is long enough to be worth coming back to. */
function write(client: CollabProvider): void {
  const paragraphs = Array.from({ length: PARAGRAPHS }, (_, i) => {
    const paragraph = new Y.XmlElement('paragraph')
    paragraph.insert(0, [new Y.XmlText(`${i}: ${'some words that somebody wrote '.repeat(8)}`)])
    return paragraph
  })
  client.doc.getXmlFragment('body').insert(0, paragraphs)
}

function lengthOf({ doc }: CollabProvider): number {
  return doc.getText('title').length * 1_000_000 + doc.getXmlFragment('body').length
}

/**
 * Waits until all clients have lost the connection; some then type immediately. Returns the length that all must have
 * afterwards.
 */
async function typeWhileLost(clients: readonly CollabProvider[], word: string): Promise<number> {
  const [first] = clients
  if (!first) throw new Error('a storm needs clients')
  let length = lengthOf(first)
  await Promise.all(
    clients.map((client) => until(client, () => client.status.phase === 'lost', IN_SYNC_WITHIN_MS)),
  )
  for (const [i, { doc }] of clients.entries()) {
    if (i % TYPING !== 0) continue
    doc.getText('title').insert(0, word)
    length += word.length * 1_000_000
  }
  return length
}

/** Waits until every client has everything, nothing is unsent, and each sees all the others. */
async function inSync(clients: readonly CollabProvider[], length: number): Promise<void> {
  await Promise.all(
    clients.map((client) =>
      until(
        client,
        () =>
          client.synced &&
          client.saved &&
          lengthOf(client) === length &&
          client.peers.length === clients.length,
        IN_SYNC_WITHIN_MS,
      ),
    ),
  )
}

/** Checks that a stranger who opens the document sees what all clients see. */
async function compare(
  server: MeasuredServer,
  address: string,
  clients: readonly CollabProvider[],
  failures: string[],
): Promise<void> {
  const reader = server.open(address, 0)
  await until(reader, () => reader.synced, IN_SYNC_WITHIN_MS)
  const stored = textOf(reader)
  for (const [i, client] of clients.entries()) {
    if (textOf(client) !== stored) failures.push(`client ${i} differs from what is stored`)
  }
  await reader.destroy()
}

function textOf({ doc }: CollabProvider): string {
  return `${doc.getText('title')}\n${doc.getXmlFragment('body')}`
}
