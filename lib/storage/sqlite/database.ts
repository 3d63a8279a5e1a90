import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { reasonOf } from '#lib/protocol/errors.ts'
import { DATABASE_NAME } from '../files/database-files.ts'
import { makePrivate } from '../files/private-files.ts'
import { breakSeal, seal } from '../files/seal.ts'
import { AccessTables } from './access-tables.ts'
import { AccountConnection } from './account-connection.ts'
import { copyBeforeUpgrade } from './backup.ts'
import { CatalogTables } from './catalog-tables.ts'
import { configure, inTransaction, openConnection, prepare } from './connection.ts'
import { FreePages } from './free-pages.ts'
import { HistoryMark, nameFiles } from './history-mark.ts'
import { LogTables } from './log-tables.ts'
import { refuseEmptied, refuseLostFiles } from './lost-data.ts'
import { foreignDatabase, migrate, SCHEMA_VERSION, schemaVersionOf } from './migrations.ts'
import { OwnerTables } from './owner-tables.ts'
import { StoreUnavailable, unavailable } from './store-error.ts'
import { growLog } from './write-ahead-log.ts'

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
  /** Writes the write-ahead log back as far as readers allow. Waits for nothing. */
  checkpoint(): void
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

/**
 * Opens the database in `dataDir`, which is created if missing. Throws StoreUnavailable if it cannot be used.
 * `isStart`: nothing of this process had it open before, so that its files may be others than at the last start.
 */
export function openDatabase(dataDir: string, onAccountsIdle: () => void, isStart = false): Database {
  const path = join(dataDir, DATABASE_NAME)
  makeDataFolder(dataDir)
  const opened: DatabaseSync[] = []
  try {
    if (isStart) refuseLostFiles(dataDir, path)
    makePrivate(path)
    const db = openConnection(path)
    opened.push(db)
    const foreign = foreignDatabase(db)
    if (foreign) throw new StoreUnavailable(dataDir, `The database ${path} ${foreign}.`)
    if (isStart) refuseEmptied(dataDir, path, db)
    breakSeal(path)
    const schema = schemaVersionOf(db)
    if (schema > 0 && schema < SCHEMA_VERSION) copyBeforeUpgrade(dataDir, schema, Date.now())
    configure(db)
    nameFiles(path)
    migrate(db)
    growLog(db, path)
    const accounts = openConnection(path)
    opened.push(accounts)
    configure(accounts)
    return connect(path, db, new AccountConnection(accounts, onAccountsIdle), new HistoryMark(db, path))
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
    checkpoint() {
      if (accounts.open === null) db.exec('PRAGMA wal_checkpoint(PASSIVE)')
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
