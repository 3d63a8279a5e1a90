import type { Log } from '#lib/process/log.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import type { AccessStore } from './store.ts'

export interface LinkExpiryPorts {
  readonly access: Pick<AccessStore, 'nextExpiry' | 'expiredIn'>
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** A link of this document has ended. */
  readonly onExpired: (documentId: string) => Promise<void>
  readonly log: Log
}

/** Timers hold no more than 2^31 ms, and the clock may be set meanwhile: it is looked at again at least this often. */
const LONGEST_WAIT = 60 * 60 * 1000
const RETRY_MS = 1000

/** Notices when links end, for those who came by them and are still there. One timer, for the next end. */
export class LinkExpiry {
  readonly #ports: LinkExpiryPorts
  #lookedAt: number
  #cancel: (() => void) | null = null
  #closed = false

  constructor(ports: LinkExpiryPorts) {
    this.#ports = ports
    this.#lookedAt = ports.clock.now()
  }

  /** Looks for the next end; called at the start, and when a link's expiry was set. Repeating is harmless. */
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
    const { access, clock, onExpired, log } = this.#ports
    const now = clock.now()
    try {
      const ended = await access.expiredIn(this.#lookedAt, now)
      this.#lookedAt = Math.max(this.#lookedAt, now)
      await Promise.all(ended.map(onExpired))
    } catch (error) {
      log.error({ err: error }, 'access.expiry-not-seen')
      this.#wait(RETRY_MS)
      return
    }
    await this.plan()
  }
}
