import { createHash, randomBytes } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { AccessToken, ListedToken, NewAccessToken } from './contract.ts'
import type { AccountTables } from './store.ts'
import { shownEmail } from './users.ts'

type TokenScope = AccessToken['scope']

const PREFIX = 'cp_'
const SECRET_BYTES = 32
const DAY_MS = 24 * 60 * 60 * 1000
const USED_EVERY_MS = 60_000
/** The most tokens of one user. */
const MOST = 50

/**
 * The personal access tokens with which programs act for a user. A token is shown once and kept as a fast hash: 32
 * random bytes need no slow one.
 */
export class AccessTokens {
  readonly #database: Kysely<AccountTables>
  readonly #now: () => number

  constructor(database: Kysely<AccountTables>, now: () => number) {
    this.#database = database
    this.#now = now
  }

  /** Creates a token and returns it, for the only time. Returns null if the user has too many. */
  async make(userId: string, { name, scope, days }: NewAccessToken): Promise<string | null> {
    if ((await this.list(userId)).length >= MOST) return null
    const token = PREFIX + randomBytes(SECRET_BYTES).toString('base64url')
    const at = this.#now()
    await this.#database
      .insertInto('access_tokens')
      .values({
        id: randomBytes(12).toString('base64url'),
        user_id: userId,
        name,
        scope,
        sha256: hashOf(token),
        created_at: at,
        expires_at: at + days * DAY_MS,
      })
      .execute()
    return token
  }

  /** Returns a user's tokens, newest first, including expired ones that were not revoked. */
  async list(userId: string): Promise<AccessToken[]> {
    const rows = await this.#database
      .selectFrom('access_tokens')
      .selectAll()
      .where('user_id', '=', userId)
      .orderBy('created_at', 'desc')
      .execute()
    return rows.map(tokenIn)
  }

  /** Returns the newest tokens whose name, or whose user's e-mail or name, contains `search`, newest first. */
  async listOfAccounts(search: string, limit: number): Promise<ListedToken[]> {
    const like = `%${search}%`
    const rows = await this.#database
      .selectFrom('access_tokens')
      .innerJoin('user', 'user.id', 'access_tokens.user_id')
      .selectAll('access_tokens')
      .select(['user.email as email', 'user.lostEmail as lostEmail'])
      .where((eb) =>
        eb.or([
          eb('access_tokens.name', 'like', like),
          eb('user.email', 'like', like),
          eb('user.lostEmail', 'like', like),
          eb('user.name', 'like', like),
        ]),
      )
      .orderBy('access_tokens.created_at', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => ({ ...tokenIn(row), email: shownEmail(row) }))
  }

  /** Revokes a token of any user. Idempotent. */
  async revokeAny(id: string): Promise<void> {
    await this.#database.deleteFrom('access_tokens').where('id', '=', id).execute()
  }

  /** Revokes a token of that user. Idempotent. */
  async revoke(userId: string, id: string): Promise<void> {
    await this.#database
      .deleteFrom('access_tokens')
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .execute()
  }

  /** Returns the valid token with these characters, null if there is none. */
  async find(
    token: string,
  ): Promise<{ readonly id: string; readonly userId: string; readonly scope: TokenScope } | null> {
    if (!token.startsWith(PREFIX)) return null
    const now = this.#now()
    const row = await this.#database
      .selectFrom('access_tokens')
      .select(['id', 'user_id', 'scope', 'used_at'])
      .where('sha256', '=', hashOf(token))
      .where('expires_at', '>', now)
      .executeTakeFirst()
    if (!row) return null
    if (row.used_at === null || now - row.used_at > USED_EVERY_MS) {
      await this.#database
        .updateTable('access_tokens')
        .set({ used_at: now })
        .where('id', '=', row.id)
        .execute()
    }
    return { id: row.id, userId: row.user_id, scope: scopeIn(row.scope) }
  }

  /** Returns the scope of a token, null if it is not valid or not this user's. */
  async scopeOf(id: string, userId: string): Promise<TokenScope | null> {
    const row = await this.#database
      .selectFrom('access_tokens')
      .select('scope')
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .where('expires_at', '>', this.#now())
      .executeTakeFirst()
    return row ? scopeIn(row.scope) : null
  }
}

function tokenIn(row: Selectable<AccountTables['access_tokens']>): AccessToken {
  return {
    id: row.id,
    name: row.name,
    scope: scopeIn(row.scope),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  }
}

function scopeIn(scope: string): TokenScope {
  return scope === 'write' ? 'write' : 'read'
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
