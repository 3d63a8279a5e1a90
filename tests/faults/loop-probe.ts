import { renameSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/*
 * Loaded into a server before its own code (`--import`): notes how long its thread keeps what arrives waiting by
 * computing, and writes that to the file LOOP_PROBE. Time that other programs take from it does not count.
 */

/** The thread since the last SIGUSR2. */
export interface LoopSeen {
  /** Waits that the thread's own computing causes, at a random moment, ms. */
  readonly p50: number
  readonly p99: number
  /** The share of the time in which the thread computed. */
  readonly share: number
}

const TICK_MS = 4
const WRITE_MS = 250

const file = process.env.LOOP_PROBE
if (isMainThread && file !== undefined) watch(file)

function watch(into: string): void {
  let samples: { wait: number; span: number }[] = []
  let computed = 0
  let at = performance.now()
  let cpu = process.threadCpuUsage()
  setInterval(() => {
    const now = performance.now()
    const { user, system } = process.threadCpuUsage(cpu)
    cpu = process.threadCpuUsage()
    const span = now - at
    at = now
    const computing = (user + system) / 1000
    computed += computing
    samples.push({ wait: Math.max(0, Math.min(span - TICK_MS, computing)), span })
  }, TICK_MS).unref()
  process.on('SIGUSR2', () => {
    samples = []
    computed = 0
  })
  setInterval(() => {
    const seen = {
      p50: quantile(samples, 0.5),
      p99: quantile(samples, 0.99),
      share: computed / spanOf(samples),
    }
    writeFileSync(`${into}.new`, JSON.stringify(seen))
    renameSync(`${into}.new`, into)
  }, WRITE_MS).unref()
}

function spanOf(samples: readonly { span: number }[]): number {
  return samples.reduce((sum, { span }) => sum + span, 0)
}

/** Returns the wait that a share of all moments is below. */
function quantile(samples: readonly { wait: number; span: number }[], share: number): number {
  const ordered = samples.toSorted((a, b) => a.wait - b.wait)
  let left = share * spanOf(ordered)
  for (const { wait, span } of ordered) {
    left -= span
    if (left <= 0) return wait
  }
  return 0
}
