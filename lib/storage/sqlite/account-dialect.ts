import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { StorageThread } from './storage-thread.ts'

/**
 * Kysely over the storage thread. Kysely itself lets one query or transaction at a time through (the adapter says
 * that there is one connection). A transaction that is open for more than 1 s is rolled back; its queries then reject.
 */
export class AccountDialect implements Dialect {
  readonly #thread: StorageThread

  constructor(thread: StorageThread) {
    this.#thread = thread
  }

  createDriver(): Driver {
    return new AccountDriver(this.#thread)
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler()
  }

  createAdapter(): SqliteAdapter {
    return new SqliteAdapter()
  }

  createIntrospector(db: Kysely<unknown>): SqliteIntrospector {
    return new SqliteIntrospector(db)
  }
}

class AccountDriver implements Driver, DatabaseConnection {
  readonly #thread: StorageThread
  #transaction: number | null = null

  constructor(thread: StorageThread) {
    this.#thread = thread
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    // The thread crossing has also made plain objects of the rows, which node:sqlite gives a null prototype.
    const { rows, changes } = await this.#thread.call('accountQuery', [this.#transaction, sql, parameters])
    return { rows: rows as R[], ...(changes === undefined ? {} : { numAffectedRows: changes }) }
  }

  streamQuery(): never {
    throw new Error('streaming is not supported')
  }

  async beginTransaction(): Promise<void> {
    this.#transaction = await this.#thread.call('accountBegin', [])
  }

  async commitTransaction(): Promise<void> {
    await this.#end('accountCommit')
  }

  async rollbackTransaction(): Promise<void> {
    await this.#end('accountRollback')
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return this
  }

  async init(): Promise<void> {
    // Connections are opened, kept and closed by the thread, here and below.
  }

  async releaseConnection(): Promise<void> {
    // The one connection stays.
  }

  async destroy(): Promise<void> {
    // The store is closed by its own `close`.
  }

  async #end(how: 'accountCommit' | 'accountRollback'): Promise<void> {
    const transaction = this.#transaction
    if (transaction === null) return
    this.#transaction = null
    await this.#thread.call(how, [transaction])
  }
}
