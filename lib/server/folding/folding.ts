import { Worker } from 'node:worker_threads'
import type { DocumentCopy, FoldJob, FoldResult } from '#lib/document/fold.ts'
import type { SchemaFinding } from '#lib/document/schema-check.ts'

/** An order to the thread. */
export type FoldOrder =
  | { readonly what: 'fold' | 'check' | 'digest'; readonly job: FoldJob }
  | { readonly what: 'copy'; readonly job: FoldJob & { readonly title: string } }

export type FoldAnswer =
  | { readonly ok: true; readonly result: Folded }
  | { readonly ok: false; readonly reason: string }

/** The thread's answers to several orders. */
export interface FoldAnswers {
  readonly answers: readonly FoldAnswer[]
  /** CPU time of the thread for all of these orders, ms. */
  readonly spent: number
}

type Folded = FoldResult | SchemaFinding | DocumentCopy | string

export interface FoldingOptions {
  /** Time after which a job is aborted, ms. */
  readonly timeLimitMs?: number
  /** Memory above which the thread is ended, MB. */
  readonly memoryLimitMb?: number
}

const TIME_LIMIT_MS = 30_000
const MEMORY_LIMIT_MB = 512
/**
 * A thread that was given more than this, in bytes, is ended once it has had nothing to do for IDLE_MS: while it waits,
 * V8 keeps its garbage.
 */
const HEAVY_BYTES = 16 * 1024 * 1024
const IDLE_MS = 10_000
/** Maximum number of jobs handed to the thread together: handing over costs more than folding a short document. */
const MOST_TOGETHER = 16
/** Maximum bytes of the jobs handed to the thread together. */
const TOGETHER_BYTES = 64 * 1024

interface Waiting {
  readonly order: FoldOrder
  readonly bytes: number
  readonly settle: PromiseWithResolvers<Folded>
}

/**
 * Folds documents in a thread of its own, one after the other, within limits of time and memory. A document that
 * exceeds them costs its own fold and a new thread. The thread is started with the first job and kept.
 */
export class Folding {
  readonly #timeLimitMs: number
  readonly #memoryLimitMb: number
  #worker: Worker | null = null
  #waiting: Waiting[] = []
  #working = false
  #closed = false
  #spent = 0
  /** Bytes given to the thread since it was started. */
  #given = 0
  #idle: NodeJS.Timeout | undefined

  constructor({ timeLimitMs = TIME_LIMIT_MS, memoryLimitMb = MEMORY_LIMIT_MB }: FoldingOptions = {}) {
    this.#timeLimitMs = timeLimitMs
    this.#memoryLimitMb = memoryLimitMb
  }

  /** CPU time of all jobs so far, ms. An aborted job counts as its time limit. Starting the thread is not counted. */
  get spent(): number {
    return this.#spent
  }

  /** Folds a document. Rejects if it cannot be folded or exceeds a limit. Idempotent: nothing is kept. */
  fold(job: FoldJob): Promise<FoldResult> {
    return this.#queue({ what: 'fold', job }) as Promise<FoldResult>
  }

  /** Checks a document against the schema and does nothing more. Rejects as `fold` does. */
  check(job: FoldJob): Promise<SchemaFinding> {
    return this.#queue({ what: 'check', job }) as Promise<SchemaFinding>
  }

  /** Returns the digest of a document's content. Rejects as `fold` does. */
  digest(job: FoldJob): Promise<string> {
    return this.#queue({ what: 'digest', job }) as Promise<string>
  }

  /** Copies what a document shows, under another title. Rejects as `fold` does. */
  copy(job: FoldJob & { readonly title: string }): Promise<DocumentCopy> {
    return this.#queue({ what: 'copy', job }) as Promise<DocumentCopy>
  }

  /** Ends the thread and rejects the job under way. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#idle)
    await this.#end()
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
    clearTimeout(this.#idle)
    // Jobs queued in the same turn go together.
    await null
    while (this.#waiting.length > 0) await this.#fold(this.#next())
    this.#working = false
    if (this.#given > HEAVY_BYTES) this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref()
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }

  /** Takes the next job, and those behind it that are light enough to go with it. */
  #next(): Waiting[] {
    let bytes = 0
    const end = this.#waiting.findIndex((each, i) => {
      bytes += each.bytes
      return i > 0 && (i === MOST_TOGETHER || bytes > TOGETHER_BYTES)
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  /** Settles all of these jobs. If one exceeds a limit, each is run again alone, so that the others are not lost. */
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
      reject(new Error(`folding took more than ${this.#timeLimitMs} ms`))
      this.#spent += this.#timeLimitMs
      this.#worker = null
      void worker.terminate()
    }, this.#timeLimitMs)
    worker.once('message', resolve).once('error', reject).once('exit', ended)
    try {
      this.#given += orders.reduce((sum, order) => sum + weightOf(order), 0)
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
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryLimitMb },
    })
    const lose = () => {
      if (this.#worker === worker) this.#worker = null
    }
    // A thread ended for its memory emits an error, which the job's own listener has received.
    worker.on('error', lose).on('exit', lose)
    worker.unref()
    this.#worker = worker
    this.#given = 0
    return worker
  }
}

function weightOf({ job: { state, rows } }: FoldOrder): number {
  return rows.reduce((sum, { length }) => sum + length, state?.length ?? 0)
}
