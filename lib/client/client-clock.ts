/** Time, scheduling and randomness, passed in so that simulations can run them. */
export interface ClientClock {
  /** ms since the epoch. */
  now(): number
  /** Runs `task` once after `ms`; returns its cancellation. */
  after(ms: number, task: () => void): () => void
  /** 0 ≤ x < 1. */
  random(): number
}

export const systemClock: ClientClock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
