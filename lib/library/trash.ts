import type { Log } from '#lib/process/log.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import type { OpenDocuments } from './open-documents.ts'
import type { DocumentCatalog } from './store.ts'

const HOUR = 60 * 60 * 1000
/** The time for which a document without a single edit is kept, ms. */
const UNTOUCHED_LIFE = 24 * HOUR
/** The time for which the trash keeps a document, ms. */
export const TRASH_LIFE = 30 * 24 * HOUR

export interface TrashPorts {
  readonly catalog: Pick<DocumentCatalog, 'eraseUntouched' | 'eraseDeleted'>
  readonly openDocuments: Pick<OpenDocuments, 'endDeleted'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/**
 * Erases documents that have been in the trash for TRASH_LIFE, and documents that were never edited: now and every
 * hour.
 */
export class Trash {
  readonly #ports: TrashPorts
  readonly #timer: NodeJS.Timeout

  constructor(ports: TrashPorts) {
    this.#ports = ports
    void this.#empty()
    // Let the process exit while the timer is set.
    this.#timer = setInterval(() => void this.#empty(), HOUR).unref()
  }

  /** Stops the timer. A run under way continues. Idempotent. */
  close(): void {
    clearInterval(this.#timer)
  }

  async #empty(): Promise<void> {
    const { catalog, openDocuments, clock, log } = this.#ports
    try {
      const untouched = await catalog.eraseUntouched(clock.now() - UNTOUCHED_LIFE)
      await Promise.all(untouched.map((documentId) => openDocuments.endDeleted(documentId)))
      if (untouched.length > 0) log.info({ documents: untouched.length }, 'jobs.untouched-erased')
      // One after the other: a large one keeps the storage thread busy, and other requests would wait for all of
      // them.
      let trashed = 0
      while ((await catalog.eraseDeleted(clock.now() - TRASH_LIFE)) !== null) trashed++
      if (trashed > 0) log.info({ documents: trashed }, 'jobs.trash-erased')
    } catch (error) {
      log.error({ err: error }, 'jobs.failed')
    }
  }
}
