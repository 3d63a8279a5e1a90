import { Kysely } from 'kysely'
import type { DocumentStore } from '#lib/collab/document-store.ts'
import type { AccessStore, DocumentCatalog } from '#lib/library/store.ts'
import type { AccountTables, OwnerCatalog } from '#lib/people/store.ts'
import { AccountDialect } from './sqlite/account-dialect.ts'
import { packRows, unpackRows } from './sqlite/packed-rows.ts'
import type { RowPack } from './sqlite/requests.ts'
import { StorageThread } from './sqlite/storage-thread.ts'

export interface Store {
  readonly documents: DocumentStore
  readonly catalog: DocumentCatalog
  readonly owners: OwnerCatalog
  readonly access: AccessStore
  /** The account library's tables (`database: { db: accounts, type: 'sqlite' }`). `destroy` does nothing: `close` is below. */
  readonly accounts: Kysely<AccountTables>
  /** The database is an older copy of what was here at the last start; every document is marked as restored. */
  readonly restored: boolean
  /** Answers what was asked before and leaves the database whole in its one file. Repeating is harmless. */
  close(): Promise<void>
}

/**
 * Opens the store in the folder `dataDir`, made if missing. Rejects with an error whose name is StoreUnavailable and
 * whose message is one sentence, naming folder and cause, when the folder cannot be written, or holds a database that
 * is not ours or of a newer version.
 */
export async function openStore({ dataDir }: { readonly dataDir: string }): Promise<Store> {
  const { thread, restored } = await StorageThread.start(dataDir)
  return {
    documents: documentsOver(thread),
    catalog: catalogOver(thread),
    owners: ownersOver(thread),
    access: accessOver(thread),
    accounts: new Kysely<AccountTables>({ dialect: new AccountDialect(thread) }),
    restored,
    close: () => thread.close(),
  }
}

function documentsOver(thread: StorageThread): DocumentStore {
  return {
    async load(documentId) {
      const document = await thread.call('load', [documentId])
      if (!document) return null
      const { count, rows, ...rest } = document
      return { ...rest, rows: unpackRows(rows, count) }
    },
    async readSnapshot(documentId) {
      const snapshot = await thread.call('readSnapshot', [documentId])
      return snapshot && { ...snapshot, state: new Uint8Array(snapshot.state) }
    },
    async readRows(documentId, after, maxBytes) {
      const { count, rows }: RowPack = await thread.call('readRows', [documentId, after, maxBytes])
      return unpackRows(rows, count)
    },
    async commit(rows) {
      if (rows.length === 0) return []
      const pack = {
        documentIds: rows.map((row) => row.documentId),
        schemaVersions: rows.map((row) => row.schemaVersion),
        rows: packRows(rows),
      }
      const outcomes = await thread.call('commit', [pack], [pack.rows])
      return outcomes ?? rows.map(() => ({ ok: true }))
    },
    heads: (documentIds) => thread.call('heads', [documentIds]),
    writeCompaction: (compaction) => thread.call('writeCompaction', [compaction]),
    trim: (documentId, upto) => thread.call('trim', [documentId, upto]),
    reopen: () => thread.call('reopen', []),
  }
}

function catalogOver(thread: StorageThread): DocumentCatalog {
  return {
    create: (document) => thread.call('create', [document]),
    setTitles: (titles) => thread.call('setTitles', [titles]),
    recordVisits: (visits) => thread.call('recordVisits', [visits]),
    listFor: (userId, limit) => thread.call('listFor', [userId, limit]),
    forgetVisit: (userId, documentId) => thread.call('forgetVisit', [userId, documentId]),
    delete: (documentId, ownerId, at) => thread.call('delete', [documentId, ownerId, at]),
    trashOf: (ownerId) => thread.call('trashOf', [ownerId]),
    undelete: (documentId, ownerId) => thread.call('undelete', [documentId, ownerId]),
    erase: (documentId, ownerId) => thread.call('erase', [documentId, ownerId]),
    eraseDeleted: (deletedBefore) => thread.call('eraseDeleted', [deletedBefore]),
    countOwned: (ownerId) => thread.call('countOwned', [ownerId]),
    eraseUntouched: (createdBefore) => thread.call('eraseUntouched', [createdBefore]),
    markRestored: (at) => thread.call('markRestored', [at]),
  }
}

function ownersOver(thread: StorageThread): OwnerCatalog {
  return {
    adoptGuest: (guestId, accountId, at) => thread.call('adoptGuest', [guestId, accountId, at]),
    aliasesOf: (userId) => thread.call('aliasesOf', [userId]),
    ownerOf: (documentId) => thread.call('ownerOf', [documentId]),
    listKept: (search, limit) => thread.call('listKept', [search, limit]),
  }
}

function accessOver(thread: StorageThread): AccessStore {
  return {
    facts: (keys) => thread.call('facts', [keys]),
    sharing: (documentId) => thread.call('sharing', [documentId]),
    visitors: (documentId, limit) => thread.call('visitors', [documentId, limit]),
    setLinkRole: (documentId, role) => thread.call('setLinkRole', [documentId, role]),
    ensureLinks: (documentId, links) => thread.call('ensureLinks', [documentId, links]),
    changeLink: (linkId, change) => thread.call('changeLink', [linkId, change]),
    replaceLink: (documentId, role, linkId, at) => thread.call('replaceLink', [documentId, role, linkId, at]),
    passwordHash: (linkId) => thread.call('passwordHash', [linkId]),
    unlock: (userId, linkId) => thread.call('unlock', [userId, linkId]),
    grant: (documentId, userId, role, at) => thread.call('grant', [documentId, userId, role, at]),
    request: (documentId, userId, role, at) => thread.call('request', [documentId, userId, role, at]),
    dropRequest: (documentId, userId) => thread.call('dropRequest', [documentId, userId]),
    nextExpiry: (at) => thread.call('nextExpiry', [at]),
    expiredIn: (after, upto) => thread.call('expiredIn', [after, upto]),
  }
}
