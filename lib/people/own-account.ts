import { createHash } from 'node:crypto'
import { CLIENT_HEADER, type ClientIps } from '#lib/process/client-ip.ts'
import type { Rates } from '#lib/process/rates.ts'
import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Accounts } from './accounts.ts'
import { sessionOfToken } from './authentication.ts'
import type {
  AccountOutcome,
  AccountOverview,
  AccountProblem,
  Credentials,
  NewAccessToken,
  OwnAccountContract,
} from './contract.ts'
import type { CookieSession, CookieSessions } from './cookie-sessions.ts'
import type { FirstAdmin } from './first-admin.ts'
import type { OidcSignIn } from './oidc-sign-in.ts'
import type { OneTimeSecrets } from './one-time-secrets.ts'
import type { ResetLinks } from './reset-links.ts'
import type { LiveConnections, Session } from './session.ts'
import type { User, Users } from './users.ts'

export interface OwnAccountPorts {
  readonly accounts: Accounts
  readonly users: Users
  readonly sessions: Pick<CookieSessions, 'find'>
  readonly accessTokens: AccessTokens
  readonly resets: ResetLinks
  readonly firstAdmin: FirstAdmin
  /** The provider that users may sign in with, null if there are only passwords. */
  readonly oidc: OidcSignIn | null
  readonly secrets: OneTimeSecrets
  readonly rates: Pick<Rates, 'take'>
  readonly clientIps: ClientIps
  readonly connections: LiveConnections
}

/** The operations of users on their own account, on the pages and through their forms. */
export class OwnAccount implements OwnAccountContract {
  readonly providerName: string | null
  readonly #ports: OwnAccountPorts

  constructor(ports: OwnAccountPorts) {
    this.providerName = ports.oidc?.name ?? null
    this.#ports = ports
  }

  async signUp(headers: Headers, given: Credentials & { readonly name: string }): Promise<AccountOutcome> {
    return outcomeOf(await this.#ports.accounts.signUp(headers, given))
  }

  async signIn(headers: Headers, given: Credentials): Promise<AccountOutcome> {
    const { accounts, rates, clientIps } = this.#ports
    // Limit by account and place, so that a stranger elsewhere cannot lock a user out. Hashed: e-mails are unbounded
    // and must not be kept.
    const place = `${given.email.toLowerCase()} ${clientIps.keyOf(headers.get(CLIENT_HEADER) ?? '')}`
    const session = createHash('sha256').update(place).digest('base64url')
    const wait = rates.take('logins', { session, ip: '' })
    if (wait > 0) {
      throw new RefusedRequest(
        refuse('rate-limited', 'too many attempts at this account; try again later', wait),
      )
    }
    return outcomeOf(await accounts.signIn(headers, given))
  }

  async beginProvider(): Promise<{
    readonly location: string
    readonly setCookies: readonly string[]
  } | null> {
    const { oidc } = this.#ports
    return oidc && (await oidc.begin())
  }

  async endProvider(headers: Headers, query: Readonly<Record<string, string>>): Promise<AccountOutcome> {
    const { accounts, oidc } = this.#ports
    if (!oidc) return { ok: false, problem: 'failed' }
    const proven = await oidc.end(headers, query)
    if (typeof proven === 'string') return { ok: false, problem: proven }
    const outcome = outcomeOf(await accounts.signInProven(headers, proven))
    return outcome.ok ? { ok: true, setCookies: [oidc.clearedCookie(), ...outcome.setCookies] } : outcome
  }

  signOut(headers: Headers): Promise<readonly string[]> {
    return this.#ports.accounts.signOut(headers)
  }

  async overview({ user: { userId }, sessionId }: Session): Promise<AccountOverview> {
    const { users, accessTokens, secrets } = this.#ports
    const user = await users.find(userId)
    if (!user) throw new Error('a session without a user')
    return {
      email: user.email,
      hasPassword: (await users.passwordHashOf(userId)) !== null,
      tokens: await accessTokens.list(userId),
      madeToken: secrets.take(sessionId, 'access token'),
    }
  }

  async rename({ user: { userId } }: Session, name: string): Promise<void> {
    const { users, connections } = this.#ports
    const hue = (await users.find(userId))?.profile.hue ?? null
    connections.showProfile(await users.setProfile(userId, { name, hue }))
  }

  async changePassword({ user }: Session, current: string, next: string): Promise<AccountOutcome> {
    return outcomeOf((await this.#ports.accounts.changePassword(user.userId, current, next)) ?? 'wrong')
  }

  async resetTarget(token: string): Promise<string | null> {
    return (await this.#userOfReset(token))?.email ?? null
  }

  async resetPassword(token: string, password: string): Promise<AccountOutcome> {
    const user = await this.#userOfReset(token)
    if (!user) return { ok: false, problem: 'link' }
    await this.#ports.accounts.setPassword(user.profile.userId, password)
    return { ok: true, setCookies: [] }
  }

  async makeToken({ user, sessionId }: Session, wanted: NewAccessToken): Promise<boolean> {
    const { accessTokens, secrets } = this.#ports
    const token = await accessTokens.make(user.userId, wanted)
    if (token !== null) secrets.keep(sessionId, 'access token', token)
    return token !== null
  }

  async revokeToken({ user }: Session, id: string): Promise<void> {
    const { accessTokens, connections } = this.#ports
    await accessTokens.revoke(user.userId, id)
    connections.endSockets({ sessionId: sessionOfToken(id) })
  }

  mayBeFirstAdmin(token: string): boolean {
    return this.#ports.firstAdmin.isRight(token)
  }

  async beFirstAdmin(
    headers: Headers,
    token: string,
    given: (Credentials & { readonly name: string }) | null,
  ): Promise<AccountOutcome> {
    const { accounts, users, sessions, firstAdmin } = this.#ports
    // Invalidate the link first: of two requests with it only one succeeds.
    if (!firstAdmin.use(token)) return { ok: false, problem: 'link' }
    let session: CookieSession | AccountProblem = 'failed'
    try {
      const before = await sessions.find(headers)
      session = given
        ? await accounts.signUp(headers, given)
        : before && before.standing !== 'guest'
          ? before
          : 'wrong'
      if (typeof session !== 'string') await users.setAdmin(session.profile.userId, true)
    } finally {
      if (typeof session === 'string') firstAdmin.putBack(token)
    }
    return outcomeOf(session)
  }

  /** Returns the user whose password a reset link sets, null if it has expired, was used or was not made here. */
  async #userOfReset(token: string): Promise<User | null> {
    const { users, resets } = this.#ports
    const userId = resets.userIn(token)
    const user = userId === null ? null : await users.find(userId)
    if (!user || user.standing === 'guest') return null
    return resets.isRight(token, await users.passwordHashOf(user.profile.userId)) ? user : null
  }
}

function outcomeOf(result: CookieSession | AccountProblem): AccountOutcome {
  return typeof result === 'string'
    ? { ok: false, problem: result }
    : { ok: true, setCookies: result.setCookies }
}
