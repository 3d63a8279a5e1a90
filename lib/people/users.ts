import { randomBytes, randomInt } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import { cleanName, GUEST_NAME_COUNT } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { ProfileChange } from './contract.ts'
import { type Profile, profileIn } from './profile.ts'
import type { Standing } from './session.ts'
import type { AccountTables } from './store.ts'

/**
 * A user: their profile, their standing, and the e-mail of their account (a guest's does not exist). `lostEmail`: the
 * one that went to a user who had proved it, null if none did; `email` is a placeholder then.
 */
export interface User {
  readonly profile: Profile
  readonly standing: Standing
  readonly email: string
  readonly lostEmail: string | null
}

/** An account as administrators see it. `createdAt`: ms since the epoch. */
interface ListedAccount extends User {
  readonly isDisabled: boolean
  readonly createdAt: number
}

/**
 * The password with which a user signs in to an account. `passwordHash` is null if it has none. `isLost`: the e-mail
 * is no longer the account's.
 */
export interface Credential {
  readonly userId: string
  readonly passwordHash: string | null
  readonly isLost: boolean
}

/** A new password. `before`: the hash it replaces. `email`: the new one of an account that lost its e-mail. */
export interface PasswordChange {
  readonly before: string | null
  readonly passwordHash: string
  readonly endsTokens: boolean
  readonly email?: string | undefined
}

type UserRow = Selectable<AccountTables['user']>

/** The value of `account.providerId` in the row of a password. */
const BY_PASSWORD = 'credential'

