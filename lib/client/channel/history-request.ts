import type { Clock } from '#lib/protocol/clock.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import { decodeHistory, type HistoryBody } from '#lib/protocol/messages/history.ts'
import type { Owner } from '../owner.ts'
import { Timers } from '../timers.ts'
import { BackOff } from './back-off.ts'
import type { HistoryTransfer } from './history-transfer.ts'

export interface HistoryRequestOptions {
  readonly transfer: HistoryTransfer
  readonly clock: Pick<Clock, 'after' | 'random'>
  /** Told when the wait before the next request is over. */
  readonly owner: Owner
}

/** An answer whose history comes with it, or in chunks of `chunked` bytes in total. */
interface Granted {
  readonly ok: true
  readonly chunked: number
}

export type HistoryOutcome<Answer> =
  | { readonly is: 'granted'; readonly answer: Answer; readonly history: HistoryBody }
  /** `refusal` is null if there was no usable answer: it was overdue, cut off or malformed. */
  | { readonly is: 'refused'; readonly refusal: Refusal | null }
  /** Another request has replaced this one, or it was cancelled. */
  | { readonly is: 'overtaken' }

/** Requests a history, one request at a time, with a back-off between failed attempts. */
export class HistoryRequest {
  readonly #options: HistoryRequestOptions
  readonly #backOff: BackOff
  readonly #timers: Timers
  #number = 0
  #asking = false
  #waiting = false
  #isDue = false

  constructor(options: HistoryRequestOptions) {
    this.#options = options
    this.#backOff = new BackOff(options.clock)
    this.#timers = new Timers(options.clock)
  }

  /** A request is under way. */
  get asking(): boolean {
    return this.#asking
  }

  /** A new request may be made now: none is under way, and there is no wait. */
  get isFree(): boolean {
    return !this.#asking && !this.#waiting
  }

  /** The wait before the next request is over. */
  get isDue(): boolean {
    return this.#isDue
  }

  /** Receives the answer to `asked`, a request just sent, and its history, which may come in chunks. Never rejects. */
  async receive<Answer extends Granted>(
    asked: Promise<{ answer: Answer | Refusal; history: Uint8Array | null }>,
    roomIn: (answer: Answer) => number,
  ): Promise<HistoryOutcome<Answer>> {
    this.cancel()
    const number = this.#number
    this.#asking = true
    try {
      const { answer, history } = await asked
      if (number !== this.#number) return { is: 'overtaken' }
      if (!answer.ok) return { is: 'refused', refusal: answer }
      const bytes = history ?? (await this.#options.transfer.whole(roomIn(answer), answer.chunked))
      if (number !== this.#number) return { is: 'overtaken' }
      return { is: 'granted', answer, history: decodeHistory(bytes) }
    } catch {
      return number === this.#number ? { is: 'refused', refusal: null } : { is: 'overtaken' }
    } finally {
      if (number === this.#number) this.#asking = false
    }
  }

  /** Plans the next request after `ms`, by default after the back-off. */
  later(ms = this.#backOff.next()): void {
    this.#waiting = true
    this.#timers.after(ms, () => {
      this.#waiting = false
      this.#isDue = true
      this.#options.owner.changed()
    })
  }

  /** Resets the back-off. */
  succeeded(): void {
    this.#backOff.reset()
  }

  /** Ends the request under way, whose answer will be ignored, and the wait for the next one. Idempotent. */
  cancel(): void {
    this.#number++
    this.#asking = false
    this.#waiting = false
    this.#isDue = false
    this.#timers.clear()
  }
}
