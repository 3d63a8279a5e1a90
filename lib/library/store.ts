import type { SharedRole } from '#lib/protocol/identity.ts'

/*
 * The ports through which the library reaches storage: lists, the trash, links and grants.
 */

/** The first row of a document that begins with content. */
export interface FirstRow {
  readonly title: string
  /** The chain after the row. */
  readonly chain: Uint8Array
  readonly entries: Uint8Array
}

export interface NewDocument {
  readonly documentId: string
  readonly lineage: string
  readonly ownerId: string
  readonly schemaVersion: number
  readonly createdAt: number
  readonly linkId: string
  readonly linkRole: SharedRole
  /** Left out if the document begins empty. */
  readonly first?: FirstRow
}

/** A document in a user's list. */
export interface ListedDocument {
  readonly documentId: string
  readonly title: string
  readonly owned: boolean
  readonly linkId: string
  readonly updatedAt: number
  readonly visitedAt: number
}

/** A document in the trash. `linkId` is one of its links, from which its address is made. */
export interface TrashedDocument {
  readonly documentId: string
  readonly title: string
  readonly linkId: string
  readonly deletedAt: number
}

/** The number of a user's documents. */
export interface OwnedCount {
  readonly listed: number
  readonly inTrash: number
}

/** The weight of an owner's documents on disk, those in the trash included. */
export interface OwnerUse {
  readonly ownerId: string
  /** True unless the owner has an account. */
  readonly isGuest: boolean
  readonly bytes: number
}

/** A record that a user opened a document by a link. `at` is ms since the epoch. */
export interface Visit {
  readonly userId: string
  readonly documentId: string
  readonly linkId: string
  readonly at: number
}

/** The documents as users find them: titles, lists, the trash. */
export interface DocumentCatalog {
  /** Creates a document with its link and its first row, in one transaction. */
  create(document: NewDocument): Promise<void>
  /** Sets titles by document. Skips documents that no longer exist. */
  setTitles(titles: ReadonlyMap<string, string>): Promise<void>
  /** Records visits, which `listFor` returns. Skips those to documents that no longer exist. */
  recordVisits(visits: readonly Visit[]): Promise<void>
  /** Returns the documents a user has visited, newest visit first, without deleted ones. */
  listFor(userId: string, limit: number): Promise<ListedDocument[]>
  /** Removes a document from a user's own list. Idempotent. */
  forgetVisit(userId: string, documentId: string): Promise<void>
  /** Moves a document to the trash. Returns true if `ownerId` owns it and it was not in the trash. */
  delete(documentId: string, ownerId: string, at: number): Promise<boolean>
  /** Returns an owner's documents in the trash, last deleted first. */
  trashOf(ownerId: string): Promise<TrashedDocument[]>
  /** Restores a document from the trash. Returns true if `ownerId` owns it and it was in the trash. */
  undelete(documentId: string, ownerId: string): Promise<boolean>
  /** Erases a document in the trash with all its data. Returns true if `ownerId` owns it and it was in the trash. */
  erase(documentId: string, ownerId: string): Promise<boolean>
  /** Erases one document deleted before that time, with all its data. Returns its id, null if there is none. */
  eraseDeleted(deletedBefore: number): Promise<string | null>
  /** Counts the documents that a user owns. */
  countOwned(ownerId: string): Promise<OwnedCount>
  /** Returns the owner of a document, with what all their documents weigh; null if there is no such document. */
  ownerUse(documentId: string): Promise<OwnerUse | null>
  /** Returns what all documents of a user weigh, bytes. */
  usedBy(ownerId: string): Promise<number>
  /** Erases documents that have no rows and were created before that time. Returns their ids. */
  eraseUntouched(createdBefore: number): Promise<string[]>
}

/** A user at a link. */
export interface AccessKey {
  readonly linkId: string
  /** '' for a visitor without a session. */
  readonly userId: string
}

/** A link as it is stored. */
export interface StoredLink {
  readonly linkId: string
  readonly role: SharedRole
  readonly expiresAt: number | null
  readonly hasPassword: boolean
}

/** The facts that decide what a user at a link may do; judged by `roleOf` (access.ts). */
export interface AccessFacts {
  readonly documentId: string
  readonly lineage: string
  readonly ownerId: string
  readonly title: string
  /** The time at which the document was moved to the trash, null if it is not in the trash. */
  readonly deletedAt: number | null
  readonly linkRole: SharedRole | null
  readonly grant: SharedRole | null
  readonly link: StoredLink & { readonly revoked: boolean; readonly unlocked: boolean }
}

/** A role that a user was given, or requests. */
export interface StoredGrant {
  readonly userId: string
  readonly role: SharedRole
  readonly at: number
}

/** The access that users other than the owner have to a document. Lists are oldest first. */
export interface StoredSharing {
  /** The links that were not revoked, at most one for each role. Some may have expired. */
  readonly links: readonly StoredLink[]
  readonly grants: readonly StoredGrant[]
  readonly requests: readonly StoredGrant[]
}

/**
 * The storage of links, grants and requests. Writes to a document that no longer exists do nothing, except
 * `ensureLinks`, which rejects.
 */
export interface AccessStore {
  /** Returns facts in the order of the keys, null where there is no such link. */
  facts(keys: readonly AccessKey[]): Promise<(AccessFacts | null)[]>
  sharing(documentId: string): Promise<StoredSharing>
  /** Returns the users who opened a document and the link that each used last, newest first. */
  visitors(documentId: string, limit: number): Promise<AccessKey[]>
  /** Sets the highest role that links give, null for none. */
  setLinkRole(documentId: string, role: SharedRole | null): Promise<void>
  /** Creates links for those roles that have no live one. Idempotent. */
  ensureLinks(documentId: string, links: readonly { linkId: string; role: SharedRole }[]): Promise<void>
  /**
   * Changes the given fields of a link. Setting or removing the password locks the link again for everyone who
   * entered the old one.
   */
  changeLink(
    linkId: string,
    change: { readonly expiresAt?: number | null; readonly passwordHash?: string | null },
  ): Promise<void>
  /**
   * Revokes the live link of a role and creates `linkId` in its place, with the same password, and with the same
   * expiry unless that has passed at `at`. The owner's own visit moves to the new link.
   */
  replaceLink(documentId: string, role: SharedRole, linkId: string, at: number): Promise<void>
  passwordHash(linkId: string): Promise<string | null>
  /** Records that a user entered the link's password. Idempotent. */
  unlock(userId: string, linkId: string): Promise<void>
  /** Gives a user a role, or removes it (null). Also removes their request. */
  grant(documentId: string, userId: string, role: SharedRole | null, at: number): Promise<void>
  /** Records that a user requests a role. Replaces an earlier request. */
  request(documentId: string, userId: string, role: SharedRole, at: number): Promise<void>
  dropRequest(documentId: string, userId: string): Promise<void>
  /** Returns the time at which the next live link after `at` expires, null if none does. */
  nextExpiry(at: number): Promise<number | null>
  /** Returns documents with a live link that expired after `after` and not later than `upto`. */
  expiredIn(after: number, upto: number): Promise<string[]>
}
