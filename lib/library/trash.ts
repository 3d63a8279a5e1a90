import type { Log } from '#lib/process/log.ts'
import type { DocumentCatalog } from './store.ts'

const HOUR = 60 * 60 * 1000
/** A document nobody wrote in is kept this long, ms. */
const UNTOUCHED_LIFE = 24 * HOUR
/** What is in the trash is kept this long, ms. */
export const TRASH_LIFE = 30 * 24 * HOUR

export interface JobPorts {
  readonly catalog: Pick<DocumentCatalog, 'eraseUntouched' | 'eraseDeleted'>
  /** Ends a document's room, should somebody have had it open all the while. */
  readonly endRoom: (documentId: string) => Promise<void>
  readonly log: Log
}

/** Runs what is done once in a while: now and every hour. Does not keep the process alive. Returns its end. */
export function startJobs({ catalog, endRoom, log }: JobPorts): () => void {
  const run = async () => {
    try {
      const erased = await catalog.eraseUntouched(Date.now() - UNTOUCHED_LIFE)
      await Promise.all(erased.map(endRoom))
      if (erased.length > 0) log.info({ documents: erased.length }, 'jobs.untouched-erased')
      // One after the other: a large one keeps the storage thread busy, and others wait behind it.
      let trashed = 0
      while ((await catalog.eraseDeleted(Date.now() - TRASH_LIFE)) !== null) trashed++
      if (trashed > 0) log.info({ documents: trashed }, 'jobs.trash-erased')
    } catch (error) {
      log.error({ err: error }, 'jobs.failed')
    }
  }
  void run()
  const timer = setInterval(run, HOUR).unref()
  return () => clearInterval(timer)
}
