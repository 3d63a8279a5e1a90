import { randomBytes, randomInt } from 'node:crypto'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { cleanName, GUEST_NAME_COUNT } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { ProfileChange } from './contract.ts'
import { type Profile, profileIn } from './profile.ts'
import type { Standing } from './session.ts'
import type { AccountTables } from './store.ts'

/** A user: their profile, their standing, and the e-mail of their account (a guest's does not exist). */
export interface User {
  readonly profile: Profile
  readonly standing: Standing
  readonly email: string
}

/** An account as administrators see it. `createdAt`: ms since the epoch. */
interface ListedAccount extends User {
  readonly isDisabled: boolean
  readonly createdAt: number
}

/** The password with which a user signs in to an account. `passwordHash` is null if it has none. */
export interface Credential {
  readonly userId: string
  readonly passwordHash: string | null
}

/** The identity of a user at the OpenID Connect provider. `subject`: their id there, which never changes. */
export interface ProvenIdentity {
  readonly subject: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string
}

type UserRow = Selectable<AccountTables['user']>

/** The value of `account.providerId` in the row of a password. */
const BY_PASSWORD = 'credential'
const BY_PROVIDER = 'oidc'

/**
 * The users and their credentials: the tables `user` and `account` (docs/decisions/0045-own-account-tables.md).
 * E-mails are stored in lower case.
 */
export class Users {
  readonly #database: Kysely<AccountTables>
  readonly #now: () => number

  /** `now` returns ms since the epoch. */
  constructor(database: Kysely<AccountTables>, now: () => number) {
    this.#database = database
    this.#now = now
  }

  /** Returns a user as they are now, null if they are gone or disabled. */
  async find(userId: string): Promise<User | null> {
    const row = await this.#database
      .selectFrom('user')
      .selectAll()
      .where('id', '=', userId)
      .where('disabledAt', 'is', null)
      .executeTakeFirst()
    return row ? userIn(row) : null
  }

