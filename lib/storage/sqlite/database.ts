import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { reasonOf } from '#lib/protocol/errors.ts'
import { AccessTables } from './access-tables.ts'
import { AccountConnection } from './account-connection.ts'
import { CatalogTables } from './catalog-tables.ts'
import { configure, inTransaction, openConnection, prepare } from './connection.ts'
import { FreePages } from './free-pages.ts'
import { HistoryMark } from './history-mark.ts'
import { LogTables } from './log-tables.ts'
import { foreignDatabase, migrate } from './migrations.ts'
import { OwnerTables } from './owner-tables.ts'
import { makePrivate } from './private-files.ts'
import { breakSeal, seal } from './seal.ts'
import { StoreUnavailable, unavailable } from './store-error.ts'
import { growLog } from './write-ahead-log.ts'

/** The name of the database file in the data folder. */
export const DATABASE_NAME = 'commonplace.db'

/** The open database, in the storage thread: the log's connection, and a separate one for the accounts. */
export interface Database {
  readonly log: LogTables
  readonly catalog: CatalogTables
  readonly owners: OwnerTables
  readonly access: AccessTables
  readonly accounts: AccountConnection
  readonly mark: HistoryMark
  readonly freePages: FreePages
  /** Writes without changing anything. Throws if the disk does not accept it. */
  prove(): void
  /** Closes both connections and nothing else. */
  release(): void
  /** Folds the write-ahead log into the database, closes both connections and seals the file. */
  close(): void
}

/** Creates the data folder if it is missing. Throws StoreUnavailable if it cannot be written. Idempotent. */
export function makeDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new StoreUnavailable(dataDir, `The data folder ${dataDir} cannot be written: ${reasonOf(error)}.`)
  }
}

/** Opens the database in `dataDir`, which is created if missing. Throws StoreUnavailable if it cannot be used. */
export function openDatabase(dataDir: string, onAccountsIdle: () => void): Database {
  const path = join(dataDir, DATABASE_NAME)
  makeDataFolder(dataDir)
  const opened: DatabaseSync[] = []
  try {
    makePrivate(path)
    breakSeal(path)
    const db = openConnection(path)
    opened.push(db)
    const foreign = foreignDatabase(db)
    if (foreign) throw new StoreUnavailable(dataDir, `The database ${path} ${foreign}.`)
    configure(db)
    migrate(db)
    growLog(db, path)
    const accounts = openConnection(path)
    opened.push(accounts)
    configure(accounts)
    return connect(path, db, new AccountConnection(accounts, onAccountsIdle), new HistoryMark(db, dataDir))
  } catch (error) {
    for (const db of opened) db.close()
    throw unavailable(dataDir, path, error)
  }
}

function connect(path: string, db: DatabaseSync, accounts: AccountConnection, mark: HistoryMark): Database {
  const freePages = new FreePages(db)
  return {
    log: new LogTables(db),
    catalog: new CatalogTables(db),
    owners: new OwnerTables(db),
    access: new AccessTables(db),
    accounts,
    mark,
    freePages,
    prove() {
      inTransaction(db, () => prepare(db, "UPDATE meta SET value = value WHERE key = 'starts'").run())
    },
    release() {
      accounts.close()
      db.close()
    },
    close() {
      accounts.close()
      try {
        freePages.finish()
        // Closing would also do this, but reports no failure.
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      } finally {
        db.close()
      }
      seal(path)
    },
  }
}
