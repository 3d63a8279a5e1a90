import { AccessTokens } from '#lib/people/access-tokens.ts'
import { Accounts } from '#lib/people/accounts.ts'
import { Authentication } from '#lib/people/authentication.ts'
import { CookieSessions } from '#lib/people/cookie-sessions.ts'
import { ProvenUsers } from '#lib/people/proven-users.ts'
import { PasswordWork } from '#lib/people/secrets/password-work.ts'
import type { LiveConnections } from '#lib/people/session.ts'
import { Tokens } from '#lib/people/tokens.ts'
import { Users } from '#lib/people/users.ts'
import type { Settings } from '#lib/process/settings.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import type { Store } from '#lib/storage/open-store.ts'

export interface PeopleOptions {
  readonly store: Pick<Store, 'accounts' | 'owners'>
  readonly secret: string
  /** The origin that users open, such as `https://write.example.org`. */
  readonly publicOrigin: string
  readonly settings: Pick<Settings, 'guests'> & Partial<Pick<Settings, 'tokenLife'>>
  /** Closes the sockets of a session or a user that ends. */
  readonly connections: Pick<LiveConnections, 'endSockets'>
}

/** The parts that identify users. */
export interface People {
  readonly accounts: Accounts
  readonly accessTokens: AccessTokens
  readonly authentication: Authentication
  readonly cookieSessions: CookieSessions
  readonly passwords: PasswordWork
  readonly tokens: Tokens
  readonly users: Users
}

/** Builds the parts that identify users, without what pages and routes call. */
export function buildPeople({ store, secret, publicOrigin, settings, connections }: PeopleOptions): People {
  const { now } = systemClock
  const { accounts: database, owners } = store
  const users = new Users(database, now)
  const sessions = new CookieSessions({ database, secret, publicOrigin, now })
  const accessTokens = new AccessTokens(database, now)
  const proven = new ProvenUsers(database, now)
  const passwords = new PasswordWork()
  return {
    accounts: new Accounts({ users, proven, passwords, sessions, owners, connections, now }),
    accessTokens,
    authentication: new Authentication({ users, sessions, accessTokens, owners, guests: settings.guests }),
    cookieSessions: sessions,
    passwords,
    tokens: new Tokens(secret, now, settings.tokenLife),
    users,
  }
}
