import type { OwnerCatalog } from '#lib/people/store.ts'
import type { Log } from '#lib/process/log.ts'
import type { Clock } from '#lib/protocol/clock.ts'

const DAY = 24 * 60 * 60 * 1000
/** The time after which a guest who owns nothing and was not seen is erased, ms: as long as a session lasts. */
export const GUEST_LIFE = 400 * DAY
/** The pause between two steps, ms, in which other requests reach the storage thread. */
const PAUSE_MS = 50

export interface GuestErasurePorts {
  readonly owners: Pick<OwnerCatalog, 'eraseIdleGuests'>
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly log: Log
}

/** Erases guests that own nothing and were not seen for GUEST_LIFE: now and every day, in small steps. */
export class GuestErasure {
  readonly #ports: GuestErasurePorts
  #cancel: (() => void) | null = null
  #isClosed = false

  constructor(ports: GuestErasurePorts) {
    this.#ports = ports
    void this.#step('', 0)
  }

  /** Ends the erasing after the step under way. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  /** Goes on after the user `after`; `erased` counts the guests erased so far. */
  async #step(after: string, erased: number): Promise<void> {
    const { owners, clock, log } = this.#ports
    let next: string | null = null
    let sum = erased
    try {
      const step = await owners.eraseIdleGuests(clock.now() - GUEST_LIFE, after)
      next = step.next
      sum += step.erased
    } catch (error) {
      log.error({ err: error }, 'jobs.failed')
    }
    if (next === null && sum > 0) log.info({ guests: sum }, 'jobs.guests-erased')
    if (this.#isClosed) return
    this.#cancel = clock.after(
      next === null ? DAY : PAUSE_MS,
      () => void this.#step(next ?? '', next === null ? 0 : sum),
    )
  }
}
