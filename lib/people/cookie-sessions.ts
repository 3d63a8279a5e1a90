import { randomBytes } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { ListedSession } from './contract.ts'
import { type Profile, profileIn } from './profile.ts'
import { COOKIE_LIFE_S, SessionCookie } from './secrets/session-cookie.ts'
import type { Standing } from './session.ts'
import type { AccountTables } from './store.ts'
import { newId, shownEmail, standingOf } from './users.ts'

const LIFE_MS = COOKIE_LIFE_S * 1000
/** The time after its last renewal at which a session is renewed, ms. */
const RENEWED_AFTER_MS = 24 * 60 * 60 * 1000
const TOKEN_BYTES = 24

/** The session of a valid cookie, with the `Set-Cookie` values to send with the answer. */
export interface CookieSession {
  readonly sessionId: string
  readonly profile: Profile
  readonly standing: Standing
  readonly setCookies: readonly string[]
}

export interface CookieSessionsOptions {
  readonly database: Kysely<AccountTables>
  /** The server's secret, from which the key that signs cookies is derived. */
  readonly secret: string
  /** The public origin. If it is https, cookies are sent over https only. */
  readonly publicOrigin: string
  /** Returns ms since the epoch. */
  readonly now: () => number
}

/**
 * The sessions of browsers: each is a row and a signed http-only cookie that names it. A session lasts for 400 days
 * after its last renewal. Neither the browser's name nor its IP address is stored.
 */
export class CookieSessions {
  readonly #database: Kysely<AccountTables>
  readonly #cookie: SessionCookie
  readonly #now: () => number

  constructor({ database, secret, publicOrigin, now }: CookieSessionsOptions) {
    this.#database = database
    this.#cookie = new SessionCookie(secret, publicOrigin)
    this.#now = now
  }

  /**
   * Begins a session with a token of its own. Returns null if the user is gone or disabled, and if they proved
   * themselves with a password that has been replaced meanwhile (`passwordHash`).
   */
  begin(userId: string, passwordHash: string | null = null): Promise<CookieSession | null> {
    return this.#begin(userId, { passwordHash, continues: false })
  }

  /** Begins another session of a user who still has one. Returns null if all have ended: they signed out. */
  continue(userId: string): Promise<CookieSession | null> {
    return this.#begin(userId, { passwordHash: null, continues: true })
  }

  async #begin(
    userId: string,
    { passwordHash, continues }: { readonly passwordHash: string | null; readonly continues: boolean },
  ): Promise<CookieSession | null> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const at = new Date(this.#now()).toISOString()
    // One statement, so that a user disabled or signed out meanwhile gets no session.
    await this.#database
      .insertInto('session')
      .columns(['id', 'userId', 'token', 'expiresAt', 'createdAt', 'updatedAt'])
      .expression((eb) => {
        const user = eb
          .selectFrom('user')
          .select([
            eb.val(newId()).as('id'),
            'user.id as userId',
            eb.val(token).as('token'),
            eb.val(this.#expiry()).as('expiresAt'),
            eb.val(at).as('createdAt'),
            eb.val(at).as('updatedAt'),
          ])
          .where('user.id', '=', userId)
          .where('user.disabledAt', 'is', null)
        if (continues) {
          const alive = eb.selectFrom('session').select('session.id').where('session.userId', '=', userId)
          return user.where(({ exists }) => exists(alive.where('session.expiresAt', '>', at)))
        }
        if (passwordHash === null) return user
        const password = eb.selectFrom('account').select('account.id').where('account.userId', '=', userId)
        return user.where(({ exists }) => exists(password.where('account.password', '=', passwordHash)))
      })
      .execute()
    const row = await this.#rowOf(token)
    return row && { ...cookieSessionOf(row), setCookies: [this.#cookie.set(token)] }
  }

  /**
   * Returns the session of a request's cookie, null if there is none. Never renews: rendering a page sets no
   * cookies.
   */
  async find(headers: Headers): Promise<CookieSession | null> {
    const row = await this.#found(headers)
    return row && cookieSessionOf(row)
  }

  /** Returns the session of a request's cookie like `find`, renewed if it is due, which happens once a day. */
  async findAndRenew(headers: Headers): Promise<CookieSession | null> {
    const row = await this.#found(headers)
    if (!row) return null
    const now = this.#now()
    if (Date.parse(row.expiresAt) - LIFE_MS + RENEWED_AFTER_MS > now) return cookieSessionOf(row)
    const { numUpdatedRows } = await this.#database
      .updateTable('session')
      .set({ expiresAt: this.#expiry(), updatedAt: new Date(now).toISOString() })
      .where('id', '=', row.sessionId)
      .executeTakeFirst()
    // It has ended in the meantime.
    if (numUpdatedRows === 0n) return null
    return { ...cookieSessionOf(row), setCookies: [this.#cookie.set(row.token)] }
  }

  /** Returns the `Set-Cookie` value that removes a session's cookie. */
  clearedCookie(): string {
    return this.#cookie.clear()
  }

  /** Returns true until that session of that user ends. */
  async isAlive(sessionId: string, userId: string): Promise<boolean> {
    const session = await this.#database
      .selectFrom('session')
      .select('expiresAt')
      .where('id', '=', sessionId)
      .where('userId', '=', userId)
      .executeTakeFirst()
    return session !== undefined && Date.parse(session.expiresAt) > this.#now()
  }

  /** Ends a session. Idempotent. */
  async end(sessionId: string): Promise<void> {
    await this.#database.deleteFrom('session').where('id', '=', sessionId).execute()
  }

  /** Ends every session of a user. Idempotent. */
  async endAllOf(userId: string): Promise<void> {
    await this.#database.deleteFrom('session').where('userId', '=', userId).execute()
  }

  /** Returns the newest sessions of accounts, newest first, excluding those of guests. */
  async listOfAccounts(limit: number): Promise<ListedSession[]> {
    const rows = await this.#database
      .selectFrom('session')
      .innerJoin('user', 'user.id', 'session.userId')
      .select([
        'session.id as id',
        'user.email as email',
        'user.lostEmail as lostEmail',
        'session.createdAt as createdAt',
      ])
      .where('user.isAnonymous', '=', 0)
      .orderBy('session.createdAt', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => ({
      sessionId: row.id,
      email: shownEmail(row),
      since: Date.parse(row.createdAt),
    }))
  }

  async #found(headers: Headers): Promise<SessionRow | null> {
    const token = this.#cookie.tokenIn(headers)
    const row = token === null ? null : await this.#rowOf(token)
    if (!row || row.disabledAt !== null) return null
    if (Date.parse(row.expiresAt) > this.#now()) return row
    await this.end(row.sessionId)
    return null
  }

  async #rowOf(token: string): Promise<SessionRow | null> {
    const row = await this.#database
      .selectFrom('session')
      .innerJoin('user', 'user.id', 'session.userId')
      .selectAll('user')
      .select(['session.id as sessionId', 'session.token as token', 'session.expiresAt as expiresAt'])
      .where('session.token', '=', token)
      .executeTakeFirst()
    return row ?? null
  }

  #expiry(): string {
    return new Date(this.#now() + LIFE_MS).toISOString()
  }
}

/** The row of a session's user, with the columns needed of the session. */
interface SessionRow extends Selectable<AccountTables['user']> {
  readonly sessionId: string
  readonly token: string
  readonly expiresAt: string
}

function cookieSessionOf(row: SessionRow): CookieSession {
  return {
    sessionId: row.sessionId,
    profile: profileIn(row),
    standing: standingOf(row),
    setCookies: [],
  }
}
