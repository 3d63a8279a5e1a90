import type { Refusal } from '#lib/protocol/errors.ts'
import type { CompareRequest, Verdict } from '#lib/protocol/messages/compare.ts'
import type { PullRequest } from '#lib/protocol/messages/history.ts'
import type { Joined, JoinRequest } from '#lib/protocol/messages/join.ts'

/** A live connection. The promises reject if the connection ends, or if the answer is overdue or malformed. */
export interface Channel {
  /**
   * Sends `document:join`. `history` is an encoded HistoryBody, or null if it follows in chunks or the join was
   * refused.
   */
  join(request: JoinRequest): Promise<{ answer: Joined | Refusal; history: Uint8Array | null }>
  /** Sends `document:pull`. `history` is as for `join`. */
  pull(request: PullRequest): Promise<{
    answer: { readonly ok: true; readonly chunked: number } | Refusal
    history: Uint8Array | null
  }>
  /** Sends `document:compare`. */
  compare(
    request: CompareRequest,
  ): Promise<{ answer: { readonly ok: true; readonly verdict: Verdict } | Refusal }>
  /**
   * Sends `document:update`, an encoded part of a batch. `received` is called when the server has it, and never if
   * the connection ends first. Without `received` the server confirms nothing.
   */
  update(part: Uint8Array, received?: () => void): void
  /** Sends `document:leave`. */
  leave(room: number): void
}

/** A joined room on a live connection. Each join creates a new one. */
export interface Uplink {
  readonly room: number
  readonly channel: Channel
}
