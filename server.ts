import '#lib/server/http/base-path.ts'

import { Rights } from '#lib/library/rights.ts'
import { Sharing } from '#lib/library/sharing.ts'
import { startJobs } from '#lib/library/trash.ts'
import { Visits } from '#lib/library/visits.ts'
import { AccessTokens } from '#lib/people/access-tokens.ts'
import { accountServices } from '#lib/people/account-services.ts'
import { Accounts, type Ended } from '#lib/people/accounts.ts'
import { adminServices } from '#lib/people/admin-services.ts'
import { FirstAdmin } from '#lib/people/first-admin.ts'
import { Identities } from '#lib/people/identities.ts'
import { OidcSignIn } from '#lib/people/oidc-sign-in.ts'
import type { Person } from '#lib/people/person.ts'
import { ResetLinks } from '#lib/people/reset-links.ts'
import { ShownOnce } from '#lib/people/shown-once.ts'
import { Tokens } from '#lib/people/tokens.ts'
import { ClientIps } from '#lib/process/client-ip.ts'
import { createLog } from '#lib/process/log.ts'
import { NO_RATES, ofDay, Rates } from '#lib/process/rates.ts'
import { readSecret } from '#lib/process/secret.ts'
import { checkNode, prepareDataDir, readSettings, sentenceFor } from '#lib/process/settings.ts'
import { closeOnSignal } from '#lib/process/shutdown.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import { urlOf } from '#lib/protocol/urls.ts'
import { Collaboration } from '#lib/server/collaboration.ts'
import { Origins } from '#lib/server/http/origins.ts'
import { WebServer } from '#lib/server/http/web-server.ts'
import { RunningServices } from '#lib/server/running-services.ts'
import { provideServices } from '#lib/server/services.ts'
import { SocketLimits } from '#lib/server/sockets/socket-limits.ts'
import { openStore } from '#lib/storage/open-store.ts'
import { refusalPage } from '#lib/ui/refusal-page.ts'

/* The composition root: makes every part, hands it to the others, and ends them in the opposite order. */

async function start(): Promise<void> {
  checkNode(process.versions.node)
  const settings = readSettings(process.env)
  prepareDataDir(settings.dataDir)
  const log = createLog(settings.logLevel)
  const secret = readSecret(settings.secret, settings.dataDir)

  const clientIps = new ClientIps(settings.trustedProxies)
  const [store, web] = await Promise.all([
    openStore({ dataDir: settings.dataDir }),
    WebServer.prepare({ settings, clientIps, root: import.meta.dirname, log, refusalPage }),
  ])
  if (store.restored) log.warn('store.restored')

  const publicOrigin = settings.publicOrigin ?? `http://${settings.host}:${settings.port}`
  const tokens = new Tokens(secret, Date.now, settings.tokenLife)
  const origins = new Origins(settings.publicOrigin)
  const now = Date.now
  const endSockets = (ended: Ended) => collaboration.endSockets(ended)
  const accounts = new Accounts({
    database: store.accounts,
    secret,
    publicOrigin,
    owners: store.owners,
    now,
    onEnded: endSockets,
  })
  const accessTokens = new AccessTokens(store.accounts, now)
  const identities = new Identities(accounts, accessTokens, settings.guests)
  const resets = new ResetLinks(secret, now)
  const shown = new ShownOnce(now)
  const firstAdmin = FirstAdmin.create(!(await accounts.hasAdmin()))
  const { documents, catalog, access } = store
  const visits = new Visits({
    catalog,
    clock: systemClock,
    onLost: (error) => log.warn({ err: error }, 'catalog.visits-lost'),
  })
  const bounded = settings.rateLimits
  const documentsOfDay = ofDay(settings.documentsPerIp)
  const figures = { documents: { session: documentsOfDay, ip: documentsOfDay } }
  const rates = bounded ? new Rates(() => performance.now(), figures) : NO_RATES
  const collaboration = new Collaboration({
    httpServer: web.http,
    documents,
    catalog,
    visits,
    access,
    identities,
    tokens,
    origins,
    late: web.late,
    limits: new SocketLimits({ rates, clientIps, bounded }),
    settings,
    log,
  })
  const showPerson = (person: Person) => collaboration.showPerson(person)
  const endRoom = (documentId: string) => collaboration.endDeleted(documentId)
  const rights = new Rights({ access, tokens, now: Date.now })
  const sharing = new Sharing({ access, accounts, rights, tokens, collaboration, now: Date.now })
  provideServices(
    new RunningServices({
      accounts,
      identities,
      accountServices: accountServices({
        accounts,
        tokens: accessTokens,
        resets,
        firstAdmin,
        oidc: settings.oidc && new OidcSignIn({ settings: settings.oidc, secret, publicOrigin, now, log }),
        shown,
        rates,
        clientIps,
        showPerson,
        endSockets,
      }),
      adminServices: adminServices({
        database: store.accounts,
        accounts,
        owners: store.owners,
        resets,
        shown,
        publicOrigin,
        deleteAs: async (documentId, ownerId) => {
          await catalog.delete(documentId, ownerId, now())
          await endRoom(documentId)
        },
        endSockets,
      }),
      guests: settings.guests,
      catalog,
      visits,
      access,
      rights,
      sharing,
      documentsPerUser: settings.documentsPerUser,
      tokens,
      origins,
      rates,
      clientIps,
      endRoom,
      showPerson,
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
      { what: 'visits', close: () => visits.flush() },
      { what: 'web', close: () => web.close() },
      { what: 'store', close: () => store.close() },
    ],
    log,
  )
  const elsewhere = settings.publicOrigin ? ` (listening at ${listening})` : ''
  const reachable = settings.publicOrigin ?? listening
  const setup = firstAdmin.token && urlOf(reachable, { to: 'setup', token: firstAdmin.token })
  const invitation = setup
    ? `\nThere is no administrator yet. Whoever opens this link becomes the first one: ${setup}`
    : ''
  console.log(`Commonplace is ready at ${reachable}${elsewhere}${invitation}`)
}

start().catch((error: unknown) => {
  console.error(sentenceFor(error) ?? error)
  process.exit(1)
})
