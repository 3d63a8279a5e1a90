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
 * Kysely over the storage thread. Kysely itself sends one query or transaction at a time, as the adapter has a single
 * connection. A transaction open for more than 1 s is rolled back; its queries then reject.
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
    // node:sqlite gives rows a null prototype; cloning them between the threads makes them plain objects.
    const { rows, changes } = await this.#thread.call('accounts', 'query', [
      this.#transaction,
      sql,
      parameters,
    ])
    return { rows: rows as R[], ...(changes === undefined ? {} : { numAffectedRows: changes }) }
  }

  streamQuery(): never {
    throw new Error('streaming is not supported')
  }

  async beginTransaction(): Promise<void> {
    this.#transaction = await this.#thread.call('accounts', 'begin', [])
  }

  async commitTransaction(): Promise<void> {
    await this.#end('commit')
  }

  async rollbackTransaction(): Promise<void> {
    await this.#end('rollback')
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return this
  }

  async init(): Promise<void> {
    // The thread opens, keeps and closes the connections.
  }

  async releaseConnection(): Promise<void> {
    // There is one connection, and it stays open.
  }

  async destroy(): Promise<void> {
    // The store's `close` ends the connection.
  }

  async #end(how: 'commit' | 'rollback'): Promise<void> {
    const transaction = this.#transaction
    if (transaction === null) return
    this.#transaction = null
    await this.#thread.call('accounts', how, [transaction])
  }
}
