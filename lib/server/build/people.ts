import { AccessTokens } from '#lib/people/access-tokens.ts'
import { Accounts } from '#lib/people/accounts.ts'
import { Identities } from '#lib/people/identities.ts'
import type { LiveConnections } from '#lib/people/sessions.ts'
import { Tokens } from '#lib/people/tokens.ts'
import type { Settings } from '#lib/process/settings.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import type { Store } from '#lib/storage/open-store.ts'

export interface PeopleOptions {
  readonly store: Pick<Store, 'accounts' | 'owners'>
  readonly secret: string
  /** The origin people use, like `https://write.example.org`. */
  readonly publicOrigin: string
  readonly settings: Pick<Settings, 'guests'> & Partial<Pick<Settings, 'tokenLife'>>
  /** Those whose sockets close when a session or a user ends. */
  readonly connections: Pick<LiveConnections, 'endSockets'>
}

/** The parts that know who somebody is. */
export interface People {
  readonly accounts: Accounts
  readonly accessTokens: AccessTokens
  readonly identities: Identities
  readonly tokens: Tokens
}

/** Makes the parts that know who somebody is, without the pages. */
export function buildPeople({ store, secret, publicOrigin, settings, connections }: PeopleOptions): People {
  const { now } = systemClock
  const accounts = new Accounts({
    database: store.accounts,
    owners: store.owners,
    secret,
    publicOrigin,
    now,
    onEnded: (ended) => connections.endSockets(ended),
  })
  const accessTokens = new AccessTokens(store.accounts, now)
  return {
    accounts,
    accessTokens,
    identities: new Identities(accounts, accessTokens, settings.guests),
    tokens: new Tokens(secret, now, settings.tokenLife),
  }
}
