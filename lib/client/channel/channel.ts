import type { Refusal } from '#lib/protocol/errors.ts'
import type { CompareRequest, Joined, JoinRequest, PullRequest, Verdict } from '#lib/protocol/events.ts'

/** One live connection. The promises reject when the connection ends or the answer is overdue. */
export interface Channel {
  join(request: JoinRequest): Promise<{ answer: Joined | Refusal; history: Uint8Array | null }>
  pull(request: PullRequest): Promise<{
    answer: { readonly ok: true; readonly chunked: number } | Refusal
    history: Uint8Array | null
  }>
  compare(
    request: CompareRequest,
  ): Promise<{ answer: { readonly ok: true; readonly verdict: Verdict } | Refusal }>
  /** `received`: called when the server has it; never when the connection ends before. */
  update(batch: Uint8Array, received?: () => void): void
  leave(room: number): void
}
