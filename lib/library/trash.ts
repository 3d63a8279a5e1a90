import type { Log } from '#lib/process/log.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import type { OpenDocuments } from './open-documents.ts'
import type { DocumentCatalog } from './store.ts'

const HOUR = 60 * 60 * 1000
/** How long a document without a single edit is kept, ms. */
const UNTOUCHED_LIFE = 24 * HOUR
/** How long the trash keeps a document, ms. */
export const TRASH_LIFE = 30 * 24 * HOUR

export interface TrashPorts {
  readonly catalog: Pick<DocumentCatalog, 'eraseUntouched' | 'eraseDeleted'>
  readonly openDocuments: Pick<OpenDocuments, 'endDeleted'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Erases what has been in the trash for long, and documents nobody wrote in: now and every hour. */
export class Trash {
  readonly #ports: TrashPorts
  readonly #timer: NodeJS.Timeout

  constructor(ports: TrashPorts) {
    this.#ports = ports
    void this.#empty()
    // Does not keep the process alive.
    this.#timer = setInterval(() => void this.#empty(), HOUR).unref()
  }

  /** Stops the timer; a run that has begun goes on. Idempotent. */
  close(): void {
    clearInterval(this.#timer)
  }

  async #empty(): Promise<void> {
    const { catalog, openDocuments, clock, log } = this.#ports
    try {
      const untouched = await catalog.eraseUntouched(clock.now() - UNTOUCHED_LIFE)
      await Promise.all(untouched.map((documentId) => openDocuments.endDeleted(documentId)))
      if (untouched.length > 0) log.info({ documents: untouched.length }, 'jobs.untouched-erased')
      // One after the other: a large one keeps the storage thread busy, and others wait behind it.
      let trashed = 0
      while ((await catalog.eraseDeleted(clock.now() - TRASH_LIFE)) !== null) trashed++
      if (trashed > 0) log.info({ documents: trashed }, 'jobs.trash-erased')
    } catch (error) {
      log.error({ err: error }, 'jobs.failed')
    }
  }
}
