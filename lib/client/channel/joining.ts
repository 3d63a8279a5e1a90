import type { Clock } from '#lib/protocol/clock.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import type { RoleChange } from '#lib/protocol/messages/access.ts'
import { decodeHistory, type HistoryBody } from '#lib/protocol/messages/history.ts'
import type { Joined, JoinRequest } from '#lib/protocol/messages/join.ts'
import type { RowBody } from '#lib/protocol/messages/update.ts'
import type { Owner } from '../owner.ts'
import { Timers } from '../timers.ts'
import { BackOff } from './back-off.ts'
import type { Channel } from './channel.ts'
import type { HistoryTransfer } from './history-transfer.ts'

/** Frames that overtook the answer to a join, when their room was still unknown. */
interface Overtaking {
  readonly rows: readonly RowBody[]
  readonly role: RoleChange | null
}

/** A join that was granted. */
export interface Entry {
  readonly joined: Joined
  readonly history: HistoryBody
  readonly early: Overtaking
}

/** The end of one attempt to join. */
export type JoinOutcome =
  | { readonly is: 'granted'; readonly entry: Entry }
  | { readonly is: 'refused'; readonly refusal: Refusal }
  /** No usable answer: overdue, cut or malformed. */
  | { readonly is: 'failed'; readonly error: unknown }
  /** Another attempt began meanwhile, or this one was cancelled. */
  | { readonly is: 'overtaken' }

export interface JoiningOptions {
  readonly transfer: HistoryTransfer
  readonly clock: Pick<Clock, 'after' | 'random'>
  /** Told when the wait for the next attempt is over. */
  readonly owner: Owner
}

/** Requests a room, one attempt at a time; a new attempt replaces the one before. */
export class Joining {
  readonly #options: JoiningOptions
  readonly #backOff: BackOff
  readonly #timers: Timers
  #attempt = 0
  #isDue = false
  #early: RowBody[] = []
  #earlyRole: RoleChange | null = null

  constructor(options: JoiningOptions) {
    this.#options = options
    this.#backOff = new BackOff(options.clock)
    this.#timers = new Timers(options.clock)
  }

  /** The wait for the next attempt is over. */
  get isDue(): boolean {
    return this.#isDue
  }

  /** Sends a join and receives the history it is answered with. Never rejects. */
  async ask(channel: Channel, request: JoinRequest): Promise<JoinOutcome> {
    this.cancel()
    const attempt = this.#attempt
    try {
      const { answer, history } = await channel.join(request)
      if (attempt !== this.#attempt) return { is: 'overtaken' }
      if (!answer.ok) return { is: 'refused', refusal: answer }
      const bytes = history ?? (await this.#options.transfer.whole(answer.room, answer.chunked))
      if (attempt !== this.#attempt) return { is: 'overtaken' }
      const early = { rows: this.#early, role: this.#earlyRole }
      this.#early = []
      return { is: 'granted', entry: { joined: answer, history: decodeHistory(bytes), early } }
    } catch (error) {
      return attempt === this.#attempt ? { is: 'failed', error } : { is: 'overtaken' }
    }
  }

  /** Plans the next attempt, after `ms` or else after the back-off. */
  later(ms = this.#backOff.next()): void {
    this.#timers.after(ms, () => {
      this.#isDue = true
      this.#options.owner.changed()
    })
  }

  /** Resets the back-off. */
  succeeded(): void {
    this.#backOff.reset()
  }

  /** Ends the attempt under way, whose answer will not count, and the wait for the next. Idempotent. */
  cancel(): void {
    this.#timers.clear()
    this.#isDue = false
    this.#attempt++
    this.#early = []
    this.#earlyRole = null
  }

  /** Keeps a row that came before the answer. */
  keepRow(row: RowBody): void {
    this.#early.push(row)
  }

  /** Keeps a change of the role that came before the answer. */
  keepRole(change: RoleChange): void {
    this.#earlyRole = change
  }
}
