import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction, prepare } from './connection.ts'
import { replaceFile } from './durable-file.ts'

/**
 * How far a database has come. `starts`: times it was opened; `rows`: rows ever committed, trimmed ones included
 * (a copy made since the last start lacks some). Neither ever falls, unless an older copy takes the database's place.
 */
interface Progress {
  readonly starts: number
  readonly rows: number
}

const NAME = 'commonplace.mark'

/**
 * Tells when the database has been replaced by an older copy: a small file beside it, the mark, says how far it had
 * come. The database is always written first, so that it is behind its mark only when something was lost.
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
   * Counts a start. True when the database is behind its mark, or has lost it: then it is an older copy, and all of its
   * documents are marked as restored at `now` (ms since the epoch).
   */
  countStart(now: number): boolean {
    const { starts, rows } = this.#present
    // A database never started before has no mark to lose.
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

  /** Notes that `rows` more are committed. */
  add(rows: number): void {
    this.#present = { ...this.#present, rows: this.#present.rows + rows }
    this.#isSaved = false
  }

  /** Takes the mark forward to what was noted. */
  update(): void {
    if (this.#isSaved) return
    writeMark(this.#dataDir, this.#present)
    this.#isSaved = true
  }
}

/** Rows are counted by the documents' heads: erasing a document that has rows would have to carry its count on. */
function readProgress(db: DatabaseSync): Progress {
  const progress = prepare<Progress>(
    db,
    `SELECT value AS starts, (SELECT coalesce(sum(head_seq), 0) FROM documents) AS rows
     FROM meta WHERE key = 'starts'`,
  ).get()
  return progress ?? { starts: 0, rows: 0 }
}

/** `null` when there is no readable mark. */
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
