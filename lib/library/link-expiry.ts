import type { Log } from '#lib/process/log.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import type { OpenDocuments } from './open-documents.ts'
import type { AccessStore } from './store.ts'

export interface LinkExpiryPorts {
  readonly access: Pick<AccessStore, 'nextExpiry' | 'expiredIn'>
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly openDocuments: Pick<OpenDocuments, 'accessChanged'>
  readonly log: Log
}

/** The longest wait before looking again, ms: timers hold at most 2^31 ms, and the clock may be set meanwhile. */
const LONGEST_WAIT = 60 * 60 * 1000
const RETRY_MS = 1000

/** Judges a document's open connections again when one of its links expires. Uses one timer, for the next expiry. */
export class LinkExpiry {
  readonly #ports: LinkExpiryPorts
  #lookedAt: number
  #cancel: (() => void) | null = null
  #closed = false

  constructor(ports: LinkExpiryPorts) {
    this.#ports = ports
    this.#lookedAt = ports.clock.now()
  }

  /**
   * Sets the timer for the next expiry. Called at the start and after a link's expiry was set. Idempotent; never
   * rejects.
   */
  async plan(): Promise<void> {
    const { access, clock, log } = this.#ports
    try {
      const next = await access.nextExpiry(this.#lookedAt)
      this.#wait(next === null ? LONGEST_WAIT : next - clock.now())
    } catch (error) {
      log.error({ err: error }, 'access.expiry-not-planned')
      this.#wait(RETRY_MS)
    }
  }

  close(): void {
    this.#closed = true
    this.#cancel?.()
  }

  #wait(ms: number): void {
    this.#cancel?.()
    if (this.#closed) return
    this.#cancel = this.#ports.clock.after(Math.min(LONGEST_WAIT, Math.max(0, ms)), () => void this.#look())
  }

  async #look(): Promise<void> {
    const { access, clock, openDocuments, log } = this.#ports
    const now = clock.now()
    try {
      const ended = await access.expiredIn(this.#lookedAt, now)
      this.#lookedAt = Math.max(this.#lookedAt, now)
      await Promise.all(ended.map((documentId) => openDocuments.accessChanged(documentId)))
    } catch (error) {
      log.error({ err: error }, 'access.expiry-not-seen')
      this.#wait(RETRY_MS)
      return
    }
    await this.plan()
  }
}
