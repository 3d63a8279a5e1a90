import type { Credentials } from './contract.ts'
import type { CookieSession, CookieSessions } from './cookie-sessions.ts'
import { hashPassword, isPassword } from './passwords.ts'
import type { LiveConnections } from './session.ts'
import type { OwnerCatalog } from './store.ts'
import type { ProvenIdentity, Users } from './users.ts'

export interface AccountsPorts {
  readonly users: Users
  readonly sessions: CookieSessions
  readonly owners: Pick<OwnerCatalog, 'adoptGuest'>
  readonly connections: Pick<LiveConnections, 'endSockets'>
  /** ms since the epoch. */
  readonly now: () => number
}

/** Why a sign-in failed. *wrong*: no such account or another password, which look alike. */
export type SignInProblem = 'wrong' | 'disabled'
export type SignUpProblem = 'taken' | 'signed-in'

/**
 * The ways in and out: guests, sign-up, sign-in, sign-out, passwords. Every user begins as a guest; what becomes of that guest
 * at sign-up and sign-in is docs/decisions/0022-guest-to-account.md. Every way in begins a new session, so that a cookie
 * planted before it is worth nothing after it. Sockets of what ends here are closed.
 */
export class Accounts {
  readonly #ports: AccountsPorts

  constructor(ports: AccountsPorts) {
    this.#ports = ports
  }

  /** Makes a guest and begins their session. */
  async startGuest(): Promise<CookieSession> {
    return this.#begin(await this.#ports.users.createGuest())
  }

  /** Begins a session for a guest that exists; null if the user is gone, disabled, or has an account by now. */
  async resumeGuest(userId: string): Promise<CookieSession | null> {
    const { users, sessions } = this.#ports
    const user = await users.find(userId)
    return user?.standing === 'guest' ? sessions.begin(userId) : null
  }

  /**
   * Makes an account. A guest who asks becomes it, with everything they have; a stranger gets a new one. E-mail and password
   * are in shape already. Begins a new session and ends those of the guest.
   */
  async signUp(
    headers: Headers,
    { email, password, name }: Credentials & { readonly name: string },
  ): Promise<CookieSession | SignUpProblem> {
    const { users, sessions } = this.#ports
    const before = await sessions.find(headers)
    if (before && before.standing !== 'guest') return 'signed-in'
    const passwordHash = await hashPassword(password)
    const guestId = before?.profile.userId ?? null
    const made = await users.createAccount(guestId, { email, name, passwordHash })
    if (typeof made === 'string') return made
    if (guestId !== null) await this.#endAllOf(guestId)
    return this.#begin(made.userId)
  }

  /**
   * Signs in with e-mail and password; an unknown e-mail takes as long as a wrong password. Documents of a guest who asks
   * become the account's; another account's session ends.
   */
  async signIn(headers: Headers, { email, password }: Credentials): Promise<CookieSession | SignInProblem> {
    const credential = await this.#ports.users.credentialOf(email)
    const isRight = await isPassword(password, credential?.passwordHash ?? null)
    return credential && isRight ? this.#signInAs(credential.userId, headers) : 'wrong'
  }

  /** Signs in a person whom the provider has named; makes an account if they have none. Otherwise as `signIn`. */
  async signInProven(
    headers: Headers,
    proven: ProvenIdentity,
  ): Promise<CookieSession | 'disabled' | 'taken'> {
    const userId = await this.#ports.users.idOfProven(proven)
    return userId === null ? 'taken' : this.#signInAs(userId, headers)
  }

  /** Ends the session of a request. Idempotent. Returns the cookies that must go out with the answer. */
  async signOut(headers: Headers): Promise<readonly string[]> {
    const { sessions } = this.#ports
    const before = await sessions.find(headers)
    if (before) await this.endSession(before.sessionId)
    return [sessions.clearedCookie()]
  }

  /** Sets a password if the old one is right, and begins a new session; all others end. Null if the old one is wrong. */
  async changePassword(userId: string, current: string, next: string): Promise<CookieSession | null> {
    if (!(await isPassword(current, await this.#ports.users.passwordHashOf(userId)))) return null
    await this.setPassword(userId, next)
    return this.#begin(userId)
  }

  /** Sets or creates the password without checking the old one. Ends all of the user's sessions. */
  async setPassword(userId: string, password: string): Promise<void> {
    await this.#ports.users.setPasswordHash(userId, await hashPassword(password))
    await this.#endAllOf(userId)
  }

  /** Disables a user and ends their sessions, or enables them again. Idempotent. */
  async setDisabled(userId: string, isDisabled: boolean): Promise<void> {
    await this.#ports.users.setDisabled(userId, isDisabled)
    if (isDisabled) await this.#endAllOf(userId)
  }

  /** Ends a session. Idempotent. */
  async endSession(sessionId: string): Promise<void> {
    const { sessions, connections } = this.#ports
    await sessions.end(sessionId)
    connections.endSockets({ sessionId })
  }

  async #endAllOf(userId: string): Promise<void> {
    const { sessions, connections } = this.#ports
    await sessions.endAllOf(userId)
    connections.endSockets({ userId })
  }

  async #begin(userId: string): Promise<CookieSession> {
    const begun = await this.#ports.sessions.begin(userId)
    if (!begun) throw new Error('no session for a user who was there')
    return begun
  }

  async #signInAs(userId: string, headers: Headers): Promise<CookieSession | 'disabled'> {
    const { sessions, owners, connections, now } = this.#ports
    const before = await sessions.find(headers)
    const begun = await sessions.begin(userId)
    if (!begun) return 'disabled'
    if (before?.standing === 'guest') {
      const guestId = before.profile.userId
      // The guest's row goes, and its sessions with it.
      await owners.adoptGuest(guestId, userId, now())
      connections.endSockets({ userId: guestId })
    } else if (before) await this.endSession(before.sessionId)
    return begun
  }
}
