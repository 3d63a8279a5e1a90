import * as v from 'valibot'
import type { FreeSpace } from '#lib/process/free-space.ts'
import type { SignUpPolicy } from '#lib/process/settings.ts'
import { urlOf } from '#lib/protocol/urls.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Accounts } from './accounts.ts'
import { sessionOfToken } from './authentication.ts'
import type {
  AdministrationContract,
  ListedKept,
  ListedSession,
  ListedToken,
  ListedUser,
  MadeLink,
  UserAction,
} from './contract.ts'
import type { CookieSessions } from './cookie-sessions.ts'
import { identityOf } from './profile.ts'
import type { Invitations } from './secrets/invitations.ts'
import type { OneTimeSecrets } from './secrets/one-time-secrets.ts'
import type { ResetLinks } from './secrets/reset-links.ts'
import type { LiveConnections, Session } from './session.ts'
import type { OwnerCatalog } from './store.ts'
import { emailKey, shownEmail, type Users } from './users.ts'

/** The most lines in a list. Searching finds more. */
const LINES = 100

const linkSchema = v.object({
  kind: v.picklist(['reset', 'invitation']),
  email: v.string(),
  link: v.string(),
}) satisfies v.GenericSchema<MadeLink>

export interface AdministrationPorts {
  readonly accounts: Accounts
  readonly users: Users
  readonly sessions: Pick<CookieSessions, 'listOfAccounts'>
  readonly owners: Pick<OwnerCatalog, 'listKept' | 'ownerOf'>
  readonly accessTokens: Pick<AccessTokens, 'listOfAccounts' | 'revokeAny'>
  readonly connections: Pick<LiveConnections, 'endSockets'>
  readonly resets: ResetLinks
  readonly invitations: Invitations
  readonly signUps: SignUpPolicy
  readonly secrets: OneTimeSecrets
  readonly freeSpace: Pick<FreeSpace, 'free' | 'isLow'>
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

  get lowSpace(): number | null {
    const { free, isLow } = this.#ports.freeSpace
    return isLow ? free : null
  }

  async users(search: string): Promise<ListedUser[]> {
    const found = await this.#ports.users.listAccounts(search, LINES)
    return found.map(({ profile, standing, isDisabled, createdAt, ...emails }) => ({
      isDisabled,
      createdAt,
      email: shownEmail(emails),
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
        const made: MadeLink = { kind: 'reset', email, link: urlOf(publicOrigin, { to: 'reset', token }) }
        secrets.keep(session.sessionId, 'link', JSON.stringify(made))
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

  tokens(search: string): Promise<ListedToken[]> {
    return this.#ports.accessTokens.listOfAccounts(search, LINES)
  }

  async revokeToken(id: string): Promise<void> {
    const { accessTokens, connections } = this.#ports
    await accessTokens.revokeAny(id)
    connections.endSockets({ sessionId: sessionOfToken(id) })
  }

  async invite({ user, sessionId }: Session, email: string): Promise<'taken' | 'closed' | null> {
    const { users, invitations, secrets, publicOrigin, signUps } = this.#ports
    if (signUps === 'off') return 'closed'
    if (await users.idOf(email)) return 'taken'
    const token = invitations.issue(emailKey(email), user.userId)
    const link = urlOf(publicOrigin, { to: 'invitation', token })
    secrets.keep(sessionId, 'link', JSON.stringify({ kind: 'invitation', email, link } satisfies MadeLink))
    return null
  }

  madeLink({ sessionId }: Session): MadeLink | null {
    const made = this.#ports.secrets.take(sessionId, 'link')
    return made === null ? null : v.parse(linkSchema, JSON.parse(made))
  }
}
