import type { Clock } from '#lib/protocol/clock.ts'
import { type ErrorCode, isRetryable, type Refusal } from '#lib/protocol/errors.ts'
import type { Ack } from '#lib/protocol/events.ts'
import type { SealedBatch } from '../replica/replica-store.ts'
import type { Outbox } from './outbox.ts'
import { PartQueue, type Uplink } from './part-queue.ts'

export interface SenderOptions {
  readonly outbox: Outbox
  readonly clock: Pick<Clock, 'steady' | 'after'>
  /** Null while nothing may be sent. */
  readonly uplink: () => Uplink | null
  readonly clientId: () => number
  /** The server's room is another one now: join again. */
  readonly onNotJoined: () => void
  /** The server lacks what a batch builds on: look whether rows were missed. */
  readonly onGap: () => Promise<void>
  /** They were not: both sides must exchange what the other lacks. */
  readonly onDistrust: () => void
  /** A batch of another tab is this tab's from now on. */
  readonly onAdopted: (batch: SealedBatch) => void
  /** A batch of another tab builds on what is lost. */
  readonly onAbandoned: (clientId: number, n: number) => void
  /** The role does not allow a batch. */
  readonly onForbidden: () => void
  /** Refused for good: nothing more is sent. */
  readonly onHalted: (refusal: Refusal) => void
}

/** Without an answer for this long, batches are sent again (they are idempotent): the first time, and at most. */
const ANSWER_MS = 10_000
const LAST_ANSWER_MS = 80_000
/** Batches of other tabs that are still live are theirs to send; older than this, any tab sends them. */
const FOREIGN_AFTER_MS = 5000
const RETRY_MS = 1000
/** Exchanges by state vector that did not close a gap, before this tab gives up and says so. */
const MAX_EXCHANGES = 3

/** The role does not allow it, or not now. */
const FORBIDDEN: ReadonlySet<ErrorCode> = new Set(['read-only', 'forbidden', 'session-expired'])

/** Sends the outbox in order, again when an answer is overdue, and does what a refusal asks for. */
export class Sender {
  readonly #options: SenderOptions
  readonly #parts: PartQueue
  #halted = false
  /** Ends the pause that the server asked for; null: there is none. */
  #endPause: (() => void) | null = null
  #pausedUntil = 0
  #delayed: ErrorCode | null = null
  #overdueArmed = false
  /** Grows while nothing is answered: on a narrow link the same bytes again would only stand in the way. */
  #answerMs = ANSWER_MS
  #answers = 0
  #foreignBefore = 0
  /** By batch that met a gap, the exchanges by state vector completed until then: met again, there must be another one. */
  readonly #gaps = new Map<string, { exchanged: number; times: number }>()
  /** By batch of another tab, how often it was made this tab's: it comes again when an exchange could not take it along. */
  readonly #adoptions = new Map<string, number>()
  #exchanged = 0
  /** Exchanges asked for since anything was acknowledged. */
  #exchanges = 0
  readonly #timers = new Set<() => void>()

  constructor(options: SenderOptions) {
    this.#options = options
    this.#parts = new PartQueue(options.clock, () => this.#answers++)
  }

  get halted(): boolean {
    return this.#halted
  }

