import type { Clock } from '#lib/protocol/clock.ts'
import { type ErrorCode, isRetryable, type Refusal } from '#lib/protocol/errors.ts'
import type { Ack } from '#lib/protocol/messages/update.ts'
import type { Uplink } from '../channel/channel.ts'
import type { Owner } from '../owner.ts'
import type { SealedBatch } from '../replica/replica-store.ts'
import { Timers } from '../timers.ts'
import type { Outbox } from './outbox.ts'
import { PartQueue } from './part-queue.ts'

export interface SenderOptions {
  /** Its client id is this tab's. */
  readonly doc: { readonly clientID: number }
  readonly outbox: Outbox
  readonly clock: Pick<Clock, 'steady' | 'after'>
  /** Told when something may be sent again: a pause or the wait for an answer is over. */
  readonly owner: Owner
}

/** The owner's part in mending a refused batch; the sender has done its own. */
export type Remedy =
  /** Nothing: it is sent again later. */
  | { readonly need: 'none' }
  /** The server's room is another one now. */
  | { readonly need: 'join' }
  /** The server lacks what the batch builds on: look whether rows were missed, then call `resume`. */
  | { readonly need: 'pull' }
  /** None were: both sides must exchange by state vector what the other lacks. */
  | { readonly need: 'exchange' }
  /** A batch of another tab is this tab's from now on, and must be in its Y.Doc. */
  | { readonly need: 'apply'; readonly batch: SealedBatch }
  /** A batch of another tab builds on what is lost: it is given up. */
  | { readonly need: 'forget'; readonly clientId: number; readonly n: number }
  /** The role does not allow it, or not now. */
  | { readonly need: 'role' }
  /** Refused for good: nothing more is sent. */
  | { readonly need: 'stop'; readonly refusal: Refusal }

/** Without an answer for this long, batches are sent again (they are idempotent): the first time, and at most. */
const ANSWER_MS = 10_000
const LAST_ANSWER_MS = 80_000
/** Batches of other tabs that are still live are theirs to send; older than this, any tab sends them. */
const FOREIGN_AFTER_MS = 5000
const RETRY_MS = 1000
/** Exchanges by state vector that did not close a gap, before this tab gives up and says so. */
const MAX_EXCHANGES = 3

const FORBIDDEN: ReadonlySet<ErrorCode> = new Set(['read-only', 'forbidden', 'session-expired'])
const NONE: Remedy = { need: 'none' }

/** Sends the outbox in order, again when an answer is overdue, and judges what a refusal asks for. */
export class Sender {
  readonly #options: SenderOptions
  readonly #parts: PartQueue
  readonly #timers: Timers
  #halted = false
  /** Ends the pause that the server asked for; null while there is none. */
  #endPause: (() => void) | null = null
  #pausedUntil = 0
  /** A gap was met: nothing is sent before the owner has looked for missed rows. */
  #awaitsRows = false
  #delayed: ErrorCode | null = null
  #overdueArmed = false
  /** Grows while nothing is answered: on a narrow line the same bytes again would only stand in the way. */
  #answerMs = ANSWER_MS
  #answers = 0
  #foreignBefore = 0
  /** By batch that met a gap, the exchanges by state vector completed until then: met again, there must be another one. */
  readonly #gaps = new Map<string, { exchanged: number; times: number }>()
  /** By batch of another tab, how often it was made this tab's: it comes again when an exchange could not include it. */
  readonly #adoptions = new Map<string, number>()
  #exchanged = 0
  /** Exchanges asked for since anything was acknowledged. */
  #exchanges = 0

  constructor(options: SenderOptions) {
    this.#options = options
    this.#parts = new PartQueue(options.clock)
    this.#timers = new Timers(options.clock)
  }

  /** Why what waits was refused for now; null once something went through. */
  get delayed(): ErrorCode | null {
    return this.#delayed
  }

