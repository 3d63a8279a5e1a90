/** Time, scheduling and randomness, passed in so that simulations can run them. */
export interface Clock {
  /** Returns ms since the epoch, for what is shown and stored. May be set forward and back. */
  now(): number
  /** Returns ms since some moment, for intervals. Never goes back. */
  steady(): number
  /** Runs `task` once after `ms`; returns its cancellation. */
  after(ms: number, task: () => void): () => void
  /** Returns a number, 0 ≤ x < 1. */
  random(): number
}

/** The clock of this process or page. */
export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
