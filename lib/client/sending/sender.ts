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
  /** Holds the client id of this tab. */
  readonly doc: { readonly clientID: number }
  readonly outbox: Outbox
  readonly clock: Pick<Clock, 'steady' | 'after'>
  /** Told when sending may continue: a pause, or the wait for an answer, is over. */
  readonly owner: Owner
}

/** The owner's part in handling a refused batch. The sender has done its own part. */
export type Remedy =
  /** The owner does nothing: the batch is sent again later. */
  | { readonly need: 'none' }
  /** The server's room has changed: join again. */
  | { readonly need: 'join' }
  /** The server lacks predecessors of the batch: request missed rows, then call `resume`. */
  | { readonly need: 'pull' }
  /** No rows were missed: exchange by state vector what each side lacks. */
  | { readonly need: 'exchange' }
  /** A batch of another tab now belongs to this tab and must be in its Y.Doc. */
  | { readonly need: 'apply'; readonly batch: SealedBatch }
  /** A batch of another tab is given up, because its predecessors are lost. */
  | { readonly need: 'forget'; readonly clientId: number; readonly n: number }
  /** The role does not allow it, at least not now. */
  | { readonly need: 'role' }
  /** The batch was refused for good: nothing more is sent. */
  | { readonly need: 'stop'; readonly refusal: Refusal }

/** The first and the longest wait for an answer before batches are sent again. Batches are idempotent. */
const ANSWER_MS = 10_000
const LAST_ANSWER_MS = 80_000
/** Batches of other tabs that are still live are left to them. Older than this, any tab sends them. */
const FOREIGN_AFTER_MS = 5000
const RETRY_MS = 1000
/** The longest wait after the server had no room for a batch several times in a row. */
const LAST_RETRY_MS = 30_000
/** The number of exchanges that may fail to close a gap before this tab gives up and reports it. */
const MAX_EXCHANGES = 3

const FORBIDDEN: ReadonlySet<ErrorCode> = new Set(['read-only', 'forbidden', 'session-expired'])
const NONE: Remedy = { need: 'none' }

/** Sends the outbox in order, repeats it if an answer is overdue, and decides what a refusal requires. */
export class Sender {
  readonly #options: SenderOptions
  readonly #parts: PartQueue
  readonly #timers: Timers
  #halted = false
  /** Ends the pause requested by the server; null if there is none. */
  #endPause: (() => void) | null = null
  #pausedUntil = 0
  /** Nothing is sent after a gap until the owner has requested missed rows. */
  #awaitsRows = false
  #delayed: ErrorCode | null = null
  /** Pauses since something was accepted, for which the server could not say how long. */
  #delays = 0
  #overdueArmed = false
  /** Grows while nothing is answered: on a slow connection, sending the same bytes again would only block it. */
  #answerMs = ANSWER_MS
  #answers = 0
  #foreignBefore = 0
  /**
   * For each batch that met a gap, the number of exchanges completed until then. If it meets one again, another
   * exchange is needed.
   */
  readonly #gaps = new Map<string, { exchanged: number; times: number }>()
  /** How often each batch of another tab was adopted. It returns if an exchange could not include it. */
  readonly #adoptions = new Map<string, number>()
  #exchanged = 0
  /** Exchanges requested since the last acknowledgement. */
  #exchanges = 0

  constructor(options: SenderOptions) {
    this.#options = options
    this.#parts = new PartQueue(options.clock)
    this.#timers = new Timers(options.clock)
  }

  /** The code of the refusal that delays waiting batches; null once something was accepted. */
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

  /** Sends everything that may be sent, however slow the connection, because the page is going away. */
  sendAll(uplink: Uplink): void {
    this.#parts.release()
    this.send(uplink)
  }

  /**
   * Lets the next `send` include every batch of other tabs, even of live ones: the join is complete, so this tab
   * may build on all of them.
   */
  includeForeign(): void {
    this.#foreignBefore = Number.POSITIVE_INFINITY
  }

  /**
   * Prepares for a completed join. `exchanged`: the join brought the server's state vector, and everything the
   * server lacks is sealed.
   */
  joined(exchanged: boolean): void {
    this.includeForeign()
    this.#answerMs = ANSWER_MS
    if (exchanged) this.#exchanged++
  }

  /** Treats nothing as sent any more, because the connection changed or an answer was overdue. */
  rewind(): void {
    this.#awaitsRows = false
    this.#parts.clear()
    this.#options.outbox.rewind()
  }

  /** Resumes sending after a gap, once missed rows were requested. */
  resume(): void {
    this.#awaitsRows = false
  }

  /** Notes that something was acknowledged. */
  answered(): void {
    this.#delayed = null
    this.#delays = 0
    this.#answers++
    this.#answerMs = ANSWER_MS
    this.#exchanges = 0
  }

  /** Handles the refusal of a batch. Returns what the owner must do about it. */
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
      this.#pause(this.#waitAfter(refusal))
      return NONE
    }
    this.#pause(0)
    return ack.clientId === this.#options.doc.clientID ? NONE : this.#adopt(ack)
  }

  /** Stops all timers. */
  destroy(): void {
    this.#timers.clear()
  }

  /** Waits for an answer, or until batches of other tabs may be sent by any tab. */
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

  /** Grows with every answer and confirmation. */
  get #progress(): number {
    return this.#answers + this.#parts.confirmed
  }

  /**
   * Pauses sending. If several batches are refused in a row, the longest pause counts; a shorter one would only
   * meet it again.
   */
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

  /** Returns the wait before the next attempt, ms. It doubles each time, unless the server knows it exactly. */
  #waitAfter({ code, retryAfterMs = RETRY_MS }: Refusal): number {
    if (code === 'rate-limited') return retryAfterMs
    // The refusals of other batches in flight are not attempts of their own.
    if (!this.#endPause) this.#delays++
    return Math.min(LAST_RETRY_MS, retryAfterMs * 2 ** Math.max(0, this.#delays - 1))
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

  /** Gives up a batch that a full and then killed browser stored without its predecessors. */
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
