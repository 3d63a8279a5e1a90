import * as v from 'valibot'
import { urlOf } from '#lib/protocol/urls.ts'
import type { Accounts } from './accounts.ts'
import type {
  AdministrationContract,
  ListedKept,
  ListedSession,
  ListedUser,
  MadeResetLink,
  UserAction,
} from './contract.ts'
import type { CookieSessions } from './cookie-sessions.ts'
import type { OneTimeSecrets } from './one-time-secrets.ts'
import { identityOf } from './profile.ts'
import type { ResetLinks } from './reset-links.ts'
import type { Session } from './session.ts'
import type { OwnerCatalog } from './store.ts'
import type { Users } from './users.ts'

/** The most lines in a list. Searching finds more. */
const LINES = 100

const resetLinkSchema = v.object({ email: v.string(), link: v.string() })

export interface AdministrationPorts {
  readonly accounts: Accounts
  readonly users: Users
  readonly sessions: Pick<CookieSessions, 'listOfAccounts'>
  readonly owners: Pick<OwnerCatalog, 'listKept' | 'ownerOf'>
  readonly resets: ResetLinks
  readonly secrets: OneTimeSecrets
  /** The public origin, with which a reset link begins. */
  readonly publicOrigin: string
  readonly documents: {
    /** Deletes a document on behalf of its owner and ends its room. Idempotent. */
    deleteAs(documentId: string, ownerId: string): Promise<unknown>
  }
}

/** The operations of administrators, on their page and through its forms. */
export class Administration implements AdministrationContract {
  readonly #ports: AdministrationPorts

  constructor(ports: AdministrationPorts) {
    this.#ports = ports
  }

  async users(search: string): Promise<ListedUser[]> {
    const found = await this.#ports.users.listAccounts(search, LINES)
    return found.map(({ profile, standing, ...user }) => ({
      ...user,
      user: identityOf(profile),
      isAdmin: standing === 'admin',
    }))
  }

  async documents(search: string): Promise<ListedKept[]> {
    const { owners, users } = this.#ports
    const kept = await owners.listKept(search, LINES)
    const emails = await users.emailsOf(kept.map(({ ownerId }) => ownerId))
    return kept.map(({ ownerId, deletedAt, ...document }) => ({
      ...document,
      owner: emails.get(ownerId) ?? null,
      isDeleted: deletedAt !== null,
    }))
  }

  sessions(): Promise<ListedSession[]> {
    return this.#ports.sessions.listOfAccounts(LINES)
  }

  async change(session: Session, userId: string, action: UserAction): Promise<boolean> {
    const { accounts, users, resets, secrets, publicOrigin } = this.#ports
    const isSelf = session.user.userId === userId
    if (isSelf && (action === 'disable' || action === 'demote')) return false
    const email = (await users.emailsOf([userId])).get(userId)
    if (email === undefined) return false
    switch (action) {
      case 'disable':
      case 'enable':
        await accounts.setDisabled(userId, action === 'disable')
        break
      case 'promote':
      case 'demote':
        await users.setAdmin(userId, action === 'promote')
        break
      case 'reset': {
        const token = resets.issue(userId, await users.passwordHashOf(userId))
        const made: MadeResetLink = { email, link: urlOf(publicOrigin, { to: 'reset', token }) }
        secrets.keep(session.sessionId, 'reset link', JSON.stringify(made))
      }
    }
    return true
  }

  async deleteDocument(documentId: string): Promise<void> {
    const { owners, documents } = this.#ports
    const ownerId = await owners.ownerOf(documentId)
    if (ownerId !== null) await documents.deleteAs(documentId, ownerId)
  }

  endSession(sessionId: string): Promise<void> {
    return this.#ports.accounts.endSession(sessionId)
  }

  madeResetLink({ sessionId }: Session): MadeResetLink | null {
    const made = this.#ports.secrets.take(sessionId, 'reset link')
    return made === null ? null : v.parse(resetLinkSchema, JSON.parse(made))
  }
}
