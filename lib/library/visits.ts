import type { Clock } from '#lib/protocol/clock.ts'
import type { DocumentCatalog, Visit } from './store.ts'

/** Who came by the same link this short a time ago, ms, is not noted again: when a network fails, everybody comes back. */
const FRESH_FOR = 5 * 60_000
/** Visits are written together, this long after the first of them, ms. */
const GATHER_MS = 50
const MOST_FRESH = 10_000

export interface VisitsOptions {
  readonly catalog: Pick<DocumentCatalog, 'recordVisits' | 'listFor' | 'forgetVisit'>
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly onLost: (error: unknown) => void
}

/**
 * What people opened, for their own lists: many visits in one write, and nobody's twice within minutes. A list is read
 * with all visits noted before; a crash loses those of the last moment, which nobody was promised.
 */
export class Visits {
  readonly #options: VisitsOptions
  /** When a user's visit to a document by a link was noted last; the one noted longest ago first. */
  readonly #noted = new Map<string, number>()
  #waiting: Visit[] = []
  #cancel: (() => void) | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(options: VisitsOptions) {
    this.#options = options
  }

  note(userId: string, documentId: string, linkId: string): void {
    const { clock } = this.#options
    const key = `${userId} ${documentId} ${linkId}`
    const at = clock.now()
    const before = this.#noted.get(key)
    if (before !== undefined && Math.abs(at - before) < FRESH_FOR) return
    this.#noted.delete(key)
    this.#noted.set(key, at)
    for (const longest of this.#noted.keys()) {
      if (this.#noted.size <= MOST_FRESH) break
      this.#noted.delete(longest)
    }
    this.#waiting.push({ userId, documentId, linkId, at })
    this.#cancel ??= clock.after(GATHER_MS, () => void this.flush())
  }

  /** As `DocumentCatalog.listFor`. */
  async listFor(...asked: Parameters<DocumentCatalog['listFor']>): ReturnType<DocumentCatalog['listFor']> {
    await this.flush()
    return this.#options.catalog.listFor(...asked)
  }

  /** As `DocumentCatalog.forgetVisit`: the next visit is noted whenever it comes. */
  async forget(userId: string, documentId: string): Promise<void> {
    await this.flush()
    const about = `${userId} ${documentId} `
    for (const key of this.#noted.keys()) if (key.startsWith(about)) this.#noted.delete(key)
    await this.#options.catalog.forgetVisit(userId, documentId)
  }

  /** Writes what waits. Repeating is harmless; never rejects. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = null
    const visits = this.#waiting
    this.#waiting = []
    if (visits.length > 0) this.#writing = this.#writing.then(() => this.#write(visits))
    return this.#writing
  }

  async #write(visits: readonly Visit[]): Promise<void> {
    try {
      await this.#options.catalog.recordVisits(visits)
    } catch (error) {
      for (const { userId, documentId, linkId } of visits) {
        this.#noted.delete(`${userId} ${documentId} ${linkId}`)
      }
      this.#options.onLost(error)
    }
  }
}
