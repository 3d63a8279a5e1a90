import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type FileIdentity, identityOf } from '../files/database-files.ts'
import { replaceFile } from '../files/durable-file.ts'
import { inTransaction, prepare } from './connection.ts'

/**
 * The progress of a database. `starts`: times it was opened; `rows`: rows ever committed, trimmed ones included (a
 * copy made since the last start lacks some). Neither ever decreases, unless an older copy takes the database's
 * place.
 */
interface Progress {
  readonly starts: number
  readonly rows: number
}

/** The content of the mark. `files`: those it was written beside; an older release did not note them. */
export interface Mark extends Progress {
  readonly files?: FileIdentity
}

const NAME = 'commonplace.mark'

/**
 * Detects that the database was replaced by an older copy: a small file beside it, the mark, records its progress.
 * The database is always written first, so it is behind its mark only if something was lost.
 */
export class HistoryMark {
  readonly #db: DatabaseSync
  readonly #database: string
  #present: Progress
  #isSaved = true

  /** `database`: the path of the file that `db` is a connection to. */
  constructor(db: DatabaseSync, database: string) {
    this.#db = db
    this.#database = database
    this.#present = readProgress(db)
  }

  /**
   * Counts a start. Returns true if the database is behind its mark or the mark is lost: it is then an older copy,
   * and all of its documents are marked as restored at `now` (ms since the epoch).
   */
  countStart(now: number): boolean {
    const { starts, rows } = this.#present
    // A database that was never started has no mark to lose.
    if (starts === 0 && !readMark(this.#database)) writeMark(this.#database, this.#present)
    const mark = readMark(this.#database)
    const isRestored = !mark || starts < mark.starts || rows < mark.rows
    this.#present = { starts: Math.max(starts, mark?.starts ?? 0) + 1, rows }
    inTransaction(this.#db, () => {
      if (isRestored) prepare(this.#db, 'UPDATE documents SET restored_at = ?').run(now)
      prepare(this.#db, "UPDATE meta SET value = ? WHERE key = 'starts'").run(this.#present.starts)
    })
    writeMark(this.#database, this.#present)
    return isRestored
  }

  /**
   * Adds `rows` to the number of committed rows. Returns true for the first ones: the mark should not wait to say that
   * there are any.
   */
  add(rows: number): boolean {
    const isFirst = this.#present.rows === 0 && rows > 0
    this.#present = { ...this.#present, rows: this.#present.rows + rows }
    this.#isSaved = false
    return isFirst
  }

  /** Writes the mark if it is behind the rows added. */
  update(): void {
    if (this.#isSaved) return
    writeMark(this.#database, this.#present)
    this.#isSaved = true
  }
}

/**
 * Reads the progress of the database. Rows are counted by the documents' heads; those of erased documents are kept in
 * `meta`.
 */
export function readProgress(db: DatabaseSync): Progress {
  const progress = prepare<Progress>(
    db,
    `SELECT value AS starts, (SELECT coalesce(sum(head_seq), 0) FROM documents)
       + coalesce((SELECT value FROM meta WHERE key = 'erased_rows'), 0) AS rows
     FROM meta WHERE key = 'starts'`,
  ).get()
  return progress ?? { starts: 0, rows: 0 }
}

/** Returns the path of the mark of a database. */
export function markPathOf(database: string): string {
  return join(dirname(database), NAME)
}

/** Returns null if there is no readable mark. */
export function readMark(database: string): Mark | null {
  try {
    const mark: unknown = JSON.parse(readFileSync(markPathOf(database), 'utf8'))
    return isMark(mark) ? mark : null
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (isMissing || error instanceof SyntaxError) return null
    throw error
  }
}

/**
 * Names the present files in the mark of a database, before anything is written to them: SQLite creates a new
 * write-ahead log when it opens a database that was closed, and after a crash that log must not look like a copy.
 */
export function nameFiles(database: string): void {
  const mark = readMark(database)
  const present = identityOf(database)
  if (!mark || (mark.files?.database === present.database && mark.files.log === present.log)) return
  try {
    writeMark(database, mark)
  } catch {
    // For example a full disk. The older mark stays and is still true.
  }
}

/** Writes the mark of a database, and the files it is beside. */
export function writeMark(database: string, { starts, rows }: Progress): void {
  const mark: Mark = { starts, rows, files: identityOf(database) }
  replaceFile(markPathOf(database), `${JSON.stringify(mark)}\n`)
}

function isMark(value: unknown): value is Mark {
  if (!isProgress(value)) return false
  if (!('files' in value)) return true
  const { files } = value
  return typeof files === 'object' && files !== null && 'database' in files && 'log' in files
}

function isProgress(value: unknown): value is Progress {
  return (
    typeof value === 'object' &&
    value !== null &&
    'starts' in value &&
    typeof value.starts === 'number' &&
    'rows' in value &&
    typeof value.rows === 'number'
  )
}
