import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createPrivate } from '../files/private-files.ts'
import { prepare, SQLITE, sqliteCode } from './connection.ts'
import { StoreUnavailable, unavailable } from './store-error.ts'

/** The name of the lock in the data folder. */
const LOCK_NAME = 'commonplace.lock'

/** The time to wait for a lock that another process holds only to read or note its holder, ms. */
const PATIENCE_MS = 500

/** The process that holds a lock. `what`: *server*, *restore*. `since`: ms since the epoch. */
interface Holder {
  readonly what: string
  readonly pid: number
  readonly host: string
  readonly since: number
}

/**
 * Lets only one process write to a data folder. The lock is the write lock of a small database of its own, held for as
 * long as the process lives: the kernel releases it however the process ends, and it holds between containers that
 * share the folder. The database's content names the holder, and can be read while the lock is held.
 *
 * POSIX locks belong to a process, which loses them when it closes the file by any other means: nothing else may open
 * this file.
 */
export class DataLock {
  readonly #db: DatabaseSync

  private constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Takes the lock of a folder that exists. Throws StoreUnavailable, which names the holder, if it is held. */
  static take(dataDir: string, what: string): DataLock {
    const path = join(dataDir, LOCK_NAME)
    let db: DatabaseSync | null = null
    try {
      if (!existsSync(path)) createPrivate(path)
      db = new DatabaseSync(path, { timeout: PATIENCE_MS })
      db.exec('BEGIN IMMEDIATE')
      noteHolder(db, what)
      db.exec('BEGIN IMMEDIATE')
      return new DataLock(db)
    } catch (error) {
      db?.close()
      const code = sqliteCode(error)
      if (code === SQLITE.corrupt || code === SQLITE.notADatabase) {
        throw new StoreUnavailable(
          dataDir,
          `${path} is damaged. It holds no data: delete it and start again.`,
        )
      }
      if (code !== SQLITE.busy) throw unavailable(dataDir, path, error)
      const by = nameOf(readHolder(path))
      throw new StoreUnavailable(dataDir, `The data folder ${dataDir} is in use by ${by}: stop it first.`)
    }
  }

  /** Idempotent. */
  release(): void {
    if (this.#db.isOpen) this.#db.close()
  }
}

/** Writes the holder into the lock and ends the transaction. On a full disk the lock holds without it. */
function noteHolder(db: DatabaseSync, what: string): void {
  try {
    db.exec('CREATE TABLE IF NOT EXISTS holder (what TEXT, pid INTEGER, host TEXT, since INTEGER) STRICT')
    db.exec('DELETE FROM holder')
    prepare(db, 'INSERT INTO holder VALUES (?, ?, ?, ?)').run(what, process.pid, hostname(), Date.now())
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    if (sqliteCode(error) !== SQLITE.full) throw error
  }
}

/** Returns null if the holder cannot be read. */
function readHolder(path: string): Holder | null {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: PATIENCE_MS })
    try {
      return prepare<Holder>(db, 'SELECT what, pid, host, since FROM holder').get() ?? null
    } finally {
      db.close()
    }
  } catch {
    return null
  }
}

function nameOf(holder: Holder | null): string {
  if (!holder || isGone(holder)) return 'another process'
  const { what, pid, host, since } = holder
  return `a ${what}, process ${pid} on ${host}, since ${new Date(since).toISOString()}`
}

/** Returns true if a holder on this machine no longer runs: the present one could not note itself. */
function isGone({ pid, host }: Holder): boolean {
  if (host !== hostname()) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}
