import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction, prepare } from './connection.ts'
import { replaceFile } from './durable-file.ts'

/**
 * The progress of a database. `starts`: times it was opened; `rows`: rows ever committed, trimmed ones included (a
 * copy made since the last start lacks some). Neither ever decreases, unless an older copy takes the database's
 * place.
 */
interface Progress {
  readonly starts: number
  readonly rows: number
}

const NAME = 'commonplace.mark'

/**
 * Detects that the database was replaced by an older copy: a small file beside it, the mark, records its progress.
 * The database is always written first, so it is behind its mark only if something was lost.
 */
export class HistoryMark {
  readonly #db: DatabaseSync
  readonly #dataDir: string
  #present: Progress
  #isSaved = true

  constructor(db: DatabaseSync, dataDir: string) {
    this.#db = db
    this.#dataDir = dataDir
    this.#present = readProgress(db)
  }

  /**
   * Counts a start. Returns true if the database is behind its mark or the mark is lost: it is then an older copy,
   * and all of its documents are marked as restored at `now` (ms since the epoch).
   */
  countStart(now: number): boolean {
    const { starts, rows } = this.#present
    // A database that was never started has no mark to lose.
    if (starts === 0 && !readMark(this.#dataDir)) writeMark(this.#dataDir, this.#present)
    const mark = readMark(this.#dataDir)
    const isRestored = !mark || starts < mark.starts || rows < mark.rows
    this.#present = { starts: Math.max(starts, mark?.starts ?? 0) + 1, rows }
    inTransaction(this.#db, () => {
      if (isRestored) prepare(this.#db, 'UPDATE documents SET restored_at = ?').run(now)
      prepare(this.#db, "UPDATE meta SET value = ? WHERE key = 'starts'").run(this.#present.starts)
    })
    writeMark(this.#dataDir, this.#present)
    return isRestored
  }

  /** Adds `rows` to the number of committed rows. */
  add(rows: number): void {
    this.#present = { ...this.#present, rows: this.#present.rows + rows }
    this.#isSaved = false
  }

  /** Writes the mark if it is behind the rows added. */
  update(): void {
    if (this.#isSaved) return
    writeMark(this.#dataDir, this.#present)
    this.#isSaved = true
  }
}

/**
 * Reads the progress of the database. Rows are counted by the documents' heads: erasing a document that has rows
 * would have to keep its count.
 */
function readProgress(db: DatabaseSync): Progress {
  const progress = prepare<Progress>(
    db,
    `SELECT value AS starts, (SELECT coalesce(sum(head_seq), 0) FROM documents) AS rows
     FROM meta WHERE key = 'starts'`,
  ).get()
  return progress ?? { starts: 0, rows: 0 }
}

/** Returns null if there is no readable mark. */
function readMark(dataDir: string): Progress | null {
  try {
    const mark: unknown = JSON.parse(readFileSync(join(dataDir, NAME), 'utf8'))
    return isProgress(mark) ? mark : null
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (isMissing || error instanceof SyntaxError) return null
    throw error
  }
}

function writeMark(dataDir: string, mark: Progress): void {
  replaceFile(join(dataDir, NAME), `${JSON.stringify(mark)}\n`)
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
