import type { ClientIps } from '#lib/process/client-ip.ts'
import type { SignUpPolicy } from '#lib/process/settings.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Accounts } from './accounts.ts'
import { sessionOfToken } from './authentication.ts'
import type {
  AccountOutcome,
  AccountOverview,
  AccountProblem,
  Credentials,
  NewAccessToken,
  NewAccount,
  OwnAccountContract,
  PasswordChoice,
} from './contract.ts'
import type { CookieSession, CookieSessions } from './cookie-sessions.ts'
import type { FirstAdmin } from './first-admin.ts'
import type { OidcSignIn } from './oidc-sign-in.ts'
import type { DeviceCookie } from './secrets/device-cookie.ts'
import type { Invitations } from './secrets/invitations.ts'
import type { OneTimeSecrets } from './secrets/one-time-secrets.ts'
import type { ResetLinks } from './secrets/reset-links.ts'
import type { SignInAttempts } from './secrets/sign-in-attempts.ts'
import type { LiveConnections, Session } from './session.ts'
import type { User, Users } from './users.ts'

export interface OwnAccountPorts {
  readonly accounts: Accounts
  readonly users: Users
  readonly sessions: Pick<CookieSessions, 'find'>
  readonly accessTokens: AccessTokens
  readonly resets: ResetLinks
  readonly invitations: Pick<Invitations, 'read'>
  readonly attempts: SignInAttempts
  readonly devices: DeviceCookie
  readonly signUps: SignUpPolicy
  readonly firstAdmin: FirstAdmin
  /** The provider that users may sign in with, null if there are only passwords. */
  readonly oidc: OidcSignIn | null
  readonly secrets: OneTimeSecrets
  readonly clientIps: Pick<ClientIps, 'placeOf'>
  readonly connections: LiveConnections
}

/** The operations of users on their own account, on the pages and through their forms. */
export class OwnAccount implements OwnAccountContract {
  readonly providerName: string | null
  readonly signUps: SignUpPolicy
  readonly #ports: OwnAccountPorts

  constructor(ports: OwnAccountPorts) {
    this.providerName = ports.oidc?.name ?? null
    this.signUps = ports.signUps
    this.#ports = ports
  }

  async signUp(headers: Headers, { invitation, ...given }: NewAccount): Promise<AccountOutcome> {
    const invited = invitation === undefined ? null : await this.invitedEmail(invitation)
    if (invitation !== undefined && invited === null) return { ok: false, problem: 'link' }
    if (invited === null && this.signUps !== 'open') return { ok: false, problem: 'closed' }
    return this.#signUp(headers, { ...given, email: invited ?? given.email })
  }

  async invitedEmail(token: string): Promise<string | null> {
    const { invitations, users } = this.#ports
    const invitation = this.signUps === 'off' ? null : invitations.read(token)
    if (!invitation || (await users.find(invitation.by))?.standing !== 'admin') return null
    return (await users.idOf(invitation.email)) === null ? invitation.email : null
  }

  async signIn(headers: Headers, given: Credentials): Promise<AccountOutcome> {
    const { accounts, attempts, users } = this.#ports
    const credential = await users.credentialOf(given.email)
    const attempt = attempts.begin(headers, given.email, credential?.userId ?? null)
    const session = await accounts.signIn(headers, given, attempt.turn)
    if (session !== 'wrong') attempts.succeeded(attempt)
    return this.#outcome(headers, session)
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
    const outcome = this.#outcome(headers, await accounts.signInProven(headers, proven))
    return outcome.ok ? { ok: true, setCookies: [oidc.clearedCookie(), ...outcome.setCookies] } : outcome
  }

  async signOut(headers: Headers): Promise<readonly string[]> {
    const { accounts, devices } = this.#ports
    const { ended, setCookies } = await accounts.signOut(headers)
    if (!ended || ended.standing === 'guest') return setCookies
    // For sessions that began before there was this cookie.
    return [...setCookies, devices.with(headers, ended.profile.userId)]
  }

  async overview({ user: { userId }, sessionId }: Session): Promise<AccountOverview> {
    const { users, accessTokens, secrets } = this.#ports
    const user = await users.find(userId)
    if (!user) throw new Error('a session without a user')
    return {
      email: user.lostEmail === null ? user.email : null,
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

  async changePassword(headers: Headers, { user }: Session, change: PasswordChoice): Promise<AccountOutcome> {
    const changed = await this.#ports.accounts.changePassword(user.userId, change)
    return this.#outcome(headers, changed ?? 'wrong')
  }

  async lostEmail({ user, standing }: Session): Promise<string | null> {
    if (standing === 'guest') return null
    return (await this.#ports.users.find(user.userId))?.lostEmail ?? null
  }

  async chooseEmail({ user }: Session, given: Credentials): Promise<AccountOutcome> {
    const chosen = await this.#ports.accounts.chooseEmail(user.userId, given)
    return chosen === 'done' ? { ok: true, setCookies: [] } : { ok: false, problem: chosen }
  }

  async resetTarget(token: string): Promise<{ readonly email: string | null } | null> {
    const found = await this.#userOfReset(token)
    return found && { email: found.user.lostEmail === null ? found.user.email : null }
  }

  async resetPassword(
    token: string,
    { password, email }: { readonly password: string; readonly email?: string | undefined },
  ): Promise<AccountOutcome> {
    const found = await this.#userOfReset(token)
    if (!found) return { ok: false, problem: 'link' }
    const { user, passwordHash: before } = found
    const needsEmail = user.lostEmail !== null
    if (needsEmail && email === undefined) return { ok: false, problem: 'email' }
    const { userId } = user.profile
    const change = { before, next: password, email: needsEmail ? email : undefined }
    const done = await this.#ports.accounts.resetPassword(userId, change)
    return done === 'done' ? { ok: true, setCookies: [] } : { ok: false, problem: done }
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

  get needsAdmin(): boolean {
    return this.#ports.firstAdmin.isWanted
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
    return this.#outcome(headers, session)
  }

  async #signUp(headers: Headers, given: Credentials & { readonly name: string }): Promise<AccountOutcome> {
    const { accounts, clientIps } = this.#ports
    const turn = { key: clientIps.placeOf(headers).place, isKnown: false }
    return this.#outcome(headers, await accounts.signUp(headers, given, turn))
  }

  /** Adds the cookie of a known browser to those of a session that has begun. */
  #outcome(headers: Headers, result: CookieSession | AccountProblem): AccountOutcome {
    if (typeof result === 'string') return { ok: false, problem: result }
    const device = this.#ports.devices.with(headers, result.profile.userId)
    return { ok: true, setCookies: [...result.setCookies, device] }
  }

  /**
   * Returns the user whose password a reset link sets, and its hash; null if the link has expired, was used or was
   * not made here.
   */
  async #userOfReset(
    token: string,
  ): Promise<{ readonly user: User; readonly passwordHash: string | null } | null> {
    const { users, resets } = this.#ports
    const userId = resets.userIn(token)
    const user = userId === null ? null : await users.find(userId)
    if (!user || user.standing === 'guest') return null
    const passwordHash = await users.passwordHashOf(user.profile.userId)
    return resets.isRight(token, passwordHash) ? { user, passwordHash } : null
  }
}