  /** Sends what may be sent over `uplink`. Idempotent. */
  send(uplink: Uplink): void {
    if (this.#halted || this.#endPause || this.#awaitsRows) return
    const { outbox, clock } = this.#options
    const foreignBefore = Math.max(this.#foreignBefore, clock.steady() - FOREIGN_AFTER_MS)
    this.#foreignBefore = 0
    for (const batch of outbox.nextToSend(foreignBefore)) this.#parts.send(uplink, batch)
    this.#awaitAnswer()
  }

  /** Sends all of what may be sent, whatever the line bears: the page is going away. */
  sendAll(uplink: Uplink): void {
    this.#parts.release()
    this.send(uplink)
  }

  /**
   * Lets the next `send` include every batch of other tabs, live or not: a join is complete, so this tab may build on all
   * that waits.
   */
  includeForeign(): void {
    this.#foreignBefore = Number.POSITIVE_INFINITY
  }

  /** A join is complete. `exchanged`: with it came the server's state vector, and what the server lacks was sealed. */
  joined(exchanged: boolean): void {
    this.includeForeign()
    this.#answerMs = ANSWER_MS
    if (exchanged) this.#exchanged++
  }

  /** Counts nothing as sent any more: the connection changed, or an answer was overdue. */
  rewind(): void {
    this.#awaitsRows = false
    this.#parts.clear()
    this.#options.outbox.rewind()
  }

  /** Sends again after a gap: missed rows were looked for. */
  resume(): void {
    this.#awaitsRows = false
  }

  /** Something was acknowledged. */
  answered(): void {
    this.#delayed = null
    this.#answers++
    this.#answerMs = ANSWER_MS
    this.#exchanges = 0
  }

  /** A batch was not accepted. Returns what the owner must do about it. */
  refused(ack: Ack, refusal: Refusal): Remedy {
    this.#answers++
    if (refusal.code === 'not-joined') return { need: 'join' }
    if (FORBIDDEN.has(refusal.code)) {
      this.#options.outbox.refused(ack.clientId, ack.n)
      return { need: 'role' }
    }
    if (!isRetryable(refusal.code)) return this.#halt(refusal)
    this.rewind()
    if (refusal.code === 'gap') return this.#gap(ack, refusal)
    if (refusal.code !== 'rewind') {
      this.#delayed = refusal.code
      this.#pause(refusal.retryAfterMs ?? RETRY_MS)
      return NONE
    }
    this.#pause(0)
    return ack.clientId === this.#options.doc.clientID ? NONE : this.#adopt(ack)
  }

  /** Stops all timers. */
  destroy(): void {
    this.#timers.clear()
  }

  /** Waits for an answer, or for batches of other tabs to become anybody's. */
  #awaitAnswer(): void {
    const { outbox, owner } = this.#options
    if (this.#overdueArmed || (outbox.inFlight === 0 && outbox.foreign.length === 0)) return
    this.#overdueArmed = true
    const progress = this.#progress
    const inFlight = outbox.inFlight > 0
    this.#timers.after(inFlight ? this.#answerMs : FOREIGN_AFTER_MS, () => {
      this.#overdueArmed = false
      if (progress === this.#progress) {
        this.rewind()
        if (inFlight) this.#answerMs = Math.min(LAST_ANSWER_MS, 2 * this.#answerMs)
      }
      owner.changed()
    })
  }

  /** Grows with everything that came back. */
  get #progress(): number {
    return this.#answers + this.#parts.confirmed
  }

  /** Of several batches refused one after the other, the longest wait counts: a shorter one would only meet it again. */
  #pause(ms: number): void {
    const { clock, owner } = this.#options
    const until = clock.steady() + ms
    if (this.#endPause && until <= this.#pausedUntil) return
    this.#endPause?.()
    this.#pausedUntil = until
    this.#endPause = this.#timers.after(ms, () => {
      this.#endPause = null
      owner.changed()
    })
  }

  #adopt({ clientId, n }: Ack): Remedy {
    const key = `${clientId} ${n}`
    const times = this.#adoptions.get(key) ?? 0
    if (times === MAX_EXCHANGES) return this.#abandon(clientId, n)
    const batch = this.#options.outbox.adopt(clientId, n)
    if (!batch) return NONE
    this.#adoptions.set(key, times + 1)
    return { need: 'apply', batch }
  }

  /** A browser that was full and then killed kept it without what came before. */
  #abandon(clientId: number, n: number): Remedy {
    this.#options.outbox.abandon(clientId, n)
    return { need: 'forget', clientId, n }
  }

  #gap({ clientId, n }: Ack, refusal: Refusal): Remedy {
    const key = `${clientId} ${n}`
    const gap = this.#gaps.get(key)
    if (!gap) {
      this.#gaps.set(key, { exchanged: this.#exchanged, times: 0 })
      this.#awaitsRows = true
      return { need: 'pull' }
    }
    if (clientId === this.#options.doc.clientID) {
      this.#gaps.delete(key)
      return ++this.#exchanges > MAX_EXCHANGES ? this.#halt(refusal) : { need: 'exchange' }
    }
    if (gap.exchanged < this.#exchanged) {
      gap.exchanged = this.#exchanged
      gap.times++
    }
    return gap.times < MAX_EXCHANGES ? { need: 'exchange' } : this.#abandon(clientId, n)
  }

  #halt(refusal: Refusal): Remedy {
    this.#halted = true
    return { need: 'stop', refusal }
  }
}
