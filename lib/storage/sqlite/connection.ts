import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

/** A prepared statement with the type of its rows, which the caller's SQL promises. */
export interface Statement<Row> {
  get(...values: SQLInputValue[]): Row | undefined
  all(...values: SQLInputValue[]): Row[]
  iterate(...values: SQLInputValue[]): IterableIterator<Row>
  run(...values: SQLInputValue[]): { readonly changes: number | bigint }
}

export function prepare<Row = never>(db: DatabaseSync, sql: string): Statement<Row> {
  return db.prepare(sql) as unknown as Statement<Row>
}

/** Opens a connection without changing the file. Call `configure` before writing anything. */
export function openConnection(path: string): DatabaseSync {
  // Our own connections never wait for each other (storage-worker.ts), but a backup or a shell on the same file may
  // hold a lock.
  return new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true })
}

/** Applies every setting of SQLite that `openConnection` does not. Sets WAL before the settings of its commits. */
export function configure(db: DatabaseSync): void {
  // Lets free pages be given back a few at a time (free-pages.ts). Affects only databases created with this setting.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL')
  // Readers run beside one writer, with one fsync per commit. Stored in the file.
  db.exec('PRAGMA journal_mode = WAL')
  // A commit is on disk before it returns. NORMAL would lose acknowledged edits at power loss.
  db.exec('PRAGMA synchronous = FULL')
  // On macOS, use an fsync that reaches the platter. No effect elsewhere.
  db.exec('PRAGMA fullfsync = ON')
  // Shrink the WAL file to 64 MiB again after a surge.
  db.exec('PRAGMA journal_size_limit = 67108864')
}

/** Runs `work` in one transaction, which is written as a whole or not at all. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const value = work()
    db.exec('COMMIT')
    return value
  } catch (error) {
    // After some errors (disk full, I/O) SQLite has already rolled back.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** Returns SQLite's primary result code of an error, 0 for other errors. */
export function sqliteCode(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : 0
  return typeof code === 'number' ? code & 0xff : 0
}

/** Primary result codes, as in sqlite3.h. */
export const SQLITE = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  tooBig: 18,
  constraint: 19,
  notADatabase: 26,
} as const

/** Result codes of a disk that is full, read-only or failing. */
export const DISK_CODES: readonly number[] = [SQLITE.readOnly, SQLITE.ioError, SQLITE.full, SQLITE.cannotOpen]
