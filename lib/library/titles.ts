import { WriteBehind } from '#lib/process/write-behind.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import type { DocumentCatalog } from './store.ts'

/** The time in which titles are gathered into one write, ms. */
const GATHER_MS = 200

export interface TitlesOptions {
  readonly catalog: Pick<DocumentCatalog, 'setTitles'>
  readonly clock: Pick<Clock, 'after'>
  readonly onLost: (error: unknown) => void
}

/**
 * Writes the titles that folding finds, many together. A crash loses those not written; the next fold finds them
 * again.
 */
export class Titles {
  readonly #writes: WriteBehind<readonly [documentId: string, title: string]>

  constructor({ catalog, clock, onLost }: TitlesOptions) {
    this.#writes = new WriteBehind({
      clock,
      gatherMs: GATHER_MS,
      write: (titles) => catalog.setTitles(new Map(titles)),
      onLost,
    })
  }

  /** Sets a document's title. If it is set again before the write, the last one counts. */
  set(documentId: string, title: string): void {
    this.#writes.add([documentId, title])
  }

  /** Writes the waiting titles. Idempotent; never rejects. */
  flush(): Promise<void> {
    return this.#writes.flush()
  }
}
