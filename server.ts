import '#lib/server/http/base-path.ts'

import { Trash } from '#lib/library/trash.ts'
import { FirstAdmin } from '#lib/people/first-admin.ts'
import { ClientIps } from '#lib/process/client-ip.ts'
import { createLog, type Log } from '#lib/process/log.ts'
import { ratesFor } from '#lib/process/rates.ts'
import { readSecret } from '#lib/process/secret.ts'
import { checkNode, prepareDataDir, readSettings, type Settings, sentenceFor } from '#lib/process/settings.ts'
import { closeOnSignal } from '#lib/process/shutdown.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import { buildContracts } from '#lib/server/build/contracts.ts'
import { buildLibrary } from '#lib/server/build/library.ts'
import { buildPeople } from '#lib/server/build/people.ts'
import { Collaboration } from '#lib/server/collaboration.ts'
import { Origins } from '#lib/server/http/origins.ts'
import { readyLine, WebServer } from '#lib/server/http/web-server.ts'
import { provideServices } from '#lib/server/services.ts'
import { SocketLimits } from '#lib/server/sockets/socket-limits.ts'
import { openStore } from '#lib/storage/open-store.ts'
import { refusalPage } from '#lib/ui/refusal-page.ts'

/* The composition root: makes every part, hands it to the others, and closes them in the opposite order. */

async function start(): Promise<void> {
  checkNode(process.versions.node)
  const settings = readSettings(process.env)
  prepareDataDir(settings.dataDir)
  const log = createLog(settings.logLevel)
  const publicOrigin = settings.publicOrigin ?? `http://${settings.host}:${settings.port}`
  const clientIps = new ClientIps(settings.trustedProxies)
  const [{ store, secret }, web] = await Promise.all([
    openStorage(settings, log),
    WebServer.prepare({ settings, clientIps, root: import.meta.dirname, log, refusalPage }),
  ])

  const connections: Pick<Collaboration, 'endSockets'> = {
    endSockets: (over) => collaboration.endSockets(over),
  }
  const people = buildPeople({ store, secret, publicOrigin, settings, connections })
  const library = buildLibrary({ store, secret, log })
  const firstAdmin = FirstAdmin.create(!(await people.accounts.hasAdmin()))

  const origins = new Origins(settings.publicOrigin)
  const rates = ratesFor(settings)
  const collaboration = new Collaboration({
    store,
    people,
    library,
    httpServer: web.http,
    late: web.late,
    origins,
    limits: new SocketLimits({ rates, clientIps, bounded: settings.rateLimits }),
    settings,
    log,
  })
  const { linkExpiry, ...contracts } = buildContracts({
    store,
    secret,
    publicOrigin,
    settings,
    people,
    library,
    firstAdmin,
    collaboration,
    origins,
    rates,
    clientIps,
    log,
  })
  void linkExpiry.plan()
  provideServices(contracts)

  const listening = await web.listen()
  const trash = new Trash({ catalog: store.catalog, openDocuments: collaboration, clock: systemClock, log })
  closeOnSignal(
    [
      { what: 'jobs', close: async () => trash.close() },
      { what: 'link expiry', close: async () => linkExpiry.close() },
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

/** Opens the database of the data folder, and reads the secret beside it. */
async function openStorage(settings: Settings, log: Log) {
  const secret = readSecret(settings.secret, settings.dataDir)
  const store = await openStore({ dataDir: settings.dataDir })
  if (store.restored) log.warn('store.restored')
  return { store, secret }
}

start().catch((error: unknown) => {
  console.error(sentenceFor(error) ?? error)
  process.exit(1)
})
