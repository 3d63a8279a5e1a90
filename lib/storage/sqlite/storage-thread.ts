import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import {
  type Method,
  READY,
  type Ready,
  type Reply,
  type Request,
  type Requests,
  type ThreadStart,
} from './requests.ts'
import { fromWireError } from './store-error.ts'

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

/**
 * The main thread's end of the storage thread. Requests are answered in the order in which they are made. When the
 * thread dies, what is pending rejects, and the next request starts another one.
 */
export class StorageThread {
  readonly #dataDir: string
  #worker: Worker | null = null
  #starting: Promise<Ready> | null = null
  #closing: Promise<void> | null = null
  #lastId = READY
  readonly #pending = new Map<number, Pending>()

  private constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  /** Throws StoreUnavailable. `restored`: the database is an older copy of what was here at the last start. */
  static async start(dataDir: string): Promise<{ thread: StorageThread; restored: boolean }> {
    const thread = new StorageThread(dataDir)
    const { restored } = await thread.#start(true)
    return { thread, restored }
  }

  async call<M extends Method>(
    method: M,
    args: Parameters<Requests[M]>,
    transfer?: ArrayBuffer[],
  ): Promise<ReturnType<Requests[M]>> {
    if (this.#closing !== null) throw new Error('the store is closed')
    if (!this.#worker) await this.#restart()
    return this.#post(method, args, transfer)
  }

  /** Answers what was asked before, folds the write-ahead log into the database, ends the thread. Repeating is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #post<M extends Method>(
    method: M,
    args: Parameters<Requests[M]>,
    transfer?: ArrayBuffer[],
  ): Promise<ReturnType<Requests[M]>> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      // The thread answers each method with what Requests says.
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject })
      this.#worker?.postMessage([id, method, args] as unknown as Request, transfer)
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
        // Flags of the parent (a test runner's loaders, say) are not for this thread.
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
    await Promise.all([this.#post('close', []), once(worker, 'exit')])
  }
}
