/*
 * The ports through which lib/people reaches storage: owners of documents, and the tables of users and sessions.
 */

/**
 * A document as an administrator sees it. `bytes` is the size of its rows and snapshots. Times in ms since the epoch.
 */
export interface KeptDocument {
  readonly documentId: string
  readonly title: string
  readonly ownerId: string
  readonly bytes: number
  readonly updatedAt: number
  readonly deletedAt: number | null
}

/** The documents by their owners. */
export interface OwnerCatalog {
  /**
   * Merges a guest into the account they signed in to: documents, visits and everything else that names the guest
   * become the account's, the guest's own row is deleted, and the guest becomes an alias of the account. One
   * transaction. Returns false, and does nothing, if there is no such guest or account.
   */
  adoptGuest(guestId: string, accountId: string, at: number): Promise<boolean>
  /**
   * Looks at some users after the id `after` ('' first), and erases guests that were created, and last seen, before a
   * time (ms since the epoch), and own no document, not even in the trash. Their visits, grants and requests go too.
   */
  eraseIdleGuests(before: number, after: string): Promise<IdleGuests>
  /** Returns the guests that became this account, newest first, at most ALIASES. */
  aliasesOf(userId: string): Promise<string[]>
  /** Returns the owner of a document, null if there is no such document. */
  ownerOf(documentId: string): Promise<string | null>
  /** Returns documents whose title contains `search`, last changed first, including deleted ones. */
  listKept(search: string, limit: number): Promise<KeptDocument[]>
}

/** One step of erasing idle guests, which takes a few ms. */
export interface IdleGuests {
  readonly erased: number
  /** The user after whom the next step goes on; null after the last step. */
  readonly next: string | null
}

/** The most guests that are looked up for one account. */
export const ALIASES = 200

/**
 * The tables of users and sessions as SQLite stores them: dates as ISO 8601 strings, booleans as 0 and 1. Names and
 * columns are those of better-auth, which first created them (docs/decisions/0045-own-account-tables.md).
 */
export interface AccountTables {
  readonly user: UserTable
  readonly session: SessionTable
  readonly account: AccountTable
  readonly access_tokens: AccessTokenTable
}

interface Dated {
  id: string
  createdAt: string
  updatedAt: string
}

interface UserTable extends Dated {
  name: string
  email: string
  emailVerified: number
  image: string | null
  isAnonymous: number | null
  guestName: number | null
  hue: number | null
  role: string | null
  disabledAt: string | null
  /** The e-mail that went to a user who had proved it; `email` is then a placeholder. */
  lostEmail: string | null
}

interface SessionTable extends Dated {
  userId: string
  token: string
  expiresAt: string
  ipAddress: string | null
  userAgent: string | null
}

interface AccountTable extends Dated {
  userId: string
  accountId: string
  providerId: string
  accessToken: string | null
  refreshToken: string | null
  idToken: string | null
  accessTokenExpiresAt: string | null
  refreshTokenExpiresAt: string | null
  scope: string | null
  password: string | null
}

/** Times in ms since the epoch. */
interface AccessTokenTable {
  id: string
  user_id: string
  name: string
  scope: string
  sha256: string
  created_at: number
  expires_at: number
  used_at: number | null
}
