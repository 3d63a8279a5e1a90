import '#lib/server/http/base-path.ts'

import { GuestErasure } from '#lib/library/guest-erasure.ts'
import { Trash } from '#lib/library/trash.ts'
import { FirstAdmin } from '#lib/people/first-admin.ts'
import { SessionCookie } from '#lib/people/secrets/session-cookie.ts'
import type { Ended } from '#lib/people/session.ts'
import { ClientIps } from '#lib/process/client-ip.ts'
import { prepareDataDir } from '#lib/process/data-dir.ts'
import { diskOf, FreeSpace } from '#lib/process/free-space.ts'
import { HeldBytes } from '#lib/process/held-bytes.ts'
import { createLog, type Log } from '#lib/process/log.ts'
import { ratesFor } from '#lib/process/rates.ts'
import { readSecret } from '#lib/process/secret.ts'
import { settingNotices } from '#lib/process/setting-notices.ts'
import { checkNode, readSettings, type Settings, sentenceFor } from '#lib/process/settings.ts'
import { closeOnSignal } from '#lib/process/shutdown.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import { buildContracts } from '#lib/server/build/contracts.ts'
import { buildLibrary } from '#lib/server/build/library.ts'
import { buildPeople } from '#lib/server/build/people.ts'
import { Collaboration } from '#lib/server/collaboration.ts'
import { Origins } from '#lib/server/http/origins.ts'
import { RequestTurns } from '#lib/server/http/request-turns.ts'
import { readyLine, WebServer } from '#lib/server/http/web-server.ts'
import { provideServices } from '#lib/server/services.ts'
import { SocketLimits } from '#lib/server/sockets/socket-limits.ts'
import { openStore } from '#lib/storage/open-store.ts'
import { refusalPage } from '#lib/ui/refusal-page.ts'

/* The composition root: builds every part, passes it to the others, and closes them in reverse order. */

async function start(): Promise<void> {
  checkNode(process.versions.node)
  const settings = readSettings(process.env)
  for (const notice of settingNotices(process.env)) console.warn(notice)
  const isPrivate = prepareDataDir(settings.dataDir)
  const log = createLog(settings.logLevel)
  if (!isPrivate) log.warn('data.readable-by-others')
  const publicOrigin = settings.publicOrigin ?? `http://${settings.host}:${settings.port}`
  const clientIps = new ClientIps(settings.trustedProxies)
  const rates = ratesFor(settings)
  const held = new HeldBytes()
  const secret = readSecret(settings.secret, settings.dataDir)
  const cookie = new SessionCookie(secret, publicOrigin)
  const hasSession = (written: string) => cookie.tokenIn(new Headers({ cookie: written })) !== null
  const turns = new RequestTurns({ rates, clock: systemClock, hasSession })
  const [storage, web] = await Promise.all([
    openStorage(settings, log),
    WebServer.prepare({ settings, clientIps, turns, held, root: import.meta.dirname, log, refusalPage }),
  ])
  const freeSpace = await FreeSpace.watch({
    disk: diskOf(settings.dataDir),
    clock: systemClock,
    log,
    mark: settings.freeSpaceMark,
  })
  const ground = { ...storage, secret, settings, publicOrigin, freeSpace, log }

  // Created after the parts that need it.
  const connections = { endSockets: (ended: Ended) => collaboration.endSockets(ended) }
  const people = buildPeople({ ...ground, connections })
  const firstAdmin = FirstAdmin.create(!(await people.users.hasAdmin()))
  const library = buildLibrary(ground)

  const origins = new Origins(settings.publicOrigin, publicOrigin)
  const limits = new SocketLimits({
    rates,
    clientIps,
    mostConnections: settings.maxConnections,
    bounded: settings.rateLimits,
  })
  const { http: httpServer, late } = web
  const parts = { ...ground, people, library, origins }
  const collaboration = new Collaboration({ ...parts, httpServer, late, limits, held })
  const contracts = buildContracts({ ...parts, firstAdmin, collaboration, rates, clientIps })
  provideServices(contracts.services)
  const listening = await web.listen()
  const { store } = storage
  const guestErasure = new GuestErasure({ owners: store.owners, clock: systemClock, log })
  const trash = new Trash({ catalog: store.catalog, openDocuments: collaboration, clock: systemClock, log })

  closeOnSignal(
    [
      { what: 'trash', close: async () => trash.close() },
      { what: 'free space', close: async () => freeSpace.close() },
      { what: 'guest erasure', close: async () => guestErasure.close() },
      { what: 'link expiry', close: async () => contracts.linkExpiry.close() },
      { what: 'collaboration', close: () => collaboration.close() },
      { what: 'visits', close: () => library.visits.flush() },
      { what: 'web', close: () => web.close() },
      { what: 'store', close: () => store.close() },
    ],
    log,
  )
  console.log(readyLine(settings.publicOrigin, listening))
  firstAdmin.printInvitation(settings.publicOrigin ?? listening)
}

/** Opens the database in the data folder, which locks the folder. */
async function openStorage({ dataDir }: Settings, log: Log) {
  const store = await openStore({ dataDir })
  if (store.restored) log.warn('store.restored')
  return { store }
}

start().catch((error: unknown) => {
  console.error(sentenceFor(error) ?? error)
  process.exit(1)
})
