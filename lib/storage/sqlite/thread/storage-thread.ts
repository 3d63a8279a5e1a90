import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { fromWireError } from '../store-error.ts'
import {
  type Arguments,
  type Method,
  READY,
  type Ready,
  type Reply,
  type Request,
  type Stores,
  type TableStore,
  type ThreadStart,
  type Value,
} from './requests.ts'

/** The methods of a store, called from the main thread. */
type Remote<S extends keyof Stores> = {
  readonly [M in Method<S>]: (...args: Arguments<S, M>) => Promise<Value<S, M>>
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

/**
 * The main thread's end of the storage thread. Requests are answered in the order in which they are made. If the
 * thread dies, pending requests reject, and the next request starts another thread.
 */
export class StorageThread {
  readonly #dataDir: string
  #worker: Worker | null = null
  #starting: Promise<Ready> | null = null
  #closing: Promise<void> | null = null
  #lastId = READY
  #methods: Ready['methods'] = { log: [], catalog: [], owners: [], access: [] }
  readonly #pending = new Map<number, Pending>()

  private constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  /**
   * Starts the thread, which opens the database in `dataDir`. Returns `restored: true` if the database is an older copy
   * of the one at the last start. Throws StoreUnavailable.
   */
  static async start(dataDir: string): Promise<{ thread: StorageThread; restored: boolean }> {
    const thread = new StorageThread(dataDir)
    const { restored, methods } = await thread.#start(true)
    thread.#methods = methods
    return { thread, restored }
  }

  /**
   * Returns the methods of a store's tables, each answered by the thread. They are created from the names that the
   * thread sent when it started: nothing lists them twice, and a call goes through no Proxy.
   */
  over<S extends TableStore>(store: S): Remote<S> {
    const made = this.#methods[store].map((name) => {
      const method = name as Method<S>
      return [method, (...args: Arguments<S, typeof method>) => this.call(store, method, args)]
    })
    return Object.fromEntries(made)
  }

  /** Has the thread call a method of a store. Buffers in `transfer` are transferred instead of cloned. */
  async call<S extends keyof Stores, M extends Method<S>>(
    store: S,
    method: M,
    args: Arguments<S, M>,
    transfer?: ArrayBuffer[],
  ): Promise<Value<S, M>> {
    if (this.#closing !== null) throw new Error('the store is closed')
    if (!this.#worker) await this.#restart()
    return this.#post(store, method, args, transfer)
  }

  /** Answers earlier requests, folds the write-ahead log into the database and ends the thread. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #post<S extends keyof Stores, M extends Method<S>>(
    store: S,
    method: M,
    args: Arguments<S, M>,
    transfer?: ArrayBuffer[],
  ): Promise<Value<S, M>> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      // The thread answers each method with the type that Stores declares.
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject })
      this.#worker?.postMessage([id, store, method, args] satisfies Request, transfer)
    })
  }

  #restart(): Promise<Ready> {
    this.#starting ??= this.#start(false).finally(() => {
      this.#starting = null
    })
    return this.#starting
  }

  #start(isStart: boolean): Promise<Ready> {
    return new Promise((resolve, reject) => {
      this.#pending.set(READY, { resolve: resolve as Pending['resolve'], reject })
      const workerData: ThreadStart = { dataDir: this.#dataDir, isStart }
      const worker = new Worker(new URL('./storage-worker.ts', import.meta.url), {
        name: 'storage',
        workerData,
        // Flags of the parent (a test runner's loaders, for example) are not meant for this thread.
        execArgv: [],
      })
      this.#worker = worker
      worker.on('message', (reply: Reply) => this.#receive(reply))
      worker.once('error', (error) => this.#lose(worker, error))
      worker.once('exit', (code) => this.#lose(worker, new Error(`exit code ${code}`)))
    })
  }

  #receive([id, value, error]: Reply): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (error) pending?.reject(fromWireError(error))
    else pending?.resolve(value)
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = null
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(new Error('the storage thread has stopped', { cause }))
  }

  async #close(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    await Promise.all([this.#post('thread', 'close', []), once(worker, 'exit')])
  }
}
