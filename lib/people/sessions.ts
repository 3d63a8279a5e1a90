import { CLIENT_HEADER, type ClientIps } from '#lib/process/client-ip.ts'
import type { Rates } from '#lib/process/rates.ts'
import type { GuestPolicy } from '#lib/process/settings.ts'
import { REFUSALS, RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import type { Identity } from '#lib/protocol/identity.ts'
import type { Accounts, Ended } from './accounts.ts'
import type { LostCookie, Profile, SessionsContract } from './contract.ts'
import type { Identified, Identities } from './identities.ts'
import { identityOf, type Person } from './person.ts'
import type { EnsuredSession, Session } from './session.ts'
import type { Tokens } from './tokens.ts'

/** The sockets that people have open now. */
export interface LiveConnections {
  /** Closes the sockets of a session or a user that has ended. */
  endSockets(ended: Ended): void
  /** Shows a person's new name and hue wherever they are present. */
  showPerson(person: Person): void
}

export interface SessionsPorts {
  readonly accounts: Pick<Accounts, 'startGuest' | 'resumeGuest' | 'aliasesOf' | 'setProfile'>
  readonly clientIps: Pick<ClientIps, 'keyOf'>
  readonly connections: Pick<LiveConnections, 'showPerson'>
  readonly guests: GuestPolicy
  readonly identities: Identities
  readonly rates: Pick<Rates, 'take'>
  readonly tokens: Tokens
}

/** The sessions of requests, over cookies, personal access tokens and recoveries. */
export class Sessions implements SessionsContract {
  readonly guests: GuestPolicy
  readonly #ports: SessionsPorts

  constructor(ports: SessionsPorts) {
    this.guests = ports.guests
    this.#ports = ports
  }

  async of(headers: Headers): Promise<Session | null> {
    const known = await this.#ports.identities.of(headers)
    return known && sessionOf(known)
  }

  async ensureGuest(headers: Headers, { recovery, renew = false }: LostCookie = {}): Promise<EnsuredSession> {
    const { accounts, clientIps, identities, rates, tokens } = this.#ports
    const known = await identities.of(headers, true)
    if (known) return sessionOf(known)
    if (headers.has('authorization')) {
      throw new RefusedRequest(refuse('unauthenticated', 'this access token is not in force'))
    }
    if (!identities.guestsAreWelcome) throw new RefusedRequest(REFUSALS.notSignedIn)
    const userId = recovery === undefined ? null : tokens.userInRecovery(recovery)
    const ended = new RefusedRequest(refuse('unauthenticated', 'this session has ended'))
    if (renew && userId === null) throw ended
    const wait = rates.take('guests', { ip: clientIps.keyOf(headers.get(CLIENT_HEADER) ?? '') })
    if (wait > 0) {
      throw new RefusedRequest(refuse('rate-limited', 'too many new guests from here; try again later', wait))
    }
    const resumed = userId === null ? null : await accounts.resumeGuest(userId)
    if (renew && !resumed) throw ended
    const guest = identities.ofSession(resumed ?? (await accounts.startGuest()))
    if (!guest) throw new Error('no guests here')
    return sessionOf(guest)
  }

  socketToken({ sessionId, user }: Session) {
    const { tokens } = this.#ports
    return { ...tokens.issue(user.userId, sessionId), life: tokens.life }
  }

  recovery({ user, standing }: Session): string | null {
    return standing === 'guest' ? this.#ports.tokens.issueRecovery(user.userId) : null
  }

  async aliases({ user, standing }: Session): Promise<string[]> {
    return standing === 'guest' ? [] : this.#ports.accounts.aliasesOf(user.userId)
  }

  async setProfile({ user }: Session, profile: Profile): Promise<Identity> {
    const person = await this.#ports.accounts.setProfile(user.userId, profile)
    this.#ports.connections.showPerson(person)
    return identityOf(person)
  }
}

function sessionOf({ person, ...session }: Identified): EnsuredSession {
  return { ...session, user: identityOf(person) }
}
