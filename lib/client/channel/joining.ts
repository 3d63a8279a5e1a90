import type { Refusal } from '#lib/protocol/errors.ts'
import type { RoleChange } from '#lib/protocol/messages/access.ts'
import { decodeHistory, type HistoryBody } from '#lib/protocol/messages/history.ts'
import type { Joined, JoinRequest } from '#lib/protocol/messages/join.ts'
import type { RowBody } from '#lib/protocol/messages/update.ts'
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

/** Asks for a room, one attempt at a time: the last one counts. */
export class Joining {
  readonly #transfer: HistoryTransfer
  #attempt = 0
  #early: RowBody[] = []
  #earlyRole: RoleChange | null = null

  constructor(transfer: HistoryTransfer) {
    this.#transfer = transfer
  }

  /** Sends a join and receives the history it is answered with. Never rejects. */
  async ask(channel: Channel, request: JoinRequest): Promise<JoinOutcome> {
    this.cancel()
    const attempt = this.#attempt
    try {
      const { answer, history } = await channel.join(request)
      if (attempt !== this.#attempt) return { is: 'overtaken' }
      if (!answer.ok) return { is: 'refused', refusal: answer }
      const bytes = history ?? (await this.#transfer.whole(answer.room, answer.chunked))
      if (attempt !== this.#attempt) return { is: 'overtaken' }
      const early = { rows: this.#early, role: this.#earlyRole }
      this.#early = []
      return { is: 'granted', entry: { joined: answer, history: decodeHistory(bytes), early } }
    } catch (error) {
      return attempt === this.#attempt ? { is: 'failed', error } : { is: 'overtaken' }
    }
  }

  /** Ends the attempt under way: its answer will not count. Idempotent. */
  cancel(): void {
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
