import { APIError } from 'better-auth/api'
import { hashPassword, verifyPassword } from 'better-auth/crypto'
import type { Kysely } from 'kysely'
import { cleanName } from '#lib/protocol/identity.ts'
import { LIMITS } from '#lib/protocol/limits.ts'
import { type AuthLibrary, type AuthLibraryOptions, createAuthLibrary } from './auth-library.ts'
import type { Credentials, Profile } from './contract.ts'
import { type Person, personIn, standingOf } from './person.ts'
import type { Standing } from './session.ts'
import type { AccountTables, OwnerCatalog } from './store.ts'

export interface AccountsOptions extends AuthLibraryOptions {
  readonly owners: Pick<OwnerCatalog, 'adoptGuest' | 'aliasesOf'>
  readonly now: () => number
  /** Sessions that are over: their sockets have to close. */
  readonly onEnded: (ended: Ended) => void
}

/** What is over: every session of a user, or one session. */
export type Ended = { readonly userId: string } | { readonly sessionId: string }

/** A session as its cookie proves it, with the cookies that must go out with the answer. */
export interface KeptSession {
  readonly sessionId: string
  readonly person: Person
  readonly standing: Standing
  readonly setCookies: readonly string[]
}

/** A user: who they are, what they may do here, and the e-mail of their account (a guest's is none that exists). */
export interface Known {
  readonly person: Person
  readonly standing: Standing
  readonly email: string
}

/** Why nobody was signed in. *wrong*: no such account or another password, which look alike. */
export type SignInProblem = 'wrong' | 'disabled'
export type SignUpProblem = 'taken' | 'signed-in'

/**
 * Who people are: users and their sessions, kept by better-auth (docs/decisions/0004-accounts-better-auth.md).
 * A session is an http-only cookie. Everybody begins as a guest; what becomes of that guest at sign-up and sign-in is
 * docs/decisions/0022-guest-to-account.md.
 */
export class Accounts {
  readonly #auth: AuthLibrary
  readonly #options: AccountsOptions
  readonly #database: Kysely<AccountTables>

  constructor(options: AccountsOptions) {
    this.#options = options
    this.#database = options.database
    this.#auth = createAuthLibrary(options)
  }

  /** The session of a request's cookie; null when there is none. Changes nothing: a page that is shown sets no cookies. */
  sessionOf(headers: Headers): Promise<KeptSession | null> {
    return this.#session(headers, { disableRefresh: true })
  }

  /** The same, with new cookies when it was due for renewal. */
  renewedSessionOf(headers: Headers): Promise<KeptSession | null> {
    return this.#session(headers, {})
  }