/**
 * The users and their credentials: the tables `user` and `account` (docs/decisions/0045-own-account-tables.md), those
 * of a provider in proven-users.ts. E-mails are stored in lower case.
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

  /**
   * Returns the credential of the account with an e-mail, null if there is no such account. An account that lost the
   * e-mail has its place if the account that has it now has no password.
   */
  async credentialOf(email: string): Promise<Credential | null> {
    const user = await this.#withEmail(email)
    const passwordHash = user && (await this.passwordHashOf(user.id))
    if (user && passwordHash !== null) return { userId: user.id, passwordHash, isLost: false }
    const before = await this.#database
      .selectFrom('user')
      .innerJoin('account', 'account.userId', 'user.id')
      .select(['user.id as userId', 'account.password as passwordHash'])
      .where('user.lostEmail', '=', emailKey(email))
      .where('account.providerId', '=', BY_PASSWORD)
      .orderBy('user.updatedAt', 'desc')
      .executeTakeFirst()
    if (before) return { ...before, isLost: true }
    return user && { userId: user.id, passwordHash: null, isLost: false }
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
      .where((eb) =>
        eb.or([eb('email', 'like', like), eb('lostEmail', 'like', like), eb('name', 'like', like)]),
      )
      .orderBy('createdAt', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => ({
      ...userIn(row),
      isDisabled: row.disabledAt !== null,
      createdAt: Date.parse(row.createdAt),
    }))
  }

  /** Returns the e-mails, as `shownEmail`, of those users who have accounts, by user id, including disabled ones. */
  async emailsOf(userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (userIds.length === 0) return new Map()
    const rows = await this.#database
      .selectFrom('user')
      .select(['id', 'email', 'lostEmail'])
      .where('id', 'in', userIds)
      .where('isAnonymous', '=', 0)
      .execute()
    return new Map(rows.map((row) => [row.id, shownEmail(row)]))
  }

  /** Creates a guest and returns their id. */
  async createGuest(): Promise<string> {
    const id = newId()
    await this.#database
      .insertInto('user')
      // No e-mail domain ends in .invalid: no user can sign up with a guest's e-mail.
      .values(newUserRow(this.#at(), { id, email: `${id}@guests.invalid`, isAnonymous: 1 }))
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
    const account = { email: emailKey(email), isAnonymous: 0 }
    // Without a transaction, which would hold up every other write.
    if (await this.idOf(email)) return 'taken'
    try {
      return await this.#database.transaction().execute(async (transaction) => {
        const userId = guestId ?? newId()
        if (guestId === null) {
          await transaction
            .insertInto('user')
            .values(newUserRow(this.#at(), { ...account, id: userId, name: chosen }))
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
        await insertWay(transaction, this.#at(), userId, way)
        return { userId }
      })
    } catch (error) {
      // Two requests with one e-mail at the same time: the column is unique.
      if (await this.idOf(email)) return 'taken'
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

  /**
   * Replaces a password, ends all sessions of the user and, if asked, their access tokens: all or nothing. *changed*:
   * `before` is no longer the hash, so another request set a password first. *taken*: another account has the e-mail.
   */
  replacePassword(
    userId: string,
    { before, passwordHash, endsTokens, email }: PasswordChange,
  ): Promise<'done' | 'changed' | 'taken'> {
    return this.#database.transaction().execute(async (transaction) => {
      const users = new Users(transaction, this.#now)
      if ((await users.passwordHashOf(userId)) !== before) return 'changed'
      if (email !== undefined && (await users.chooseEmail(userId, email)) !== 'done') return 'taken'
      await transaction
        .deleteFrom('account')
        .where('userId', '=', userId)
        .where('providerId', '=', BY_PASSWORD)
        .execute()
      const way = { providerId: BY_PASSWORD, accountId: userId, password: passwordHash }
      await insertWay(transaction, this.#at(), userId, way)
      await transaction.deleteFrom('session').where('userId', '=', userId).execute()
      if (endsTokens) await transaction.deleteFrom('access_tokens').where('user_id', '=', userId).execute()
      return 'done'
    })
  }

  /** Gives an account that lost its e-mail another. *taken*: it has one, or another account has this one. */
  async chooseEmail(userId: string, email: string): Promise<'done' | 'taken'> {
    if (await this.idOf(email)) return 'taken'
    const { numUpdatedRows } = await this.#database
      .updateTable('user')
      .set({ email: emailKey(email), emailVerified: 0, lostEmail: null, updatedAt: this.#at() })
      .where('id', '=', userId)
      .where('lostEmail', 'is not', null)
      .executeTakeFirst()
    return numUpdatedRows === 0n ? 'taken' : 'done'
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
      .select('id')
      .where('email', '=', emailKey(email))
      .executeTakeFirst()
    return row ?? null
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
  const { email, lostEmail } = row
  return { profile: profileIn(row), standing: standingOf(row), email, lostEmail }
}

/** Returns an account's e-mail for lists of administrators; one that it lost is in brackets. */
export function shownEmail({ email, lostEmail }: Pick<UserRow, 'email' | 'lostEmail'>): string {
  return lostEmail === null ? email : `(${lostEmail})`
}

/**
 * Returns an e-mail as it is stored and compared. Only A to Z are lowered: Unicode maps some other letters, such as
 * the Kelvin sign, to one of a to z, and so one person's e-mail to another's.
 */
export function emailKey(email: string): string {
  return email.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Returns a new row of the table `user`. `at`: ISO 8601. */
export function newUserRow<
  Given extends { readonly id: string; readonly email: string; readonly isAnonymous: number },
>(at: string, given: Given) {
  const guestName = randomInt(GUEST_NAME_COUNT)
  return { name: '', emailVerified: 0, guestName, createdAt: at, updatedAt: at, ...given }
}

/** Adds a way to sign in. `at`: ISO 8601. */
export async function insertWay(
  database: Kysely<AccountTables>,
  at: string,
  userId: string,
  way: { readonly providerId: string; readonly accountId: string; readonly password: string | null },
): Promise<void> {
  await database
    .insertInto('account')
    .values({ id: newId(), userId, ...way, createdAt: at, updatedAt: at })
    .execute()
}

/** Returns a new row id: 32 hexadecimal digits, not guessable. */
export function newId(): string {
  return randomBytes(16).toString('hex')
}
