import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { AccountConnection } from './account-connection.ts'
import { CatalogTables } from './catalog-tables.ts'
import { openConnection, SQLITE, sqliteCode } from './connection.ts'
import { HistoryMark } from './history-mark.ts'
import { LogTables } from './log-tables.ts'
import { foreignDatabase, migrate } from './migrations.ts'
import { StoreUnavailable } from './store-error.ts'

/** The open database, in the storage thread: the log's connection, and one of its own for the accounts. */
export interface Database {
  readonly log: LogTables
  readonly catalog: CatalogTables
  readonly accounts: AccountConnection
  readonly mark: HistoryMark
  /** Folds the write-ahead log into the database and closes both connections. */
  close(): void
}

/** Opens the database in `dataDir`, made if missing. Throws StoreUnavailable when it cannot be used. */
export function openDatabase(dataDir: string, onAccountsIdle: () => void): Database {
  const path = join(dataDir, 'commonplace.db')
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new StoreUnavailable(dataDir, `The data folder ${dataDir} cannot be written: ${messageOf(error)}.`)
  }
  let db: DatabaseSync | null = null
  try {
    db = openConnection(path)
    const foreign = foreignDatabase(db)
    if (foreign) throw new StoreUnavailable(dataDir, `The database ${path} ${foreign}.`)
    migrate(db)
    return connect(db, new AccountConnection(openConnection(path), onAccountsIdle), dataDir)
  } catch (error) {
    if (db?.isOpen) db.close()
    if (error instanceof StoreUnavailable) throw error
    const isOther = sqliteCode(error) === SQLITE.notADatabase
    const what = isOther ? 'is not a database' : `cannot be opened: ${messageOf(error)}`
    throw new StoreUnavailable(dataDir, `The file ${path} ${what}.`)
  }
}

function connect(db: DatabaseSync, accounts: AccountConnection, dataDir: string): Database {
  return {
    log: new LogTables(db),
    catalog: new CatalogTables(db),
    accounts,
    mark: new HistoryMark(db, dataDir),
    close() {
      accounts.close()
      try {
        // Closing would do it as well, but says nothing when it fails.
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      } finally {
        db.close()
      }
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
