import type { Credentials } from './contract.ts'
import type { CookieSession, CookieSessions } from './cookie-sessions.ts'
import type { ProvenIdentity, ProvenUsers } from './proven-users.ts'
import type { PasswordWork, Turn } from './secrets/password-work.ts'
import type { LiveConnections } from './session.ts'
import type { OwnerCatalog } from './store.ts'
import type { Users } from './users.ts'

export interface AccountsPorts {
  readonly users: Users
  readonly proven: ProvenUsers
  readonly passwords: PasswordWork
  readonly sessions: CookieSessions
  readonly owners: Pick<OwnerCatalog, 'adoptGuest'>
  readonly connections: Pick<LiveConnections, 'endSockets'>
  /** Returns ms since the epoch. */
  readonly now: () => number
}

/**
 * The reasons why a sign-in failed. *wrong*: no such account or a wrong password, which cannot be told apart. *moved*:
 * the password is right, but the e-mail went to a user who had proved it.
 */
export type SignInProblem = 'wrong' | 'disabled' | 'moved'
export type SignUpProblem = 'taken' | 'signed-in'

/** A request that takes turns with all others that say nothing of themselves. */
const ANYONE: Turn = { key: '', isKnown: false }

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

  /**
   * Begins a session for an existing guest. Returns null if the user is gone, disabled, signed out, or has an account
   * by now.
   */
  async resumeGuest(userId: string): Promise<CookieSession | null> {
    const { users, sessions } = this.#ports
    const user = await users.find(userId)
    return user?.standing === 'guest' ? sessions.continue(userId) : null
  }

  /**
   * Creates an account. A guest who signs up becomes it, with everything they have; other visitors get a new one.
   * E-mail and password are already validated. Begins a new session and ends those of the guest.
   */
  async signUp(
    headers: Headers,
    { email, password, name }: Credentials & { readonly name: string },
    turn = ANYONE,
  ): Promise<CookieSession | SignUpProblem> {
    const { users, passwords, sessions } = this.#ports
    const before = await sessions.find(headers)
    if (before && before.standing !== 'guest') return 'signed-in'
    // Before the hash, which costs much more.
    if (await users.idOf(email)) return 'taken'
    const passwordHash = await passwords.hash(password, turn)
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
  async signIn(
    headers: Headers,
    { email, password }: Credentials,
    turn = ANYONE,
  ): Promise<CookieSession | SignInProblem> {
    const { users, passwords } = this.#ports
    const credential = await users.credentialOf(email)
    const isRight = await passwords.matches(password, credential?.passwordHash ?? null, turn)
    if (!credential || !isRight) return 'wrong'
    if (credential.isLost) return 'moved'
    const session = await this.#signInAs(credential.userId, headers, credential.passwordHash)
    // Not disabled: then the password was replaced while its hash was computed.
    if (session === 'disabled' && (await users.find(credential.userId))) return 'wrong'
    return session
  }

  /** Signs in a user identified by the provider; creates an account if they have none. Otherwise like `signIn`. */
  async signInProven(
    headers: Headers,
    proven: ProvenIdentity,
  ): Promise<CookieSession | 'disabled' | 'taken'> {
    const userId = await this.#ports.proven.idOf(proven)
    return userId === null ? 'taken' : this.#signInAs(userId, headers)
  }

  /**
   * Ends the session of a request, and all those of a guest, who has no other browser: what recovers a lost cookie is
   * then worthless. Returns the session that ended and the cookies to send with the answer. Idempotent.
   */
  async signOut(
    headers: Headers,
  ): Promise<{ readonly ended: CookieSession | null; readonly setCookies: readonly string[] }> {
    const { sessions } = this.#ports
    const ended = await sessions.find(headers)
    if (ended?.standing === 'guest') await this.#endAllOf(ended.profile.userId)
    else if (ended) await this.endSession(ended.sessionId)
    return { ended, setCookies: [sessions.clearedCookie()] }
  }

  /**
   * Sets a password if the old one is right, ends all sessions and, if asked, the access tokens, and begins a new
   * session. Returns null if the old one is wrong.
   */
  async changePassword(
    userId: string,
    { current, next, endsTokens }: { current: string; next: string; endsTokens: boolean },
  ): Promise<CookieSession | null> {
    const { users, passwords, connections } = this.#ports
    const turn = { key: userId, isKnown: true }
    const before = await users.passwordHashOf(userId)
    if (before === null || !(await passwords.matches(current, before, turn))) return null
    const passwordHash = await passwords.hash(next, turn)
    if ((await users.replacePassword(userId, { before, passwordHash, endsTokens })) !== 'done') return null
    connections.endSockets({ userId })
    return this.#begin(userId)
  }

  /**
   * Sets or creates the password by a link that was made for the one with the hash `before`. Ends all of the user's
   * sessions and access tokens. Returns 'link' if another request was first: the link works once. `email`: the new
   * one of an account that lost its e-mail.
   */
  async resetPassword(
    userId: string,
    { before, next, email }: { before: string | null; next: string; email?: string | undefined },
  ): Promise<'done' | 'link' | 'taken'> {
    const { users, passwords, connections } = this.#ports
    const passwordHash = await passwords.hash(next, { key: userId, isKnown: true })
    const done = await users.replacePassword(userId, { before, passwordHash, endsTokens: true, email })
    if (done === 'done') connections.endSockets({ userId })
    return done === 'changed' ? 'link' : done
  }

  /**
   * Gives an account that lost its e-mail another one. *wrong*: the password is, if the account has one. *taken*: the
   * account has an e-mail, or another account has this one.
   */
  async chooseEmail(userId: string, { email, password }: Credentials): Promise<'done' | 'wrong' | 'taken'> {
    const { users, passwords } = this.#ports
    const hash = await users.passwordHashOf(userId)
    const turn = { key: userId, isKnown: true }
    if (hash !== null && !(await passwords.matches(password, hash, turn))) return 'wrong'
    return users.chooseEmail(userId, email)
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

  async #signInAs(
    userId: string,
    headers: Headers,
    passwordHash: string | null = null,
  ): Promise<CookieSession | 'disabled'> {
    const { sessions, owners, connections, now } = this.#ports
    const before = await sessions.find(headers)
    const begun = await sessions.begin(userId, passwordHash)
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
