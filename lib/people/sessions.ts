import { CLIENT_HEADER, type ClientIps } from '#lib/process/client-ip.ts'
import type { Rates } from '#lib/process/rates.ts'
import type { GuestPolicy } from '#lib/process/settings.ts'
import { REFUSALS, RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import type { Identity } from '#lib/protocol/identity.ts'
import type { Accounts } from './accounts.ts'
import type { Authentication } from './authentication.ts'
import type { LostCookie, ProfileChange, SessionsContract } from './contract.ts'
import { identityOf } from './profile.ts'
import type { EnsuredSession, LiveConnections, Session } from './session.ts'
import type { OwnerCatalog } from './store.ts'
import type { Tokens } from './tokens.ts'
import type { Users } from './users.ts'

export interface SessionsPorts {
  readonly accounts: Pick<Accounts, 'startGuest' | 'resumeGuest'>
  readonly authentication: Authentication
  readonly clientIps: Pick<ClientIps, 'keyOf'>
  readonly connections: Pick<LiveConnections, 'showProfile'>
  readonly guests: GuestPolicy
  readonly owners: Pick<OwnerCatalog, 'aliasesOf'>
  readonly rates: Pick<Rates, 'take'>
  readonly tokens: Tokens
  readonly users: Pick<Users, 'setProfile'>
}

/** The sessions of requests, over cookies, personal access tokens and recoveries. */
export class Sessions implements SessionsContract {
  readonly guests: GuestPolicy
  readonly #ports: SessionsPorts

  constructor(ports: SessionsPorts) {
    this.guests = ports.guests
    this.#ports = ports
  }

  of(headers: Headers): Promise<Session | null> {
    return this.#ports.authentication.ofRequest(headers)
  }

  async ensureGuest(headers: Headers, { recovery, renew = false }: LostCookie = {}): Promise<EnsuredSession> {
    const { accounts, authentication, clientIps, rates, tokens } = this.#ports
    const known = await authentication.ofRequest(headers, true)
    if (known) return known
    if (headers.has('authorization')) {
      throw new RefusedRequest(refuse('unauthenticated', 'this access token is not in force'))
    }
    if (!authentication.guestsAreWelcome) throw new RefusedRequest(REFUSALS.notSignedIn)
    const userId = recovery === undefined ? null : tokens.userInRecovery(recovery)
    const ended = new RefusedRequest(refuse('unauthenticated', 'this session has ended'))
    if (renew && userId === null) throw ended
    const wait = rates.take('guests', { ip: clientIps.keyOf(headers.get(CLIENT_HEADER) ?? '') })
    if (wait > 0) {
      throw new RefusedRequest(refuse('rate-limited', 'too many new guests from here; try again later', wait))
    }
    const resumed = userId === null ? null : await accounts.resumeGuest(userId)
    if (renew && !resumed) throw ended
    const guest = authentication.ofCookie(resumed ?? (await accounts.startGuest()))
    if (!guest) throw new Error('no guests here')
    return guest
  }

  socketToken({ sessionId, user }: Session) {
    const { tokens } = this.#ports
    return { ...tokens.issue(user.userId, sessionId), life: tokens.life }
  }

  recovery({ user, standing }: Session): string | null {
    return standing === 'guest' ? this.#ports.tokens.issueRecovery(user.userId) : null
  }

  async aliases({ user, standing }: Session): Promise<string[]> {
    return standing === 'guest' ? [] : this.#ports.owners.aliasesOf(user.userId)
  }

  async setProfile({ user }: Session, change: ProfileChange): Promise<Identity> {
    const profile = await this.#ports.users.setProfile(user.userId, change)
    this.#ports.connections.showProfile(profile)
    return identityOf(profile)
  }
}