  /** Returns the id of the user with an e-mail, null if there is none. */
  async idOf(email: string): Promise<string | null> {
    return (await this.#withEmail(email))?.id ?? null
  }

  /** Returns the credential of the account with an e-mail, null if there is no such account. */
  async credentialOf(email: string): Promise<Credential | null> {
    const user = await this.#withEmail(email)
    return user && { userId: user.id, passwordHash: await this.passwordHashOf(user.id) }
  }

  /** Returns the hash of a user's password, null if they have none. */
  async passwordHashOf(userId: string): Promise<string | null> {
    const row = await this.#database
      .selectFrom('account')
      .select('password')
      .where('userId', '=', userId)
      .where('providerId', '=', BY_PASSWORD)
      .executeTakeFirst()
    return row?.password ?? null
  }

  /** Returns true if there is an administrator who is not disabled. */
  async hasAdmin(): Promise<boolean> {
    const admin = await this.#database
      .selectFrom('user')
      .select('id')
      .where('role', '=', 'admin')
      .where('disabledAt', 'is', null)
      .executeTakeFirst()
    return admin !== undefined
  }

  /** Returns the newest accounts whose e-mail or name contains `search`, newest first, including disabled ones. */
  async listAccounts(search: string, limit: number): Promise<ListedAccount[]> {
    const like = `%${search}%`
    const rows = await this.#database
      .selectFrom('user')
      .selectAll()
      .where('isAnonymous', '=', 0)
      .where((eb) => eb.or([eb('email', 'like', like), eb('name', 'like', like)]))
      .orderBy('createdAt', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => ({
      ...userIn(row),
      isDisabled: row.disabledAt !== null,
      createdAt: Date.parse(row.createdAt),
    }))
  }

  /** Returns the e-mails of those users who have accounts, by user id, including disabled ones. */
  async emailsOf(userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (userIds.length === 0) return new Map()
    const rows = await this.#database
      .selectFrom('user')
      .select(['id', 'email'])
      .where('id', 'in', userIds)
      .where('isAnonymous', '=', 0)
      .execute()
    return new Map(rows.map(({ id, email }) => [id, email]))
  }

  /** Creates a guest and returns their id. */
  async createGuest(): Promise<string> {
    const id = newId()
    await this.#database
      .insertInto('user')
      // No e-mail domain ends in .invalid: no user can sign up with a guest's e-mail.
      .values(this.#newRow({ id, email: `${id}@guests.invalid`, isAnonymous: 1 }))
      .execute()
    return id
  }

  /**
   * Creates an account with a password, from a guest (who keeps their id, and their name if `name` is empty) or a
   * new user, and returns its user. *taken*: the e-mail already has an account. *signed-in*: the guest is gone, or
   * has an account by now.
   */
  async createAccount(
    guestId: string | null,
    {
      email,
      name,
      passwordHash,
    }: { readonly email: string; readonly name: string; readonly passwordHash: string },
  ): Promise<{ readonly userId: string } | 'taken' | 'signed-in'> {
    const chosen = cleanName(name, LIMITS.nameLength)
    const account = { email: email.toLowerCase(), isAnonymous: 0 }
    // Without a transaction, which would hold up every other write.
    if (await this.idOf(email)) return 'taken'
    try {
      return await this.#database.transaction().execute(async (transaction) => {
        const userId = guestId ?? newId()
        if (guestId === null) {
          await transaction
            .insertInto('user')
            .values(this.#newRow({ ...account, id: userId, name: chosen }))
            .execute()
        } else {
          const { numUpdatedRows } = await transaction
            .updateTable('user')
            .set({ ...account, updatedAt: this.#at(), ...(chosen === '' ? {} : { name: chosen }) })
            .where('id', '=', guestId)
            .where('isAnonymous', '=', 1)
            .executeTakeFirst()
          if (numUpdatedRows === 0n) return 'signed-in'
        }
        const way = { providerId: BY_PASSWORD, accountId: userId, password: passwordHash }
        await this.#signInWith(transaction, userId, way)
        return { userId }
      })
    } catch (error) {
      // Two requests with one e-mail at the same time: the column is unique.
      if (await this.idOf(email)) return 'taken'
      throw error
    }
  }

  /**
   * Returns the id of the user with an identity at the provider; creates an account if there is none. Returns null
   * if another account has their e-mail: an account is joined to the identity only if the e-mail was verified here
   * too.
   */
  async idOfProven(proven: ProvenIdentity): Promise<string | null> {
    const email = proven.email.toLowerCase()
    const linked = await this.#database
      .selectFrom('account')
      .innerJoin('user', 'user.id', 'account.userId')
      .select(['user.id as id', 'user.email as email'])
      .where('account.providerId', '=', BY_PROVIDER)
      .where('account.accountId', '=', proven.subject)
      .executeTakeFirst()
    if (linked) {
      if (proven.emailVerified && linked.email === email) await this.#markProved(linked.id)
      return linked.id
    }
    const way = { providerId: BY_PROVIDER, accountId: proven.subject, password: null }
    const other = await this.#withEmail(email)
    if (other) {
      if (!proven.emailVerified || other.emailVerified === 0) return null
      await this.#signInWith(this.#database, other.id, way)
      return other.id
    }
    const id = newId()
    const name = cleanName(proven.name, LIMITS.nameLength)
    const emailVerified = proven.emailVerified ? 1 : 0
    try {
      await this.#database.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('user')
          .values(this.#newRow({ id, email, name, emailVerified, isAnonymous: 0 }))
          .execute()
        await this.#signInWith(transaction, id, way)
      })
      return id
    } catch (error) {
      // The same user in two tabs at the same time: the other tab created the account.
      if (await this.#withEmail(email)) return this.idOfProven(proven)
      throw error
    }
  }

  /** Sets a user's own name ('' removes it) and hue (null for any). Throws if the user is gone. */
  async setProfile(userId: string, { name, hue }: ProfileChange): Promise<Profile> {
    const row = await this.#database
      .updateTable('user')
      .set({ name: cleanName(name, LIMITS.nameLength), hue, updatedAt: this.#at() })
      .where('id', '=', userId)
      .returningAll()
      .executeTakeFirstOrThrow()
    return profileIn(row)
  }

  /** Sets the hash of a user's password, replacing the one there was, if any. */
  async setPasswordHash(userId: string, passwordHash: string): Promise<void> {
    const { numUpdatedRows } = await this.#database
      .updateTable('account')
      .set({ password: passwordHash, updatedAt: this.#at() })
      .where('userId', '=', userId)
      .where('providerId', '=', BY_PASSWORD)
      .executeTakeFirst()
    if (numUpdatedRows > 0n) return
    const way = { providerId: BY_PASSWORD, accountId: userId, password: passwordHash }
    await this.#signInWith(this.#database, userId, way)
  }

  /** Makes a user an administrator, or removes that standing. Idempotent. */
  async setAdmin(userId: string, isAdmin: boolean): Promise<void> {
    await this.#database
      .updateTable('user')
      .set({ role: isAdmin ? 'admin' : null })
      .where('id', '=', userId)
      .execute()
  }

  /** Disables a user, or enables them again. Idempotent. */
  async setDisabled(userId: string, isDisabled: boolean): Promise<void> {
    await this.#database
      .updateTable('user')
      .set({ disabledAt: isDisabled ? this.#at() : null })
      .where('id', '=', userId)
      .execute()
  }

  async #withEmail(email: string) {
    const row = await this.#database
      .selectFrom('user')
      .select(['id', 'emailVerified'])
      .where('email', '=', email.toLowerCase())
      .executeTakeFirst()
    return row ?? null
  }

  async #markProved(userId: string): Promise<void> {
    await this.#database
      .updateTable('user')
      .set({ emailVerified: 1 })
      .where('id', '=', userId)
      .where('emailVerified', '=', 0)
      .execute()
  }

  async #signInWith(
    database: Kysely<AccountTables> | Transaction<AccountTables>,
    userId: string,
    way: { readonly providerId: string; readonly accountId: string; readonly password: string | null },
  ): Promise<void> {
    const at = this.#at()
    await database
      .insertInto('account')
      .values({ id: newId(), userId, ...way, createdAt: at, updatedAt: at })
      .execute()
  }

  #newRow<Given extends { readonly id: string; readonly email: string; readonly isAnonymous: number }>(
    given: Given,
  ) {
    const at = this.#at()
    const guestName = randomInt(GUEST_NAME_COUNT)
    return { name: '', emailVerified: 0, guestName, createdAt: at, updatedAt: at, ...given }
  }

  #at(): string {
    return new Date(this.#now()).toISOString()
  }
}

/** Returns the standing in a row of the table `user`. */
export function standingOf({ role, isAnonymous }: Pick<UserRow, 'role' | 'isAnonymous'>): Standing {
  if (isAnonymous) return 'guest'
  return role === 'admin' ? 'admin' : 'account'
}

function userIn(row: UserRow): User {
  return { profile: profileIn(row), standing: standingOf(row), email: row.email }
}

/** Returns a new row id: 32 hexadecimal digits, not guessable. */
export function newId(): string {
  return randomBytes(16).toString('hex')
}
