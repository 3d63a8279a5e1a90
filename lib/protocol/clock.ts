/** Time, scheduling and randomness, passed in so that simulations can control them. */
export interface Clock {
  /** Returns ms since the epoch, to show and to store. May jump forward and back. */
  now(): number
  /** Returns ms since an arbitrary moment, for intervals. Never goes back. */
  steady(): number
  /** Runs `task` once after `ms`. Returns a function that cancels it. */
  after(ms: number, task: () => void): () => void
  /** Returns a random number, 0 ≤ x < 1. */
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
