import type { Kysely } from 'kysely'
import { urlOf } from '#lib/protocol/urls.ts'
import type { Accounts, Ended } from './accounts.ts'
import type { AdminServices, MadeResetLink } from './contract.ts'
import { identityOf, personIn } from './person.ts'
import type { ResetLinks } from './reset-links.ts'
import type { ShownOnce } from './shown-once.ts'
import type { AccountTables, OwnerCatalog } from './store.ts'

/** Lines of one list: more are found by searching. */
const LINES = 100

export interface AdminPorts {
  readonly database: Kysely<AccountTables>
  readonly accounts: Accounts
  readonly owners: Pick<OwnerCatalog, 'listKept' | 'ownerOf'>
  readonly resets: ResetLinks
  readonly shown: ShownOnce
  /** The origin people use: a reset link begins with it. */
  readonly publicOrigin: string
  /** Deletes a document in its owner's name and ends its room. */
  readonly deleteAs: (documentId: string, ownerId: string) => Promise<void>
  readonly endSockets: (ended: Ended) => void
}

/** The services of the administrator's page. What each method promises stands at the interface. */
export function adminServices(ports: AdminPorts): AdminServices {
  const { database, accounts, owners, resets, shown, publicOrigin, deleteAs, endSockets } = ports

  const emailsOf = async (userIds: readonly string[]) => {
    if (userIds.length === 0) return new Map<string, string>()
    const rows = await database
      .selectFrom('user')
      .select(['id', 'email'])
      .where('id', 'in', userIds)
      .where('isAnonymous', '=', 0)
      .execute()
    return new Map(rows.map(({ id, email }) => [id, email]))
  }

  return {
    async users(search) {
      const like = `%${search}%`
      const rows = await database
        .selectFrom('user')
        .selectAll()
        .where('isAnonymous', '=', 0)
        .where((eb) => eb.or([eb('email', 'like', like), eb('name', 'like', like)]))
        .orderBy('createdAt', 'desc')
        .limit(LINES)
        .execute()
      return rows.map((row) => ({
        user: identityOf(personIn(row)),
        email: row.email,
        isAdmin: row.role === 'admin',
        isDisabled: row.disabledAt !== null,
        createdAt: Date.parse(row.createdAt),
      }))
    },
    async documents(search) {
      const kept = await owners.listKept(search, LINES)
      const emails = await emailsOf(kept.map(({ ownerId }) => ownerId))
      return kept.map(({ ownerId, deletedAt, ...document }) => ({
        ...document,
        owner: emails.get(ownerId) ?? null,
        isDeleted: deletedAt !== null,
      }))
    },
    async sessions() {
      const rows = await database
        .selectFrom('session')
        .innerJoin('user', 'user.id', 'session.userId')
        .select(['session.id as id', 'user.email as email', 'session.createdAt as createdAt'])
        .where('user.isAnonymous', '=', 0)
        .orderBy('session.createdAt', 'desc')
        .limit(LINES)
        .execute()
      return rows.map(({ id, email, createdAt }) => ({ sessionId: id, email, since: Date.parse(createdAt) }))
    },
    async change(session, userId, action) {
      const isSelf = session.user.userId === userId
      if (isSelf && (action === 'disable' || action === 'demote')) return false
      const user = await database
        .selectFrom('user')
        .select('email')
        .where('id', '=', userId)
        .where('isAnonymous', '=', 0)
        .executeTakeFirst()
      if (!user) return false
      if (action === 'disable' || action === 'enable')
        await accounts.setDisabled(userId, action === 'disable')
      else if (action === 'promote' || action === 'demote')
        await accounts.setAdmin(userId, action === 'promote')
      else {
        const token = resets.issue(userId, await accounts.passwordHashOf(userId))
        const made = { email: user.email, link: urlOf(publicOrigin, { to: 'reset', token }) }
        shown.keep(session.sessionId, 'reset link', JSON.stringify(made))
      }
      return true
    },
    async deleteDocument(documentId) {
      const ownerId = await owners.ownerOf(documentId)
      if (ownerId !== null) await deleteAs(documentId, ownerId)
    },
    async endSession(sessionId) {
      await database.deleteFrom('session').where('id', '=', sessionId).execute()
      endSockets({ sessionId })
    },
    madeResetLink({ sessionId }) {
      const made = shown.take(sessionId, 'reset link')
      return made === null ? null : (JSON.parse(made) as MadeResetLink)
    },
  }
}
