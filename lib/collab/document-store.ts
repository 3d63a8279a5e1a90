import type { SharedRole } from '#lib/protocol/identity.ts'
import { type ChainHash, chainAfter, EMPTY_CHAIN, equalBytes, type Row } from '#lib/protocol/wire.ts'

/*
 * The port to durable storage, owned by the rules (lib/collab) and implemented by lib/storage.
 * One contract suite (tests/storage/contract.ts) runs against every implementation.
 * A promise that resolves means: on disk, outlives `kill -9` and power loss.
 */

/** A client id's place in a document's history: who it is bound to and its last batch in the log. */
export interface StoredClient {
  readonly clientId: number
  readonly userId: string
  readonly lastN: number
}

/** What is known of a snapshot without reading its state. `chain` is the chain after row `seq`; `vector` a Yjs state vector. */
export interface SnapshotHead {
  readonly seq: number
  readonly chain: Uint8Array
  readonly vector: Uint8Array
  /** Bytes of the state. */
  readonly bytes: number
}

/** A folded prefix of the log. `state`: a Yjs v1 update with all of it. */
export interface Snapshot extends SnapshotHead {
  readonly state: Uint8Array
}

/** A log row as read, with the time of its commit (ms since the epoch). */
export interface StoredRow extends Row {
  readonly at: number
}

/** A document as a room needs it at load. */
export interface StoredDocument {
  readonly documentId: string
  readonly lineage: string
  readonly ownerId: string
  readonly title: string
  readonly schemaVersion: number
  readonly headSeq: number
  readonly headChain: Uint8Array
  /** The chain before the oldest row kept; null: no row was trimmed yet, or this was not kept then. */
  readonly baseChain: Uint8Array | null
  /** When this document was last restored from an older copy, ms since the epoch; null: never. */
  readonly restoredAt: number | null
  readonly deletedAt: number | null
  /** From `document_clients`, as of the last compaction. */
  readonly clients: readonly StoredClient[]
  readonly snapshot: SnapshotHead | null
  /** Every row kept, oldest first: also rows the snapshot covers that are not trimmed yet. */
  readonly rows: readonly StoredRow[]
}

export interface NewDocument {
  readonly documentId: string
  readonly lineage: string
  readonly ownerId: string
  readonly schemaVersion: number
  readonly createdAt: number
  readonly linkId: string
  readonly linkRole: SharedRole
}

/** One document's part of one commit. `seq` must be the stored head + 1. `schemaVersion` raises the document's, never lowers it. */
export interface NewRow extends StoredRow {
  readonly documentId: string
  readonly schemaVersion: number
}

/** What became of one document's row in a commit. *refused*: this row only, the others stand; the reason is for the log. */
export type RowOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: string }

export interface Head {
  readonly seq: number
  readonly chain: Uint8Array
}

/** A compaction's result, written whole or not at all. */
export interface Compaction {
  readonly documentId: string
  readonly snapshot: Snapshot
  readonly clients: readonly StoredClient[]
  readonly at: number
}

/** Why a stored history cannot be right: its rows must form the chain that ends in the head. Null: they do. */
export function damageIn(document: StoredDocument, hash: ChainHash): string | null {
  const { rows, snapshot, headSeq, headChain, baseChain } = document
  const covered = snapshot?.seq ?? 0
  let seq = rows[0] ? rows[0].seq - 1 : headSeq
  if (seq > covered) return `rows ${covered + 1} to ${seq} are missing`
  let chain = seq === 0 ? EMPTY_CHAIN : (baseChain ?? (seq === covered ? snapshot?.chain : undefined))
  const isSnapshotAside = () => seq === covered && snapshot && chain && !equalBytes(snapshot.chain, chain)
  if (isSnapshotAside()) return `the snapshot is not of row ${seq}`
  for (const row of rows) {
    seq++
    if (row.seq !== seq) return `row ${seq} is missing`
    const expected = chain && chainAfter(hash, chain, seq, row.entries)
    if (expected && !equalBytes(expected, row.chain)) return `row ${seq} does not match its chain`
    chain = row.chain
    if (isSnapshotAside()) return `the snapshot is not of row ${seq}`
  }
  if (seq === headSeq && (!chain || equalBytes(chain, headChain))) return null
  return `the rows end at ${seq}, the head is ${headSeq}`
}

/** Thrown by reads when stored bytes do not match their own checks (a snapshot's hash). The document is then quarantined. */
export class DamagedDocument extends Error {
  override readonly name = 'DamagedDocument'
  readonly documentId: string
  constructor(documentId: string, what: string) {
    super(what)
    this.documentId = documentId
  }
}

/** The log: rows, snapshots and client bindings. */
export interface DocumentStore {
  /** `null` when there is no such document. */
  load(documentId: string): Promise<StoredDocument | null>
  /** The newest snapshot with its state, its hash checked; throws DamagedDocument. */
  readSnapshot(documentId: string): Promise<Snapshot | null>
  /** Rows with `seq > after`, oldest first, until `maxBytes` of entries are passed (at least one row). */
  readRows(documentId: string, after: number, maxBytes: number): Promise<StoredRow[]>
  /**
   * All rows in one durable transaction, each under a savepoint; outcomes in the same order.
   * A rejected promise means the outcome is unknown: `reopen`, then read `heads` again.
   */
  commit(rows: readonly NewRow[]): Promise<RowOutcome[]>
  /** Heads as stored, for documents that exist. */
  heads(documentIds: readonly string[]): Promise<Map<string, Head>>
  /** Writes snapshot and clients in one transaction, reads the state back and compares. Older snapshots go. Repeating is harmless. */
  writeCompaction(compaction: Compaction): Promise<void>
  /** Deletes rows with `seq <= upto`; refused (throws) unless a snapshot covers them. Repeating is harmless. */
  trim(documentId: string, upto: number): Promise<void>
  /** Closes and opens the database again, after a failed commit. */
  reopen(): Promise<void>
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
  /** Marks every document as restored from an older copy. */
  markRestored(at: number): Promise<void>
}

/** A document as an administrator sees it. `bytes`: of its rows and snapshots. Times in ms since the epoch. */
export interface KeptDocument {
  readonly documentId: string
  readonly title: string
  readonly ownerId: string
  readonly bytes: number
  readonly updatedAt: number
  readonly deletedAt: number | null
}

/** Documents by the people behind them. */
export interface OwnerCatalog {
  /**
   * A guest signed in to an account they had: documents, visits and everything else that names the guest become the
   * account's, the guest's own row goes, and the guest is an alias of the account from now on. One transaction; false
   * (and nothing done) when there is no such guest.
   */
  adoptGuest(guestId: string, accountId: string, at: number): Promise<boolean>
  /** The guests that became this account, newest first; at most ALIASES. */
  aliasesOf(userId: string): Promise<string[]>
  /** Null: there is no such document. */
  ownerOf(documentId: string): Promise<string | null>
  /** Documents whose title contains `search`, changed last first; deleted ones too. */
  listKept(search: string, limit: number): Promise<KeptDocument[]>
}

/** More guests than this are not looked up for one account. */
export const ALIASES = 200

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
