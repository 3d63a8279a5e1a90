import type { SharedRole } from '#lib/protocol/identity.ts'

/*
 * The ports through which the library reaches storage: lists, the trash, links and grants.
 */

export interface NewDocument {
  readonly documentId: string
  readonly lineage: string
  readonly ownerId: string
  readonly schemaVersion: number
  readonly createdAt: number
  readonly linkId: string
  readonly linkRole: SharedRole
}

/** A document in somebody's list. */
export interface ListedDocument {
  readonly documentId: string
  readonly title: string
  readonly owned: boolean
  readonly linkId: string
  readonly updatedAt: number
  readonly visitedAt: number
}

/** A document in the trash. `linkId`: a link of it, to name it by. */
export interface TrashedDocument {
  readonly documentId: string
  readonly title: string
  readonly linkId: string
  readonly deletedAt: number
}

/** Somebody opened a document by a link. `at`: ms since the epoch. */
export interface Visit {
  readonly userId: string
  readonly documentId: string
  readonly linkId: string
  readonly at: number
}

/** Documents as people find them: titles, lists, the trash. */
export interface DocumentCatalog {
  create(document: NewDocument): Promise<void>
  /** Titles by document; of documents that are gone by now nothing is kept. */
  setTitles(titles: ReadonlyMap<string, string>): Promise<void>
  /** Remembers visits; the list of `listFor` is made of these. Those to documents that are gone by now are left out. */
  recordVisits(visits: readonly Visit[]): Promise<void>
  /** Newest visit first; deleted documents are not in it. */
  listFor(userId: string, limit: number): Promise<ListedDocument[]>
  /** Takes a document off somebody's own list. */
  forgetVisit(userId: string, documentId: string): Promise<void>
  /** Puts into the trash; true when `ownerId` owns it and it was not there yet. */
  delete(documentId: string, ownerId: string, at: number): Promise<boolean>
  /** An owner's documents in the trash, the last one deleted first. */
  trashOf(ownerId: string): Promise<TrashedDocument[]>
  /** Takes out of the trash; true when `ownerId` owns it and it was there. */
  undelete(documentId: string, ownerId: string): Promise<boolean>
  /** Erases a document in the trash with all that belongs to it; true when `ownerId` owns it and it was there. */
  erase(documentId: string, ownerId: string): Promise<boolean>
  /** Erases one document that was deleted before, with all that belongs to it; returns its id, null: there is none. */
  eraseDeleted(deletedBefore: number): Promise<string | null>
  /** Documents somebody owns that are not in the trash. */
  countOwned(ownerId: string): Promise<number>
  /** Erases documents without a row created before `createdBefore`; returns their ids. */
  eraseUntouched(createdBefore: number): Promise<string[]>
}

/** Somebody at a link. */
export interface AccessKey {
  readonly linkId: string
  /** '': nobody we know yet. */
  readonly userId: string
}

/** A link as its holders see it. */
export interface StoredLink {
  readonly linkId: string
  readonly role: SharedRole
  readonly expiresAt: number | null
  readonly hasPassword: boolean
}

/** All that decides what somebody at a link may do; judged by `roleOf` (access.ts). */
export interface AccessFacts {
  readonly documentId: string
  readonly ownerId: string
  readonly title: string
  /** When it was put into the trash; null: it is not there. */
  readonly deletedAt: number | null
  readonly linkRole: SharedRole | null
  readonly grant: SharedRole | null
  readonly link: StoredLink & { readonly revoked: boolean; readonly unlocked: boolean }
}

/** A role that somebody was given, or asks for. */
export interface StoredGrant {
  readonly userId: string
  readonly role: SharedRole
  readonly at: number
}

/** Who may open a document, but for its owner. Oldest first. */
export interface StoredSharing {
  /** Live ones, at most one for each role; perhaps expired. */
  readonly links: readonly StoredLink[]
  readonly grants: readonly StoredGrant[]
  readonly requests: readonly StoredGrant[]
}

/** Who may do what: links, grants, requests. Writing to a document that is gone does nothing, but for `ensureLinks`. */
export interface AccessStore {
  /** In the order of the keys; null: no such link. */
  facts(keys: readonly AccessKey[]): Promise<(AccessFacts | null)[]>
  sharing(documentId: string): Promise<StoredSharing>
  /** Who opened a document by which link last, newest first. */
  visitors(documentId: string, limit: number): Promise<AccessKey[]>
  /** Sets the most that people with a link can do. */
  setLinkRole(documentId: string, role: SharedRole | null): Promise<void>
  /** Makes each link whose role has no live one yet. Repeating is harmless. */
  ensureLinks(documentId: string, links: readonly { linkId: string; role: SharedRole }[]): Promise<void>
  /** What is left out stays. A new password, or none, locks again for everybody who had entered the old one. */
  changeLink(
    linkId: string,
    change: { readonly expiresAt?: number | null; readonly passwordHash?: string | null },
  ): Promise<void>
  /**
   * Revokes the live link of a role and makes `linkId` in its place, with its password, and with its expiry unless that
   * has passed at `at`. The owner's own visit moves along.
   */
  replaceLink(documentId: string, role: SharedRole, linkId: string, at: number): Promise<void>
  passwordHash(linkId: string): Promise<string | null>
  /** Remembers that somebody entered the link's password. Repeating is harmless. */
  unlock(userId: string, linkId: string): Promise<void>
  /** Gives somebody a role, or takes it back (null); what they asked for is answered with it. */
  grant(documentId: string, userId: string, role: SharedRole | null, at: number): Promise<void>
  /** Somebody asks for a role; in place of what they asked before. */
  request(documentId: string, userId: string, role: SharedRole, at: number): Promise<void>
  dropRequest(documentId: string, userId: string): Promise<void>
  /** When the next live link after `at` ends; null: none does. */
  nextExpiry(at: number): Promise<number | null>
  /** Documents with a live link that ended after `after`, at `upto` at the latest. */
  expiredIn(after: number, upto: number): Promise<string[]>
}
