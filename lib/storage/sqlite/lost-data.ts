import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { hasFrames, identityOf, sizeOf } from '../files/database-files.ts'
import { isSealIntact } from '../files/seal.ts'
import { DISK_CODES, prepare, SQLITE, sqliteCode } from './connection.ts'
import { type Mark, markPathOf, readMark } from './history-mark.ts'
import { foreignDatabase } from './migrations.ts'
import { StoreUnavailable } from './store-error.ts'
import { isOfTheFile, verifyContent } from './verify.ts'

/*
 * Refuses a data folder whose files do not belong together, before anything is written to it. A copy of the folder of
 * a running server is the usual cause: the database and its write-ahead log are then of different moments, or one of
 * them is missing, and SQLite would open the rest as a smaller, empty or malformed database.
 */

const RESTORE = 'or restore a backup (npm run restore)'
/** A database of up to this size is checked after every crash, bytes: it takes less than 0.2 s. */
const SMALL_BYTES = 16 * 1024 * 1024

/** The name of the file that says how to finish a restore. While it is there, the data may be half of each. */
export const PENDING_NAME = 'commonplace.restore'

export function isRestorePending(dataDir: string): boolean {
  return existsSync(join(dataDir, PENDING_NAME))
}

/** Throws StoreUnavailable if the files of a database that is about to be opened were lost or do not fit together. */
export function refuseLostFiles(dataDir: string, database: string): void {
  if (isRestorePending(dataDir)) {
    refuse(dataDir, `A restore of ${dataDir} was interrupted: run npm run restore again, which finishes it.`)
  }
  const mark = readMark(database)
  const isLogged = hasFrames(database)
  if (sizeOf(database) === 0) {
    // SQLite would delete the log of an empty database.
    if (isLogged)
      refuse(dataDir, `${database}-wal has no database it belongs to: put ${database} back, ${RESTORE}.`)
    if (mark !== null && mark.starts > 0) refuse(dataDir, emptySentence(database, mark))
    return
  }
  const isCopy = isOther(database, mark, isLogged)
  if (isCopy && !isLogged && isSealIntact(database)) return
  if (!isCopy && !(isLogged && sizeOf(database) <= SMALL_BYTES)) return
  if (!isOurs(database)) return
  const problem = isCopy && isLogged ? misfitIn(database) : verifyContent(database).problems.find(isOfTheFile)
  if (problem === undefined) return
  refuse(dataDir, isLogged ? misfitSentence(database, problem) : damageSentence(database, problem))
}

/**
 * Returns a problem of a copy with a log that comes from the two not fitting together, such as a row that is missing
 * between them. What is wrong in the database alone too was wrong before: a damaged document is quarantined.
 */
function misfitIn(database: string): string | undefined {
  const { problems } = verifyContent(database)
  const doubtful = problems.filter((problem) => !isOfTheFile(problem))
  if (doubtful.length < problems.length) return problems.find(isOfTheFile)
  if (doubtful.length === 0) return
  const before = new Set(verifyContent(database, true).problems)
  return doubtful.find((problem) => !before.has(problem))
}

function misfitSentence(database: string, problem: string): string {
  const isBackedUp = isOfTheFile(problem)
    ? ''
    : ' If this was so before the copy, npm run backup -- FOLDER --damaged and npm run restore -- FOLDER --damaged keep everything else.'
  return `${database} and ${database}-wal do not fit together (${problem}), as in a copy made while the server ran: restore a backup (npm run restore). If this copy is all there is, move ${database}-wal away: the database alone may be whole, without the latest edits.${isBackedUp}`
}

function damageSentence(database: string, problem: string): string {
  return `${database} is damaged (${problem}): npm run verify lists everything. Restore a backup (npm run restore).`
}

/**
 * Throws StoreUnavailable if an opened database holds nothing although something was stored in it. Such a site must
 * never start as an empty one.
 */
export function refuseEmptied(dataDir: string, database: string, db: DatabaseSync): void {
  const mark = readMark(database)
  const { starts, holdings } = contentOf(db)
  if (holdings > 0) return
  if (mark !== null && (mark.rows > 0 || (mark.starts > 0 && starts === 0))) {
    refuse(dataDir, emptySentence(database, mark))
  }
  if (mark === null && starts > 0) {
    refuse(
      dataDir,
      `${database} was in use and holds nothing, and its mark ${markPathOf(database)} is missing, as in a copy without ${database}-wal: put the missing files back, ${RESTORE}. To begin anew, delete ${database}.`,
    )
  }
}

function emptySentence(database: string, { rows }: Mark): string {
  return `${database} is empty, and the mark beside it says that it was in use and ${rows} rows or more were stored: put the database and its ${database}-wal back, ${RESTORE}. To begin anew, delete ${markPathOf(database)}.`
}

/** Returns true if the files are not those that the mark was written beside. An older mark does not name them. */
function isOther(database: string, mark: Mark | null, isLogged: boolean): boolean {
  if (mark === null) return true
  if (mark.files === undefined) return false
  const present = identityOf(database)
  if (present.database !== mark.files.database) return true
  return isLogged && mark.files.log !== present.log
}

/**
 * Returns false for a file that opening it will refuse for what it is. Throws if it cannot be read at all for now, as
 * on a full disk, where SQLite has no room for the index of the log: that says nothing about the files.
 */
function isOurs(database: string): boolean {
  const db = new DatabaseSync(database, { readOnly: true, timeout: 5000 })
  try {
    return foreignDatabase(db) === null
  } catch (error) {
    const code = sqliteCode(error)
    if (code === SQLITE.busy || DISK_CODES.includes(code)) throw error
    return code !== SQLITE.notADatabase
  } finally {
    db.close()
  }
}

/**
 * Counts starts, and rows, documents and users together. Rows of documents that were erased are counted too: whoever
 * erases everything has an empty site by intention.
 */
function contentOf(db: DatabaseSync): { starts: number; holdings: number } {
  const isNew = prepare(db, "SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() === undefined
  if (isNew) return { starts: 0, holdings: 0 }
  const content = prepare<{ starts: number; holdings: number }>(
    db,
    `SELECT coalesce(sum(iif(key = 'starts', value, 0)), 0) AS starts,
       coalesce(sum(iif(key = 'erased_rows', value, 0)), 0) + (SELECT count(*) FROM documents)
         + (SELECT count(*) FROM "user") AS holdings
     FROM meta`,
  ).get()
  return content ?? { starts: 0, holdings: 0 }
}

function refuse(dataDir: string, sentence: string): never {
  throw new StoreUnavailable(dataDir, sentence)
}
