import { Worker } from 'node:worker_threads'
import type { FoldJob, FoldResult } from '#lib/document/fold.ts'
import type { SchemaFinding } from '#lib/document/schema-check.ts'

/** What the thread is asked. */
export interface FoldOrder {
  readonly what: 'fold' | 'check' | 'digest'
  readonly job: FoldJob
}

export type FoldAnswer =
  | { readonly ok: true; readonly result: Folded }
  | { readonly ok: false; readonly reason: string }

/** What the thread answers to several orders. `spent`: its CPU time for them, ms. */
export interface FoldAnswers {
  readonly answers: readonly FoldAnswer[]
  readonly spent: number
}

type Folded = FoldResult | SchemaFinding | string

export interface FoldingOptions {
  /** A job that takes longer is given up, ms. */
  readonly timeLimit?: number
  /** Memory of the thread beyond which it is ended, MB. */
  readonly memoryLimit?: number
}

const TIME_LIMIT = 30_000
const MEMORY_LIMIT = 512
/** Handing over costs more than folding a short document: so many jobs, which weigh so little in all, go together. */
const MOST_TOGETHER = 16
const TOGETHER_BYTES = 64 * 1024

interface Waiting {
  readonly order: FoldOrder
  readonly bytes: number
  readonly settle: PromiseWithResolvers<Folded>
}

/**
 * Folds documents in a thread of their own, one after the other, within limits of time and memory. A document that breaks
 * them costs its own fold and a new thread. The thread is made with the first job and kept.
 */
export class Folding {
  readonly #timeLimit: number
  readonly #memoryLimit: number
  #worker: Worker | null = null
  #waiting: Waiting[] = []
  #working = false
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
    return this.#queue({ what: 'fold', job }) as Promise<FoldResult>
  }

  /** Holds a document against the schema and nothing more. Rejects as `fold` does. */
  check(job: FoldJob): Promise<SchemaFinding> {
    return this.#queue({ what: 'check', job }) as Promise<SchemaFinding>
  }

  /** The digest of what a document shows. Rejects as `fold` does. */
  digest(job: FoldJob): Promise<string> {
    return this.#queue({ what: 'digest', job }) as Promise<string>
  }

  /** Ends the thread; a job under way is rejected. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#worker?.terminate()
  }

  #queue(order: FoldOrder): Promise<Folded> {
    const settle = Promise.withResolvers<Folded>()
    this.#waiting.push({ order, bytes: weightOf(order), settle })
    void this.#work()
    return settle.promise
  }

  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    // What is asked for in the same turn goes together.
    await null
    while (this.#waiting.length > 0) await this.#fold(this.#next())
    this.#working = false
  }

  /** The next in line, and behind it what is light enough to go with it. */
  #next(): Waiting[] {
    let bytes = 0
    const end = this.#waiting.findIndex((each, i) => {
      bytes += each.bytes
      return i > 0 && (i === MOST_TOGETHER || bytes > TOGETHER_BYTES)
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  /** Settles them all. One that breaks a limit takes none of the others with it. */
  async #fold(together: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#run(together.map(({ order }) => order))
      for (const [i, { settle }] of together.entries()) {
        const answer = answers[i]
        if (answer?.ok) settle.resolve(answer.result)
        else settle.reject(new Error(answer?.reason ?? 'the folding thread gave no answer'))
      }
    } catch (error) {
      if (together.length > 1) for (const each of together) await this.#fold([each])
      else for (const { settle } of together) settle.reject(error)
    }
  }

  async #run(orders: readonly FoldOrder[]): Promise<readonly FoldAnswer[]> {
    if (this.#closed) throw new Error('folding is closed')
    const worker = this.#worker ?? this.#start()
    const { promise, resolve, reject } = Promise.withResolvers<FoldAnswers>()
    const ended = () => reject(new Error('the folding thread ended'))
    const timer = setTimeout(() => {
      reject(new Error(`folding took more than ${this.#timeLimit} ms`))
      this.#spent += this.#timeLimit
      this.#worker = null
      void worker.terminate()
    }, this.#timeLimit)
    worker.once('message', resolve).once('error', reject).once('exit', ended)
    try {
      worker.postMessage(orders)
      const { answers, spent } = await promise
      this.#spent += spent
      return answers
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

function weightOf({ job: { state, rows } }: FoldOrder): number {
  return rows.reduce((sum, { length }) => sum + length, state?.length ?? 0)
}
