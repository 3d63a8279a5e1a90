import { isRetryable, type Refusal } from '#lib/protocol/errors.ts'
import type { Joined, JoinRequest, RoleChange } from '#lib/protocol/events.ts'
import { decodeHistory, type HistoryBody, type RowBody } from '#lib/protocol/wire.ts'
import type { Channel } from './channel.ts'
import type { HistoryTransfer } from './history-transfer.ts'

/** What overtook a join's answer: frames of a room that was not known yet. */
export interface Overtaking {
  readonly rows: readonly RowBody[]
  readonly role: RoleChange | null
}

export interface JoiningOptions {
  readonly request: () => JoinRequest
  readonly transfer: HistoryTransfer
  /** The connection is still this one. */
  readonly isCurrent: (channel: Channel) => boolean
  /** Nothing ended the wait for the answer. */
  readonly isAwaited: () => boolean
  readonly after: (ms: number, task: () => void) => void
  /** An attempt begins: nothing of an earlier room counts any more. */
  readonly onBegun: () => void
  readonly onJoined: (joined: Joined, history: HistoryBody, early: Overtaking) => void
  /** Refused for good. *again*: with another request it may be granted at once. */
  readonly onRefused: (refusal: Refusal) => 'again' | 'over'
}

const RETRY_MS = 1000

/** Joins on one connection after the other, again until it is granted or refused for good. The last attempt counts. */
export class Joining {
  readonly #options: JoiningOptions
  #attempt = 0
  #early: RowBody[] = []
  #earlyRole: RoleChange | null = null

  constructor(options: JoiningOptions) {
    this.#options = options
  }

  async join(channel: Channel): Promise<void> {
    const { request, transfer, isCurrent, after, onBegun, onJoined } = this.#options
    const attempt = ++this.#attempt
    const current = (): boolean => attempt === this.#attempt && isCurrent(channel)
    this.#early = []
    this.#earlyRole = null
    onBegun()
    try {
      const { answer, history } = await channel.join(request())
      if (!current()) return
      if (!answer.ok) {
        this.#refused(channel, answer)
        return
      }
      const bytes = history ?? (await transfer.whole(answer.room, answer.chunked))
      if (!current()) return
      const early = { rows: this.#early, role: this.#earlyRole }
      this.#early = []
      onJoined(answer, decodeHistory(bytes), early)
    } catch {
      // Overdue, cut or malformed: the join is tried again while this connection lives.
      if (current()) after(RETRY_MS, () => this.#retry(channel))
    }
  }

  /** A row that came before the answer. */
  keepRow(row: RowBody): void {
    this.#early.push(row)
  }

  /** A change of the role that came before the answer. */
  keepRole(change: RoleChange): void {
    this.#earlyRole = change
  }

  #retry(channel: Channel): void {
    if (this.#options.isCurrent(channel) && this.#options.isAwaited()) void this.join(channel)
  }

  #refused(channel: Channel, refusal: Refusal): void {
    if (isRetryable(refusal.code))
      this.#options.after(refusal.retryAfterMs ?? RETRY_MS, () => this.#retry(channel))
    else if (this.#options.onRefused(refusal) === 'again') void this.join(channel)
  }
}
