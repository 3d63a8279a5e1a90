import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

/** A prepared statement that knows the shape of its rows (which the caller's SQL promises). */
export interface Statement<Row> {
  get(...values: SQLInputValue[]): Row | undefined
  all(...values: SQLInputValue[]): Row[]
  iterate(...values: SQLInputValue[]): IterableIterator<Row>
  run(...values: SQLInputValue[]): { readonly changes: number | bigint }
}

export function prepare<Row = never>(db: DatabaseSync, sql: string): Statement<Row> {
  return db.prepare(sql) as unknown as Statement<Row>
}

/** Opens a connection that has changed nothing yet: `configure` it before anything else is written. */
export function openConnection(path: string): DatabaseSync {
  // Our own connections never wait for each other (storage-worker.ts); a backup or a shell beside us may hold a lock.
  return new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true })
}

/** Every setting of SQLite stands here and above. WAL comes before what is about its commits. */
export function configure(db: DatabaseSync): void {
  // Free pages can be given back, a few at a time (free-pages.ts). Holds for databases made with it; changes no other.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL')
  // Readers and a writer side by side, one fsync per commit. Kept in the file.
  db.exec('PRAGMA journal_mode = WAL')
  // A commit is on disk before it returns. NORMAL would lose acknowledged edits at power loss.
  db.exec('PRAGMA synchronous = FULL')
  // macOS: an fsync that reaches the platter. Nothing elsewhere.
  db.exec('PRAGMA fullfsync = ON')
  // After a surge the WAL file shrinks again, to 64 MiB.
  db.exec('PRAGMA journal_size_limit = 67108864')
}

/** Runs `work` as one transaction that is written whole or not at all. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const value = work()
    db.exec('COMMIT')
    return value
  } catch (error) {
    // After some errors (disk full, I/O) SQLite has rolled back by itself.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** SQLite's primary result code of an error, 0 for other errors. */
export function sqliteCode(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : 0
  return typeof code === 'number' ? code & 0xff : 0
}

/** Primary result codes, as in sqlite3.h. */
export const SQLITE = { corrupt: 11, tooBig: 18, constraint: 19, notADatabase: 26 } as const