  /** Makes a guest and a session for them. */
  async startGuest(): Promise<KeptSession> {
    const { headers: answer } = await this.#auth.api.signInAnonymous({
      headers: new Headers(),
      returnHeaders: true,
    })
    return this.#begun(answer)
  }

  /** A new session for a guest there is; null when the user is gone, or has an account by now. */
  async resumeGuest(userId: string): Promise<KeptSession | null> {
    const user = await this.#userOf(userId)
    if (!user?.isAnonymous) return null
    return this.#begin(userId)
  }

  /**
   * Makes an account. A guest who asks becomes it, with everything they have; somebody unknown gets a new one. E-mail and
   * password are in shape already. The session is a new one, the guest's are over.
   */
  async signUp(
    headers: Headers,
    { email, password, name }: Credentials & { readonly name: string },
  ): Promise<KeptSession | SignUpProblem> {
    const before = await this.sessionOf(headers)
    if (before && before.standing !== 'guest') return 'signed-in'
    const hash = await hashPassword(password)
    if (await this.userIdOf(email)) return 'taken'
    const { person } = before ?? (await this.startGuest())
    const at = new Date(this.#options.now()).toISOString()
    const chosen = cleanName(name, LIMITS.nameLength) || person.name
    try {
      await this.#database.transaction().execute(async (transaction) => {
        await transaction
          .updateTable('user')
          .set({ email: email.toLowerCase(), isAnonymous: 0, name: chosen, updatedAt: at })
          .where('id', '=', person.userId)
          .execute()
        await transaction
          .insertInto('account')
          .values(credentialOf(person.userId, hash, at))
          .execute()
      })
    } catch (error) {
      // Two at once with one e-mail: the column is unique.
      if (await this.userIdOf(email)) return 'taken'
      throw error
    }
    await this.endSessions(person.userId)
    return this.#begin(person.userId)
  }

  /**
   * Signs in with e-mail and password; an unknown e-mail takes as long as a wrong password. Documents of a guest who asks
   * become the account's; another account's session is over.
   */
  async signIn(headers: Headers, { email, password }: Credentials): Promise<KeptSession | SignInProblem> {
    let answer: Headers
    try {
      const signedIn = await this.#auth.api.signInEmail({
        body: { email, password },
        headers: new Headers(),
        returnHeaders: true,
      })
      answer = signedIn.headers
    } catch (error) {
      if (!(error instanceof APIError)) throw error
      return error.body?.code === 'FAILED_TO_CREATE_SESSION' ? 'disabled' : 'wrong'
    }
    return this.signedIn(headers, answer)
  }

  /** Signs in who has proved themselves elsewhere: `answer` has the cookies of their new session. As `signIn` otherwise. */
  async signedIn(headers: Headers, answer: Headers): Promise<KeptSession> {
    const before = await this.sessionOf(headers)
    const kept = await this.#begun(answer)
    await this.#leave(before, kept)
    return kept
  }

  /** Ends a session. Returns the cookies that take it out of the browser. Repeating is harmless. */
  async signOut(headers: Headers): Promise<readonly string[]> {
    const before = await this.sessionOf(headers)
    const { headers: answer } = await this.#auth.api.signOut({
      headers: cookieOf(headers),
      returnHeaders: true,
    })
    if (before) this.#options.onEnded({ sessionId: before.sessionId })
    return answer.getSetCookie()
  }

  /** Sets a password after proving the old one; the session is a new one, all others are over. null: the old one is wrong. */
  async changePassword(userId: string, current: string, next: string): Promise<KeptSession | null> {
    const kept = await this.passwordHashOf(userId)
    if (kept === null || !(await verifyPassword({ hash: kept, password: current }))) return null
    await this.setPassword(userId, next)
    return this.#begin(userId)
  }

  /** Sets a password, whatever it was, or gives an account its first one; every session of the user is over. */
  async setPassword(userId: string, password: string): Promise<void> {
    const hash = await hashPassword(password)
    const at = new Date(this.#options.now()).toISOString()
    const { numUpdatedRows } = await this.#database
      .updateTable('account')
      .set({ password: hash, updatedAt: at })
      .where('userId', '=', userId)
      .where('providerId', '=', 'credential')
      .executeTakeFirst()
    if (numUpdatedRows === 0n) {
      await this.#database
        .insertInto('account')
        .values(credentialOf(userId, hash, at))
        .execute()
    }
    await this.endSessions(userId)
  }

  /** Makes a user an administrator, or no longer one. Repeating is harmless. */
  async setAdmin(userId: string, isAdmin: boolean): Promise<void> {
    await this.#database
      .updateTable('user')
      .set({ role: isAdmin ? 'admin' : null })
      .where('id', '=', userId)
      .execute()
  }

  /** Lets nobody sign in as a user any more and ends their sessions, or lets them again. Repeating is harmless. */
  async setDisabled(userId: string, isDisabled: boolean): Promise<void> {
    await this.#database
      .updateTable('user')
      .set({ disabledAt: isDisabled ? new Date(this.#options.now()).toISOString() : null })
      .where('id', '=', userId)
      .execute()
    if (isDisabled) await this.endSessions(userId)
  }

  /** True when somebody is an administrator. */
  async hasAdmin(): Promise<boolean> {
    const admin = await this.#database
      .selectFrom('user')
      .select('id')
      .where('role', '=', 'admin')
      .where('disabledAt', 'is', null)
      .executeTakeFirst()
    return admin !== undefined
  }

  /** The hash of a user's password; null: they have none. */
  async passwordHashOf(userId: string): Promise<string | null> {
    const account = await this.#database
      .selectFrom('account')
      .select('password')
      .where('userId', '=', userId)
      .where('providerId', '=', 'credential')
      .executeTakeFirst()
    return account?.password ?? null
  }

  /** Ends every session of a user. Repeating is harmless. */
  async endSessions(userId: string): Promise<void> {
    await this.#database.deleteFrom('session').where('userId', '=', userId).execute()
    this.#options.onEnded({ userId })
  }

  /** Who a user is now; null when they are gone or disabled. */
  async knownOf(userId: string): Promise<Known | null> {
    const user = await this.#userOf(userId)
    if (!user || user.disabledAt !== null) return null
    return { person: personIn(user), standing: standingOf(user), email: user.email }
  }

  /** The user with an e-mail; null: there is none. */
  async userIdOf(email: string): Promise<string | null> {
    const user = await this.#database
      .selectFrom('user')
      .select('id')
      .where('email', '=', email.toLowerCase())
      .executeTakeFirst()
    return user?.id ?? null
  }

  /** True while a session of that user goes on. */
  async isAlive(sessionId: string, userId: string): Promise<boolean> {
    const session = await this.#database
      .selectFrom('session')
      .select('expiresAt')
      .where('id', '=', sessionId)
      .where('userId', '=', userId)
      .executeTakeFirst()
    return session !== undefined && Date.parse(session.expiresAt) > this.#options.now()
  }

  /** The guests a user once was. */
  aliasesOf(userId: string): Promise<string[]> {
    return this.#options.owners.aliasesOf(userId)
  }

  /** Keeps a person's own name ('' takes it back) and hue (null: as it falls). */
  async setProfile(userId: string, profile: Profile): Promise<Person> {
    const context = await this.#auth.$context
    const name = cleanName(profile.name, LIMITS.nameLength)
    const user = await context.internalAdapter.updateUser(userId, { name, hue: profile.hue })
    return personIn(user)
  }

  async #begin(userId: string): Promise<KeptSession> {
    const { response: begun, headers } = await this.#auth.api.beginSession({
      body: { userId },
      returnHeaders: true,
    })
    if (!begun) throw new Error('no session for a user that was there')
    return this.#begun(headers)
  }

  /** The session whose cookies stand in an answer of the library. */
  async #begun(answer: Headers): Promise<KeptSession> {
    const setCookies = answer.getSetCookie()
    const cookie = setCookies.map((each) => each.split(';', 1)[0]).join('; ')
    const session = await this.sessionOf(new Headers({ cookie }))
    if (!session) throw new Error('a new session is not there')
    return { ...session, setCookies }
  }

  /** What is left behind by somebody who has just signed in: a guest's documents, or another account's session. */
  async #leave(before: KeptSession | null, now: KeptSession): Promise<void> {
    if (!before) return
    const { sessionId, person, standing } = before
    if (standing !== 'guest') {
      await this.#database.deleteFrom('session').where('id', '=', sessionId).execute()
      this.#options.onEnded({ sessionId })
      return
    }
    await this.#options.owners.adoptGuest(person.userId, now.person.userId, this.#options.now())
    this.#options.onEnded({ userId: person.userId })
  }

  async #session(headers: Headers, query: { disableRefresh?: boolean }): Promise<KeptSession | null> {
    const { response, headers: answer } = await this.#auth.api.getSession({
      headers: cookieOf(headers),
      query,
      returnHeaders: true,
    })
    if (!response || response.user.disabledAt) return null
    return {
      sessionId: response.session.id,
      person: personIn(response.user),
      standing: standingOf(response.user),
      setCookies: answer.getSetCookie(),
    }
  }

  #userOf(userId: string) {
    return this.#database.selectFrom('user').selectAll().where('id', '=', userId).executeTakeFirst()
  }
}

/** The cookie alone: the library would store the browser's name and address with the session. */
function cookieOf(headers: Headers): Headers {
  const cookie = headers.get('cookie')
  return new Headers(cookie === null ? {} : { cookie })
}

function credentialOf(userId: string, password: string, at: string) {
  return {
    id: crypto.randomUUID(),
    userId,
    accountId: userId,
    providerId: 'credential',
    password,
    createdAt: at,
    updatedAt: at,
  }
}
