/** A confirmation faster than this lets the sender have more in flight. */
const QUICK_MS = 1000
/** A confirmation slower than this lets the sender have less in flight. */
const SLOW_MS = 4000

export interface PaceStep {
  /** The amount to try after a quick confirmation, at most `most`. */
  readonly faster: number
  /** The amount to fall back to after a slow one, at least `least`. */
  readonly slower: number
  readonly least: number
  readonly most: number
}

/**
 * Returns how much a sender may have in flight after a confirmation that took `ms`, in the unit of `amount`. Data in
 * the buffers of a slow link cannot be overtaken, and heartbeats queue behind it.
 */
export function paced(amount: number, ms: number, { faster, slower, least, most }: PaceStep): number {
  if (ms < QUICK_MS) return Math.max(amount, Math.min(most, faster))
  if (ms > SLOW_MS) return Math.max(least, Math.min(amount, slower))
  return amount
}
