import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { LRUCache } from 'lru-cache'

/** The result of one statement on the account tables: rows, or the number of rows it changed. */
export interface AccountResult {
  readonly rows: Record<string, unknown>[]
  readonly changes?: bigint
}

/** The time after which an interactive transaction is rolled back, ms: while it is open, the log waits. */
const TRANSACTION_MS = 1000

/** The number of compiled statements kept. There are a few dozen different ones. */
const STATEMENTS = 200

/** The accounts' connection, in the storage thread. At most one transaction is open at a time. */
export class AccountConnection {
  readonly #db: DatabaseSync
  readonly #onIdle: () => void
  readonly #statements = new LRUCache<string, { statement: StatementSync; isReader: boolean }>({
    max: STATEMENTS,
  })
  #open: number | null = null
  #count = 0
  #deadline: NodeJS.Timeout | undefined

  /** `onIdle` is called after each transaction has ended. */
  constructor(db: DatabaseSync, onIdle: () => void) {
    this.#db = db
    this.#onIdle = onIdle
  }

  /** The number of the open transaction, null if none is open. */
  get open(): number | null {
    return this.#open
  }

  /** Runs one statement, within `transaction` or, if it is null, on its own. */
  query(transaction: number | null, sql: string, parameters: readonly unknown[]): AccountResult {
    if (transaction !== this.#open) throw rolledBack()
    const { statement, isReader } = this.#prepared(sql)
    const values = parameters.map(toSqlite)
    if (isReader) return { rows: statement.all(...values) }
    return { rows: [], changes: BigInt(statement.run(...values).changes) }
  }

  begin(): number {
    // IMMEDIATE: a transaction that takes the write lock later could find it held.
    this.#db.exec('BEGIN IMMEDIATE')
    this.#open = ++this.#count
    this.#deadline = setTimeout(() => this.#end('ROLLBACK'), TRANSACTION_MS)
    return this.#open
  }

  commit(transaction: number): void {
    if (transaction !== this.#open) throw rolledBack()
    this.#end('COMMIT')
  }

  /** Rolls a transaction back. Does nothing if it has already ended. */
  rollback(transaction: number): void {
    if (transaction === this.#open) this.#end('ROLLBACK')
  }

  close(): void {
    clearTimeout(this.#deadline)
    this.#open = null
    this.#db.close()
  }

  #end(how: 'COMMIT' | 'ROLLBACK'): void {
    clearTimeout(this.#deadline)
    this.#open = null
    try {
      if (this.#db.isTransaction) this.#db.exec(how)
    } finally {
      // The transaction is still open after a COMMIT that failed.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#onIdle()
    }
  }

  #prepared(sql: string): { statement: StatementSync; isReader: boolean } {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    const prepared = { statement, isReader: statement.columns().length > 0 }
    this.#statements.set(sql, prepared)
    return prepared
  }
}

function rolledBack(): Error {
  return new Error(`the transaction is no longer open; it is rolled back after ${TRANSACTION_MS} ms`)
}

/** Converts a value to one that SQLite can bind: it has no booleans, dates or undefined. */
function toSqlite(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return value
  throw new TypeError(`SQLite cannot store a ${typeof value}`)
}
