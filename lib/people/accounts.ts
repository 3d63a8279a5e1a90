import type { Kysely } from 'kysely'
import type { Credentials, Profile } from './contract.ts'
import { CookieSessions, type KeptSession } from './cookie-sessions.ts'
import { hashPassword, isPassword } from './passwords.ts'
import type { Person } from './person.ts'
import type { AccountTables, OwnerCatalog } from './store.ts'
import { type ProvenIdentity, type User, Users } from './users.ts'

export interface AccountsOptions {
  readonly database: Kysely<AccountTables>
  readonly secret: string
  readonly publicOrigin: string
  readonly owners: Pick<OwnerCatalog, 'adoptGuest' | 'aliasesOf'>
  readonly now: () => number
  /** Sessions that are over: their sockets have to close. */
  readonly onEnded: (ended: Ended) => void
}

/** What is over: every session of a user, or one session. */
export type Ended = { readonly userId: string } | { readonly sessionId: string }

/** Why nobody was signed in. *wrong*: no such account or another password, which look alike. */
export type SignInProblem = 'wrong' | 'disabled'
export type SignUpProblem = 'taken' | 'signed-in'

/**
 * The ways in and out: guests, sign-up, sign-in, sign-out, passwords. Everybody begins as a guest; what becomes of that guest
 * at sign-up and sign-in is docs/decisions/0022-guest-to-account.md. Every way in begins a new session, so that a cookie that
 * was planted before is worth nothing after it.
 */
export class Accounts {
  readonly #users: Users
  readonly #sessions: CookieSessions
  readonly #options: AccountsOptions

  constructor(options: AccountsOptions) {
    this.#options = options
    this.#users = new Users(options.database, options.now)
    this.#sessions = new CookieSessions(options)
  }

  /** The session of a request's cookie; null when there is none. Changes nothing: a page that is shown sets no cookies. */
  sessionOf(headers: Headers): Promise<KeptSession | null> {
    return this.#sessions.find(headers)
  }

  /** The same, with new cookies when it was due for renewal. */
  renewedSessionOf(headers: Headers): Promise<KeptSession | null> {
    return this.#sessions.findAndRenew(headers)
  }

  /** Makes a guest and a session for them. */
  async startGuest(): Promise<KeptSession> {
    return this.#begin(await this.#users.createGuest())
  }

  /** Begins a session for a guest that exists; null if the user is gone, disabled, or has an account by now. */
  async resumeGuest(userId: string): Promise<KeptSession | null> {
    const user = await this.#users.find(userId)
    return user?.standing === 'guest' ? this.#sessions.begin(userId) : null
  }

  /**
   * Makes an account. A guest who asks becomes it, with everything they have; a stranger gets a new one. E-mail and password
   * are in shape already. The session is a new one, the guest's are over.
   */
  async signUp(
    headers: Headers,
    { email, password, name }: Credentials & { readonly name: string },
  ): Promise<KeptSession | SignUpProblem> {
    const before = await this.sessionOf(headers)
    if (before && before.standing !== 'guest') return 'signed-in'
    const passwordHash = await hashPassword(password)
    const guestId = before?.person.userId ?? null
    const made = await this.#users.createAccount(guestId, { email, name, passwordHash })
    if (typeof made === 'string') return made
    if (guestId !== null) await this.endSessions(guestId)
    return this.#begin(made.userId)
  }

  /**
   * Signs in with e-mail and password; an unknown e-mail takes as long as a wrong password. Documents of a guest who asks
   * become the account's; another account's session ends.
   */
  async signIn(headers: Headers, { email, password }: Credentials): Promise<KeptSession | SignInProblem> {
    const credential = await this.#users.credentialOf(email)
    const isRight = await isPassword(password, credential?.passwordHash ?? null)
    return credential && isRight ? this.#signIn(headers, credential.userId) : 'wrong'
  }

  /** Signs in a person whom the provider has named, into an account that is made if there is none. As `signIn` otherwise. */
  async signInProven(headers: Headers, proven: ProvenIdentity): Promise<KeptSession | 'disabled' | 'taken'> {
    const userId = await this.#users.idOfProven(proven)
    return userId === null ? 'taken' : this.#signIn(headers, userId)
  }

  /** Ends the session of a request. Idempotent. Returns the cookies that must go out with the answer. */
  async signOut(headers: Headers): Promise<readonly string[]> {
    const before = await this.sessionOf(headers)
    if (before) await this.#end(before.sessionId)
    return [this.#sessions.clearedCookie()]
  }

  /** Sets a password if the old one is right, and begins a new session; all others end. Null if the old one is wrong. */
  async changePassword(userId: string, current: string, next: string): Promise<KeptSession | null> {
    if (!(await isPassword(current, await this.#users.passwordHashOf(userId)))) return null
    await this.setPassword(userId, next)
    return this.#begin(userId)
  }

  /** Sets or creates the password without checking the old one. Ends all of the user's sessions. */
  async setPassword(userId: string, password: string): Promise<void> {
    await this.#users.setPasswordHash(userId, await hashPassword(password))
    await this.endSessions(userId)
  }

  /** Makes a user an administrator, or no longer one. Idempotent. */
  setAdmin(userId: string, isAdmin: boolean): Promise<void> {
    return this.#users.setAdmin(userId, isAdmin)
  }

  /** Disables a user and ends their sessions, or enables them again. Idempotent. */
  async setDisabled(userId: string, isDisabled: boolean): Promise<void> {
    await this.#users.setDisabled(userId, isDisabled)
    if (isDisabled) await this.endSessions(userId)
  }

  hasAdmin(): Promise<boolean> {
    return this.#users.hasAdmin()
  }

  passwordHashOf(userId: string): Promise<string | null> {
    return this.#users.passwordHashOf(userId)
  }

  /** Ends every session of a user. Idempotent. */
  async endSessions(userId: string): Promise<void> {
    await this.#sessions.endAllOf(userId)
    this.#options.onEnded({ userId })
  }

  knownOf(userId: string): Promise<User | null> {
    return this.#users.find(userId)
  }

  userIdOf(email: string): Promise<string | null> {
    return this.#users.idOf(email)
  }

  isAlive(sessionId: string, userId: string): Promise<boolean> {
    return this.#sessions.isAlive(sessionId, userId)
  }

  /** The guests a user once was. */
  aliasesOf(userId: string): Promise<string[]> {
    return this.#options.owners.aliasesOf(userId)
  }

  setProfile(userId: string, profile: Profile): Promise<Person> {
    return this.#users.setProfile(userId, profile)
  }

  async #begin(userId: string): Promise<KeptSession> {
    const begun = await this.#sessions.begin(userId)
    if (!begun) throw new Error('no session for a user who was there')
    return begun
  }

  async #end(sessionId: string): Promise<void> {
    await this.#sessions.end(sessionId)
    this.#options.onEnded({ sessionId })
  }

  async #signIn(headers: Headers, userId: string): Promise<KeptSession | 'disabled'> {
    const before = await this.sessionOf(headers)
    const begun = await this.#sessions.begin(userId)
    if (!begun) return 'disabled'
    if (before?.standing === 'guest') {
      const guestId = before.person.userId
      // The guest's row goes, and its sessions with it.
      await this.#options.owners.adoptGuest(guestId, userId, this.#options.now())
      this.#options.onEnded({ userId: guestId })
    } else if (before) await this.#end(before.sessionId)
    return begun
  }
}
