import type { Refusal } from '#lib/protocol/errors.ts'
import type { CompareRequest, Verdict } from '#lib/protocol/messages/compare.ts'
import type { PullRequest } from '#lib/protocol/messages/history.ts'
import type { Joined, JoinRequest } from '#lib/protocol/messages/join.ts'

/** One live connection. The promises reject when the connection ends, or the answer is overdue or malformed. */
export interface Channel {
  /** Sends `document:join`. `history`: encoded HistoryBody; null when it follows in chunks, or the join was refused. */
  join(request: JoinRequest): Promise<{ answer: Joined | Refusal; history: Uint8Array | null }>
  /** Sends `document:pull`. `history` as for `join`. */
  pull(request: PullRequest): Promise<{
    answer: { readonly ok: true; readonly chunked: number } | Refusal
    history: Uint8Array | null
  }>
  /** Sends `document:compare`. */
  compare(
    request: CompareRequest,
  ): Promise<{ answer: { readonly ok: true; readonly verdict: Verdict } | Refusal }>
  /**
   * Sends `document:update`, one encoded part of a batch. `received` is called when the server has it, never when the
   * connection ends before; left out, the server confirms nothing.
   */
  update(part: Uint8Array, received?: () => void): void
  /** Sends `document:leave`. */
  leave(room: number): void
}

/** A joined room on a live connection. Each join makes a new one. */
export interface Uplink {
  readonly room: number
  readonly channel: Channel
}
