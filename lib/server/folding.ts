import { Worker } from 'node:worker_threads'
import type { FoldJob, FoldResult } from '../collab/fold.ts'
import type { SchemaFinding } from '../collab/schema-check.ts'

/** What the thread is asked. */
export interface FoldOrder {
  readonly what: 'fold' | 'check' | 'digest'
  readonly job: FoldJob
}

/** What the thread answers. `spent`: its CPU time for it, ms. */
export type FoldAnswer =
  | { readonly ok: true; readonly result: FoldResult | SchemaFinding | string; readonly spent: number }
  | { readonly ok: false; readonly reason: string; readonly spent: number }

export interface FoldingOptions {
  /** A job that takes longer is given up, ms. */
  readonly timeLimit?: number
  /** Memory of the thread beyond which it is ended, MB. */
  readonly memoryLimit?: number
}

const TIME_LIMIT = 30_000
const MEMORY_LIMIT = 512

/**
 * Folds documents in a thread of their own, one at a time, within limits of time and memory. A document that breaks
 * them costs its own fold and a new thread. The thread is made with the first job and kept.
 */
export class Folding {
  readonly #timeLimit: number
  readonly #memoryLimit: number
  #worker: Worker | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false
  #spent = 0

  constructor({ timeLimit = TIME_LIMIT, memoryLimit = MEMORY_LIMIT }: FoldingOptions = {}) {
    this.#timeLimit = timeLimit
    this.#memoryLimit = memoryLimit
  }

  /** CPU time of all jobs so far, ms; of a job that was given up, its time limit. Starting the thread is not counted. */
  get spent(): number {
    return this.#spent
  }

  /** Rejects when the document cannot be folded or breaks a limit. Nothing is kept: repeating is harmless. */
  fold(job: FoldJob): Promise<FoldResult> {
    return this.#queued({ what: 'fold', job }) as Promise<FoldResult>
  }

  /** Holds a document against the schema and nothing more. Rejects as `fold` does. */
  check(job: FoldJob): Promise<SchemaFinding> {
    return this.#queued({ what: 'check', job }) as Promise<SchemaFinding>
  }

  /** The digest of what a document shows. Rejects as `fold` does. */
  digest(job: FoldJob): Promise<string> {
    return this.#queued({ what: 'digest', job }) as Promise<string>
  }

  /** Ends the thread; a job under way is rejected. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#worker?.terminate()
  }

  #queued(order: FoldOrder): Promise<FoldResult | SchemaFinding | string> {
    const done = this.#queue.then(() => this.#run(order))
    this.#queue = done.catch(() => undefined)
    return done
  }

  async #run(order: FoldOrder): Promise<FoldResult | SchemaFinding | string> {
    if (this.#closed) throw new Error('folding is closed')
    const worker = this.#worker ?? this.#start()
    const { promise, resolve, reject } = Promise.withResolvers<FoldAnswer>()
    const ended = () => reject(new Error('the folding thread ended'))
    const timer = setTimeout(() => {
      reject(new Error(`folding took more than ${this.#timeLimit} ms`))
      this.#spent += this.#timeLimit
      this.#worker = null
      void worker.terminate()
    }, this.#timeLimit)
    worker.once('message', resolve).once('error', reject).once('exit', ended)
    try {
      worker.postMessage(order)
      const answer = await promise
      this.#spent += answer.spent
      if (answer.ok) return answer.result
      throw new Error(answer.reason)
    } finally {
      clearTimeout(timer)
      worker.off('message', resolve).off('error', reject).off('exit', ended)
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./fold-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryLimit },
    })
    const lose = () => {
      if (this.#worker === worker) this.#worker = null
    }
    // A thread that was ended for its memory says so in an error, which the job's own listener has heard.
    worker.on('error', lose).on('exit', lose)
    worker.unref()
    this.#worker = worker
    return worker
  }
}
