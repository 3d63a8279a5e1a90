/** Time and scheduling, passed in so that simulations can run them. */
export interface Clock {
  /** ms since the epoch. */
  now(): number
  /** Runs `task` once after `ms`; returns its cancellation. */
  after(ms: number, task: () => void): () => void
}
