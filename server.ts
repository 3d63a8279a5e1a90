import './lib/server/base-path.ts'

import { Accounts } from './lib/server/accounts.ts'
import { ClientIps } from './lib/server/client-ip.ts'
import { Collaboration } from './lib/server/collaboration.ts'
import { checkNode, prepareDataDir, readSettings, sentenceFor } from './lib/server/env.ts'
import { startJobs } from './lib/server/jobs.ts'
import { createLog } from './lib/server/log.ts'
import { Origins } from './lib/server/origins.ts'
import { NO_RATES, RATES, Rates } from './lib/server/rates.ts'
import { RunningServices } from './lib/server/running-services.ts'
import { readSecret } from './lib/server/secret.ts'
import { provideServices } from './lib/server/services.ts'
import { closeOnSignal } from './lib/server/shutdown.ts'
import { Tokens } from './lib/server/tokens.ts'
import { WebServer } from './lib/server/web-server.ts'
import { openStore } from './lib/storage/open-store.ts'

/* The composition root: makes every part, hands it to the others, and ends them in the opposite order. */

async function start(): Promise<void> {
  checkNode(process.versions.node)
  const settings = readSettings(process.env)
  prepareDataDir(settings.dataDir)
  const log = createLog(settings.logLevel)
  const secret = readSecret(settings.secret, settings.dataDir)

  const [store, web] = await Promise.all([
    openStore({ dataDir: settings.dataDir }),
    WebServer.prepare(settings, import.meta.dirname, log),
  ])
  if (store.restored) log.warn('store.restored')

  const publicOrigin = settings.publicOrigin ?? `http://${settings.host}:${settings.port}`
  const tokens = new Tokens(secret, Date.now)
  const origins = new Origins(settings.publicOrigin)
  const accounts = new Accounts({ database: store.accounts, secret, publicOrigin, log })
  const { documents, catalog } = store
  const collaboration = new Collaboration({
    httpServer: web.http,
    documents,
    catalog,
    accounts,
    tokens,
    origins,
    settings,
    log,
  })
  const rates = new Rates(() => performance.now(), settings.rateLimits ? RATES : NO_RATES)
  const endRoom = (documentId: string) => collaboration.endDeleted(documentId)
  provideServices(
    new RunningServices({
      accounts,
      catalog,
      tokens,
      origins,
      rates,
      clientIps: new ClientIps(settings.trustedProxies),
      endRoom,
      showPerson: (person) => collaboration.showPerson(person),
      now: Date.now,
      log,
    }),
  )

  const listening = await web.listen()
  const stopJobs = startJobs({ catalog, endRoom, log })
  closeOnSignal(
    [
      { what: 'jobs', close: async () => stopJobs() },
      { what: 'collaboration', close: () => collaboration.close() },
      { what: 'web', close: () => web.close() },
      { what: 'store', close: () => store.close() },
    ],
    log,
  )
  const elsewhere = settings.publicOrigin ? ` (listening at ${listening})` : ''
  console.log(`Commonplace is ready at ${settings.publicOrigin ?? listening}${elsewhere}`)
}

start().catch((error: unknown) => {
  console.error(sentenceFor(error) ?? error)
  process.exit(1)
})
