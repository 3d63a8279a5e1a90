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
  /** Returns ms since the epoch. */
  readonly now: () => number
}

/** The reasons why a sign-in failed. *wrong*: no such account or a wrong password, which cannot be told apart. */
export type SignInProblem = 'wrong' | 'disabled'
export type SignUpProblem = 'taken' | 'signed-in'

/**
 * Signs users up, in and out, and changes their passwords. Every user begins as a guest;
 * docs/decisions/0022-guest-to-account.md describes what becomes of that guest at sign-up and sign-in. Every sign-in
 * begins a new session, so a cookie planted before it is worthless after it. Closes the sockets of sessions that end
 * here.
 */
export class Accounts {
  readonly #ports: AccountsPorts

  constructor(ports: AccountsPorts) {
    this.#ports = ports
  }

  /** Creates a guest and begins their session. */
  async startGuest(): Promise<CookieSession> {
    return this.#begin(await this.#ports.users.createGuest())
  }

  /** Begins a session for an existing guest. Returns null if the user is gone, disabled, or has an account by now. */
  async resumeGuest(userId: string): Promise<CookieSession | null> {
    const { users, sessions } = this.#ports
    const user = await users.find(userId)
    return user?.standing === 'guest' ? sessions.begin(userId) : null
  }

  /**
   * Creates an account. A guest who signs up becomes it, with everything they have; other visitors get a new one.
   * E-mail and password are already validated. Begins a new session and ends those of the guest.
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
   * Signs in with e-mail and password. An unknown e-mail takes as long as a wrong password. The documents of a
   * guest who signs in become the account's; a session of another account ends.
   */
  async signIn(headers: Headers, { email, password }: Credentials): Promise<CookieSession | SignInProblem> {
    const credential = await this.#ports.users.credentialOf(email)
    const isRight = await isPassword(password, credential?.passwordHash ?? null)
    return credential && isRight ? this.#signInAs(credential.userId, headers) : 'wrong'
  }

  /** Signs in a user identified by the provider; creates an account if they have none. Otherwise like `signIn`. */
  async signInProven(
    headers: Headers,
    proven: ProvenIdentity,
  ): Promise<CookieSession | 'disabled' | 'taken'> {
    const userId = await this.#ports.users.idOfProven(proven)
    return userId === null ? 'taken' : this.#signInAs(userId, headers)
  }

  /** Ends the session of a request. Returns the cookies to send with the answer. Idempotent. */
  async signOut(headers: Headers): Promise<readonly string[]> {
    const { sessions } = this.#ports
    const before = await sessions.find(headers)
    if (before) await this.endSession(before.sessionId)
    return [sessions.clearedCookie()]
  }

  /**
   * Sets a password if the old one is right, begins a new session and ends all others. Returns null if the old one
   * is wrong.
   */
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
      // Deleting the guest's row also deletes its sessions.
      await owners.adoptGuest(guestId, userId, now())
      connections.endSockets({ userId: guestId })
    } else if (before) await this.endSession(before.sessionId)
    return begun
  }
}
