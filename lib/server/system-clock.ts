import type { Clock } from '#lib/collab/clock.ts'

const after: Clock['after'] = (ms, task) => {
  const timer = setTimeout(task, ms)
  return () => clearTimeout(timer)
}

/** The clock of this process. */
export const systemClock: Clock = { now: Date.now, steady: () => performance.now(), after }
