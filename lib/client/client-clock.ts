/** Time, scheduling and randomness, passed in so that simulations can run them. */
export interface ClientClock {
  /** ms since the epoch, for what is shown and stored. May be set forth and back. */
  now(): number
  /** ms since some moment, for intervals. Never goes back. */
  steady(): number
  /** Runs `task` once after `ms`; returns its cancellation. */
  after(ms: number, task: () => void): () => void
  /** 0 ≤ x < 1. */
  random(): number
}

export const systemClock: ClientClock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
