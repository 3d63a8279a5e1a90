import { createServer } from 'node:http'
import type { CookieSession } from '../../../lib/people/cookie-sessions.ts'
import { ClientIps } from '../../../lib/process/client-ip.ts'
import { prepareDataDir } from '../../../lib/process/data-dir.ts'
import { HeldBytes } from '../../../lib/process/held-bytes.ts'
import { createLog } from '../../../lib/process/log.ts'
import { NO_RATES } from '../../../lib/process/rates.ts'
import { readSecret } from '../../../lib/process/secret.ts'
import { readSettings } from '../../../lib/process/settings.ts'
import { SCHEMA_VERSION } from '../../../lib/protocol/version.ts'
import { buildLibrary } from '../../../lib/server/build/library.ts'
import { buildPeople } from '../../../lib/server/build/people.ts'
import { Collaboration } from '../../../lib/server/collaboration.ts'
import { Origins } from '../../../lib/server/http/origins.ts'
import { SocketLimits } from '../../../lib/server/sockets/socket-limits.ts'
import { openStore } from '../../../lib/storage/open-store.ts'
import type { Ticket, TicketRequest } from '../dialects/commonplace.ts'
import { listen, serveBench } from './harness.mjs'

/*
 * The product's server without its pages: server.ts without Next. Same store, same settings, same defaults, durable
 * (SQLite, WAL, synchronous=FULL). Documents and guests are created through IPC instead of HTTP.
 */

/** Guests are created once and shared: creating one costs more than everything else in a join. */
const GUESTS = 50

const settings = readSettings({ DATA_DIR: process.env.BENCH_DATA_DIR, LOG_LEVEL: 'error' })
prepareDataDir(settings.dataDir)
const log = createLog(settings.logLevel)
const secret = readSecret(null, settings.dataDir)
const store = await openStore({ dataDir: settings.dataDir })
const people = buildPeople({
  store,
  secret,
  publicOrigin: 'http://127.0.0.1',
  settings,
  connections: { endSockets: (ended) => collaboration.endSockets(ended) },
})
const library = buildLibrary({ store, secret, settings, freeSpace: { isLow: false }, log })
const { accounts, tokens } = people
const { addresses } = library
const httpServer = createServer()
const collaboration = new Collaboration({
  store,
  people,
  library,
  httpServer,
  origins: new Origins(null),
  held: new HeldBytes(),
  late: { isLate: () => false },
  limits: new SocketLimits({ rates: NO_RATES, clientIps: new ClientIps(0), bounded: false }),
  settings,
  log,
})
const guests: Promise<CookieSession>[] = []
const documentsMade = new Map<string, Promise<string>>()

function person(guest: number): Promise<CookieSession> {
  const made = guests[guest % GUESTS] ?? accounts.startGuest()
  guests[guest % GUESTS] = made
  return made
}

/** Returns the address of a document, created if its name is new, and a guest's token. */
async function ticket({ name, address, guest }: TicketRequest): Promise<Ticket> {
  const made = address ?? (await (documentsMade.get(name) ?? make(name)))
  const { profile: who, sessionId } = await person(guest)
  return { address: made, token: tokens.issue(who.userId, sessionId).token }
}

function make(name: string): Promise<string> {
  const making = makeDocument()
  documentsMade.set(name, making)
  return making
}

async function makeDocument(): Promise<string> {
  const owner = await person(0)
  const linkId = addresses.newLinkId()
  await store.catalog.create({
    documentId: `document-${linkId}`,
    lineage: `lineage-${linkId}`,
    ownerId: owner.profile.userId,
    schemaVersion: SCHEMA_VERSION,
    createdAt: Date.now(),
    linkId,
    linkRole: 'editor',
  })
  return addresses.addressOf(linkId)
}

serveBench({
  port: await listen(httpServer),
  answers: { ticket },
  async close() {
    await collaboration.close()
    await store.close()
  },
})
