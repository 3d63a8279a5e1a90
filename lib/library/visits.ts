import { LRUCache } from 'lru-cache'
import { WriteBehind } from '#lib/process/write-behind.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import type { DocumentCatalog, Visit } from './store.ts'

/**
 * The time within which a repeated visit by the same link is not recorded again, ms: after a network failure all
 * clients reconnect.
 */
const FRESH_FOR = 5 * 60_000
/** The time in which visits are gathered into one write, ms. */
const GATHER_MS = 50
const MOST_FRESH = 10_000

export interface VisitsOptions {
  readonly catalog: Pick<DocumentCatalog, 'recordVisits' | 'listFor' | 'forgetVisit'>
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly onLost: (error: unknown) => void
}

/**
 * Records the documents that users open, for their own lists: many visits in one write, and a repeated visit only
 * once per FRESH_FOR. A list includes all visits noted before it is read; a crash loses those not written.
 */
export class Visits {
  readonly #options: VisitsOptions
  /** The time at which a user's visit to a document by a link was last noted, ms since the epoch. */
  readonly #noted = new LRUCache<string, number>({ max: MOST_FRESH })
  readonly #writes: WriteBehind<Visit>

  constructor(options: VisitsOptions) {
    this.#options = options
    this.#writes = new WriteBehind({
      clock: options.clock,
      gatherMs: GATHER_MS,
      write: (visits) => options.catalog.recordVisits(visits),
      onLost: (error, visits) => {
        for (const visit of visits) this.#noted.delete(keyOf(visit))
        options.onLost(error)
      },
    })
  }

  note(userId: string, documentId: string, linkId: string): void {
    const visit = { userId, documentId, linkId, at: this.#options.clock.now() }
    const key = keyOf(visit)
    const before = this.#noted.get(key)
    if (before !== undefined && Math.abs(visit.at - before) < FRESH_FOR) return
    this.#noted.set(key, visit.at)
    this.#writes.add(visit)
  }

  /** Returns `DocumentCatalog.listFor`, after writing the waiting visits. */
  async listFor(...asked: Parameters<DocumentCatalog['listFor']>): ReturnType<DocumentCatalog['listFor']> {
    await this.flush()
    return this.#options.catalog.listFor(...asked)
  }

  /** Calls `DocumentCatalog.forgetVisit`. The next visit is recorded even if it follows within FRESH_FOR. */
  async forget(userId: string, documentId: string): Promise<void> {
    await this.flush()
    const about = keyOf({ userId, documentId, linkId: '' })
    for (const key of [...this.#noted.keys()]) if (key.startsWith(about)) this.#noted.delete(key)
    await this.#options.catalog.forgetVisit(userId, documentId)
  }

  /** Writes the waiting visits. Idempotent; never rejects. */
  flush(): Promise<void> {
    return this.#writes.flush()
  }
}

function keyOf({ userId, documentId, linkId }: Omit<Visit, 'at'>): string {
  return `${userId} ${documentId} ${linkId}`
}
