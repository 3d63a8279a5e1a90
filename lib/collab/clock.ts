/** Time and scheduling, passed in so that simulations can run them. */
export interface Clock {
  /** ms since the epoch, for what is stored. May be set forth and back. */
  now(): number
  /** ms since some moment, for intervals. Never goes back. */
  steady(): number
  /** Runs `task` once after `ms`; returns its cancellation. */
  after(ms: number, task: () => void): () => void
}