  /** Sends what may be sent. Repeating is harmless. */
  pump(): void {
    const uplink = this.#options.uplink()
    if (!uplink || this.#halted || this.#endPause) return
    const { outbox, clock } = this.#options
    const foreignBefore = Math.max(this.#foreignBefore, clock.steady() - FOREIGN_AFTER_MS)
    this.#foreignBefore = 0
    for (const batch of outbox.take(foreignBefore)) this.#parts.send(uplink, batch)
    if (this.#overdueArmed || (outbox.inFlight === 0 && outbox.foreign.length === 0)) return
    this.#overdueArmed = true
    const answers = this.#answers
    const inFlight = outbox.inFlight > 0
    this.#after(inFlight ? this.#answerMs : FOREIGN_AFTER_MS, () => {
      this.#overdueArmed = false
      if (answers === this.#answers) {
        this.rewind()
        if (inFlight) this.#answerMs = Math.min(LAST_ANSWER_MS, 2 * this.#answerMs)
      }
      this.pump()
    })
  }

  /**
   * A join is complete: this tab may build on every batch that waits, so all of them are sent now, other tabs' too.
   * `exchanged`: with it came the server's state vector, and what the server lacks was sealed.
   */
  joined(exchanged: boolean): void {
    this.#foreignBefore = Number.POSITIVE_INFINITY
    this.#answerMs = ANSWER_MS
    if (exchanged) this.#exchanged++
  }

  /** Nothing counts as sent any more: the connection changed, or an answer was overdue. */
  rewind(): void {
    this.#parts.clear()
    this.#options.outbox.rewind()
  }

  /** Sends all of what may be sent, whatever the link bears: the page is going away. */
  sendAll(): void {
    this.#parts.release()
    this.pump()
  }

  /** Why what waits was refused for now; null once something went through. */
  get delayed(): ErrorCode | null {
    return this.#delayed
  }

  /** Something was acknowledged. */
  answered(): void {
    this.#delayed = null
    this.#answers++
    this.#answerMs = ANSWER_MS
    this.#exchanges = 0
  }

  /** A batch was not accepted. */
  refused(ack: Ack, refusal: Refusal): void {
    this.#answers++
    if (refusal.code === 'not-joined') {
      this.#options.onNotJoined()
      return
    }
    if (FORBIDDEN.has(refusal.code)) {
      this.#options.outbox.refused(ack.clientId, ack.n)
      this.#options.onForbidden()
      return
    }
    if (!isRetryable(refusal.code)) {
      this.#halt(refusal)
      return
    }
    this.rewind()
    if (refusal.code === 'gap') {
      this.#gap(ack, refusal)
      return
    }
    if (refusal.code === 'rewind' && ack.clientId !== this.#options.clientId()) this.#adopt(ack)
    if (refusal.code !== 'rewind') this.#delayed = refusal.code
    this.#pause(refusal.code === 'rewind' ? 0 : (refusal.retryAfterMs ?? RETRY_MS))
  }

  destroy(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  /** Of several batches refused one after the other, the longest wait counts: a shorter one would only meet it again. */
  #pause(ms: number): void {
    const until = this.#options.clock.steady() + ms
    if (this.#endPause && until <= this.#pausedUntil) return
    this.#endPause?.()
    this.#pausedUntil = until
    this.#endPause = this.#after(ms, () => {
      this.#endPause = null
      this.pump()
    })
  }

  #adopt({ clientId, n }: Ack): void {
    const key = `${clientId} ${n}`
    const times = this.#adoptions.get(key) ?? 0
    if (times === MAX_EXCHANGES) {
      this.#abandon(clientId, n)
      return
    }
    const adopted = this.#options.outbox.adopt(clientId, n)
    if (!adopted) return
    this.#adoptions.set(key, times + 1)
    this.#options.onAdopted(adopted)
  }

  /** A browser that was full and then killed kept it without what came before. */
  #abandon(clientId: number, n: number): void {
    this.#options.outbox.abandon(clientId, n)
    this.#options.onAbandoned(clientId, n)
  }

  #gap(ack: Ack, refusal: Refusal): void {
    const { clientId, n } = ack
    const key = `${clientId} ${n}`
    const gap = this.#gaps.get(key)
    if (!gap) {
      this.#gaps.set(key, { exchanged: this.#exchanged, times: 0 })
      void this.#options.onGap().then(() => this.pump())
      return
    }
    if (clientId === this.#options.clientId()) {
      this.#gaps.delete(key)
      if (++this.#exchanges > MAX_EXCHANGES) this.#halt(refusal)
      else this.#options.onDistrust()
      return
    }
    if (gap.exchanged < this.#exchanged) {
      gap.exchanged = this.#exchanged
      gap.times++
    }
    if (gap.times < MAX_EXCHANGES) {
      this.#options.onDistrust()
      return
    }
    this.#abandon(clientId, n)
  }

  #halt(refusal: Refusal): void {
    this.#halted = true
    this.#options.onHalted(refusal)
  }

  /** Returns what takes it back. */
  #after(ms: number, task: () => void): () => void {
    const stop = this.#options.clock.after(ms, () => {
      this.#timers.delete(stop)
      task()
    })
    this.#timers.add(stop)
    return () => {
      stop()
      this.#timers.delete(stop)
    }
  }
}
