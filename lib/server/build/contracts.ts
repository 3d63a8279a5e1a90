import { Documents } from '#lib/library/documents.ts'
import { LinkExpiry } from '#lib/library/link-expiry.ts'
import { LinkPasswords } from '#lib/library/link-passwords.ts'
import type { OpenDocuments } from '#lib/library/open-documents.ts'
import { Sharing } from '#lib/library/sharing.ts'
import { Administration } from '#lib/people/administration.ts'
import type { FirstAdmin } from '#lib/people/first-admin.ts'
import { OidcSignIn } from '#lib/people/oidc-sign-in.ts'
import { OwnAccount } from '#lib/people/own-account.ts'
import { DeviceCookie } from '#lib/people/secrets/device-cookie.ts'
import { Invitations } from '#lib/people/secrets/invitations.ts'
import { OneTimeSecrets } from '#lib/people/secrets/one-time-secrets.ts'
import { ResetLinks } from '#lib/people/secrets/reset-links.ts'
import { SignInAttempts } from '#lib/people/secrets/sign-in-attempts.ts'
import type { LiveConnections } from '#lib/people/session.ts'
import { Sessions } from '#lib/people/sessions.ts'
import type { ClientIps } from '#lib/process/client-ip.ts'
import type { FreeSpace } from '#lib/process/free-space.ts'
import type { Log } from '#lib/process/log.ts'
import type { Rates } from '#lib/process/rates.ts'
import type { Settings } from '#lib/process/settings.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import type { Store } from '#lib/storage/open-store.ts'
import { chainHash } from '../chain-hash.ts'
import type { Origins } from '../http/origins.ts'
import { Requests } from '../http/requests.ts'
import type { Services } from '../services.ts'
import type { Library } from './library.ts'
import type { People } from './people.ts'

export interface ContractsOptions {
  readonly store: Pick<Store, 'access' | 'catalog' | 'owners'>
  readonly secret: string
  readonly publicOrigin: string
  readonly settings: Pick<Settings, 'documentsPerUser' | 'guests' | 'oidc' | 'signUps' | 'sourceUrl'>
  readonly people: People
  readonly library: Library
  readonly firstAdmin: FirstAdmin
  readonly collaboration: OpenDocuments & LiveConnections
  readonly origins: Origins
  readonly rates: Pick<Rates, 'take' | 'giveBack'>
  readonly freeSpace: Pick<FreeSpace, 'free' | 'isLow'>
  readonly clientIps: ClientIps
  readonly log: Log
}

/**
 * Builds what pages and routes call, from people, library and the open documents. The caller must close `linkExpiry`.
 */
export function buildContracts(options: ContractsOptions): {
  readonly services: Services
  readonly linkExpiry: LinkExpiry
} {
  const { store, secret, publicOrigin, settings, people, library, firstAdmin } = options
  const { collaboration, origins, rates, clientIps, log } = options
  const { access, catalog, owners } = store
  const { accounts, authentication, tokens, users, accessTokens, cookieSessions, passwords } = people
  const { addresses, rights, storageUse, visits } = library
  const { now } = systemClock
  const resets = new ResetLinks(secret, now)
  const secrets = new OneTimeSecrets(now)
  const invitations = new Invitations(secret, now)
  const devices = new DeviceCookie(secret, publicOrigin)
  const { guests, oidc, signUps } = settings
  // Allowed, but hardly meant: anyone may create the account that is then required.
  if (guests === 'off' && signUps === 'open') log.warn('accounts.sign-ups-open')
  const linkExpiry = new LinkExpiry({ access, openDocuments: collaboration, clock: systemClock, log })
  void linkExpiry.plan()
  const documents = new Documents({
    access,
    addresses,
    catalog,
    clock: systemClock,
    hash: chainHash,
    openDocuments: collaboration,
    rates,
    rights,
    storageUse,
    visits,
    documentsPerUser: settings.documentsPerUser,
  })
  const services: Services = {
    site: { sourceUrl: settings.sourceUrl },
    documents,
    requests: new Requests({ origins, rates, clientIps, log }),
    sessions: new Sessions({
      accounts,
      authentication,
      clientIps,
      connections: collaboration,
      guests,
      owners,
      rates,
      tokens,
      users,
    }),
    sharing: new Sharing({
      access,
      addresses,
      clock: systemClock,
      linkExpiry,
      linkPasswords: new LinkPasswords({ passwords, rates }),
      openDocuments: collaboration,
      passwords,
      rights,
      users,
    }),
    accounts: new OwnAccount({
      accounts,
      users,
      sessions: cookieSessions,
      accessTokens,
      resets,
      firstAdmin,
      oidc: oidc && new OidcSignIn({ settings: oidc, secret, publicOrigin, now, log }),
      secrets,
      invitations,
      attempts: new SignInAttempts({ rates, clientIps, devices }),
      devices,
      signUps,
      clientIps,
      connections: collaboration,
    }),
    admin: new Administration({
      accounts,
      users,
      sessions: cookieSessions,
      owners,
      accessTokens,
      connections: collaboration,
      resets,
      invitations,
      signUps,
      secrets,
      publicOrigin,
      documents,
      freeSpace: options.freeSpace,
    }),
  }
  return { services, linkExpiry }
}
