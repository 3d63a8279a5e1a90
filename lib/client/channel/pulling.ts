import type { Clock } from '#lib/protocol/clock.ts'
import { decodeHistory, type HistoryBody } from '#lib/protocol/messages/history.ts'
import type { Owner } from '../owner.ts'
import { Timers } from '../timers.ts'
import { BackOff } from './back-off.ts'
import type { Uplink } from './channel.ts'
import type { HistoryTransfer } from './history-transfer.ts'

export interface PullingOptions {
  readonly transfer: HistoryTransfer
  readonly clock: Pick<Clock, 'after' | 'random'>
  /** Told when the wait after a request that failed is over. */
  readonly owner: Owner
}

/** Asks for rows that are missing, one request at a time, and not before the wait after one that failed is over. */
export class Pulling {
  readonly #options: PullingOptions
  readonly #backOff: BackOff
  readonly #timers: Timers
  #request = 0
  #asking = false
  #waiting = false

  constructor(options: PullingOptions) {
    this.#options = options
    this.#backOff = new BackOff(options.clock)
    this.#timers = new Timers(options.clock)
  }

  /** A request is under way. */
  get asking(): boolean {
    return this.#asking
  }

  /** A request may be made now. */
  get isFree(): boolean {
    return !this.#asking && !this.#waiting
  }

  /**
   * Asks for the rows after `seq`. Returns null if there is nothing to apply: the request was refused, cut or malformed, and
   * then the wait for the next one begins, or it was cancelled. Never rejects.
   */
  async ask({ room, channel }: Uplink, seq: number): Promise<HistoryBody | null> {
    this.cancel()
    const request = this.#request
    this.#asking = true
    try {
      const { answer, history } = await channel.pull({ room, seq })
      if (request !== this.#request) return null
      if (!answer.ok) {
        this.#wait(answer.retryAfterMs ?? this.#backOff.next())
        return null
      }
      const bytes = history ?? (await this.#options.transfer.whole(room, answer.chunked))
      if (request !== this.#request) return null
      const body = decodeHistory(bytes)
      this.#backOff.reset()
      return body
    } catch {
      // Overdue, cut or malformed.
      if (request === this.#request) this.#wait(this.#backOff.next())
      return null
    } finally {
      if (request === this.#request) this.#asking = false
    }
  }

  /** Ends request and wait: another connection or join brings what is missing. Idempotent. */
  cancel(): void {
    this.#request++
    this.#asking = false
    this.#waiting = false
    this.#timers.clear()
  }

  #wait(ms: number): void {
    this.#waiting = true
    this.#timers.after(ms, () => {
      this.#waiting = false
      this.#options.owner.changed()
    })
  }
}
