/** A message confirmed sooner than this lets more be on their way. */
const QUICK_MS = 1000
/** A message confirmed later than this lets less be on their way. */
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
 * Returns how much a sender may have on its way after a confirmation that took `ms`, in the unit of `amount`. What lies in
 * the buffers of a slow line cannot be overtaken, and the heartbeat comes after it.
 */
export function paced(amount: number, ms: number, { faster, slower, least, most }: PaceStep): number {
  if (ms < QUICK_MS) return Math.max(amount, Math.min(most, faster))
  if (ms > SLOW_MS) return Math.max(least, Math.min(amount, slower))
  return amount
}
