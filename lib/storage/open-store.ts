import { Kysely } from 'kysely'
import type { DocumentStore } from '#lib/collab/document-store.ts'
import type { AccessStore, DocumentCatalog } from '#lib/library/store.ts'
import type { AccountTables, OwnerCatalog } from '#lib/people/store.ts'
import { DataLock } from './sqlite/data-lock.ts'
import { makeDataFolder } from './sqlite/database.ts'
import { AccountDialect } from './sqlite/thread/account-dialect.ts'
import { documentsOver } from './sqlite/thread/packed-log.ts'
import { StorageThread } from './sqlite/thread/storage-thread.ts'

export interface Store {
  readonly documents: DocumentStore
  readonly catalog: DocumentCatalog
  readonly owners: OwnerCatalog
  readonly access: AccessStore
  /** The tables of users and sessions. Its `destroy` does nothing; `close` of the store ends the connection. */
  readonly accounts: Kysely<AccountTables>
  /**
   * True if the database is an older copy of the one at the last start. Every document is then marked as restored.
   */
  readonly restored: boolean
  /** Answers earlier requests and leaves the whole database in one file. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens the store in the folder `dataDir`, which is created if missing. Rejects with StoreUnavailable, whose message
 * is one sentence naming folder and cause, if the folder cannot be written, if another process has it open, or if it
 * contains a database that is not ours or of a newer version.
 */
export async function openStore({ dataDir }: { readonly dataDir: string }): Promise<Store> {
  makeDataFolder(dataDir)
  const lock = DataLock.take(dataDir, 'server')
  const { thread, restored } = await StorageThread.start(dataDir).catch((error: unknown) => {
    lock.release()
    throw error
  })
  return {
    documents: documentsOver(thread),
    catalog: thread.over('catalog'),
    owners: thread.over('owners'),
    access: thread.over('access'),
    accounts: new Kysely<AccountTables>({ dialect: new AccountDialect(thread) }),
    restored,
    async close() {
      await thread.close()
      lock.release()
    },
  }
}
