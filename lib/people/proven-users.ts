import type { Kysely } from 'kysely'
import { cleanName } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { AccountTables } from './store.ts'
import { emailKey, insertWay, newId, newUserRow, standingOf } from './users.ts'

/** The identity of a user at the OpenID Connect provider. `subject`: their id there, which never changes. */
export interface ProvenIdentity {
  readonly subject: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string
}

/** The value of `account.providerId` in the row of an identity at the provider. */
const BY_PROVIDER = 'oidc'

/**
 * The users whom a provider identifies, and the e-mails it has verified. An e-mail that nobody has proved gives way to
 * one that is proved (docs/decisions/0054-sign-ups.md).
 */
export class ProvenUsers {
  readonly #database: Kysely<AccountTables>
  readonly #now: () => number

  /** `now` returns ms since the epoch. */
  constructor(database: Kysely<AccountTables>, now: () => number) {
    this.#database = database
    this.#now = now
  }

  /**
   * Returns the id of the user with an identity at the provider; creates an account if there is none. With a verified
   * e-mail, an account that has it verified too is joined to the identity; one that has it unverified loses it and
   * keeps everything else. Returns null if the e-mail is another account's and not verified, an administrator's, or a
   * guest's placeholder.
   */
  idOf(proven: ProvenIdentity): Promise<string | null> {
    return this.#idOf(proven, true)
  }

  /** `retries`: true to try again after a conflict with another request. */
  async #idOf(proven: ProvenIdentity, retries: boolean): Promise<string | null> {
    const email = emailKey(proven.email)
    const linked = await this.#linkedTo(proven.subject)
    if (linked) {
      if (proven.emailVerified && linked.email === email) await this.#markProved(linked.id)
      return linked.id
    }
    const other = await this.#withEmail(email)
    if (other && !proven.emailVerified) return null
    if (other && other.emailVerified !== 0) {
      await insertWay(this.#database, this.#at(), other.id, wayOf(proven))
      return other.id
    }
    // An administrator who loses the password could be locked out for good, and with them everybody's accounts.
    if (other && standingOf(other) !== 'account') return null
    try {
      return await this.#create(proven, other?.id ?? null)
    } catch (error) {
      // The same user in two tabs at the same time: the other tab created the account.
      if (retries && (await this.#withEmail(email))) return this.#idOf(proven, false)
      throw error
    }
  }

  /** `losing`: the account that has the e-mail unverified. */
  #create(proven: ProvenIdentity, losing: string | null): Promise<string> {
    const id = newId()
    const email = emailKey(proven.email)
    const at = this.#at()
    return this.#database.transaction().execute(async (transaction) => {
      if (losing !== null) {
        await transaction
          .updateTable('user')
          .set({ email: `${losing}@lost.invalid`, lostEmail: email, updatedAt: at })
          .where('id', '=', losing)
          .where('email', '=', email)
          .where('emailVerified', '=', 0)
          .where('isAnonymous', '=', 0)
          .where('role', 'is', null)
          .execute()
      }
      const name = cleanName(proven.name, LIMITS.nameLength)
      const emailVerified = proven.emailVerified ? 1 : 0
      await transaction
        .insertInto('user')
        .values(newUserRow(at, { id, email, name, emailVerified, isAnonymous: 0 }))
        .execute()
      await insertWay(transaction, at, id, wayOf(proven))
      return id
    })
  }

  async #linkedTo(subject: string) {
    const row = await this.#database
      .selectFrom('account')
      .innerJoin('user', 'user.id', 'account.userId')
      .select(['user.id as id', 'user.email as email'])
      .where('account.providerId', '=', BY_PROVIDER)
      .where('account.accountId', '=', subject)
      .executeTakeFirst()
    return row ?? null
  }

  async #withEmail(email: string) {
    const row = await this.#database
      .selectFrom('user')
      .select(['id', 'emailVerified', 'role', 'isAnonymous'])
      .where('email', '=', email)
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

  #at(): string {
    return new Date(this.#now()).toISOString()
  }
}

function wayOf({ subject }: ProvenIdentity) {
  return { providerId: BY_PROVIDER, accountId: subject, password: null }
}
