import type { Log } from './log.ts'

/** From the signal to the end, ms. A process that was told to stop is ended by its host not much later. */
const DEADLINE = 9000

/** One thing to close, in order. */
export interface Closing {
  readonly what: string
  readonly close: () => Promise<void>
}

/**
 * Closes things in order on SIGTERM or SIGINT and ends the process with 0, or with 1 when something could not be closed
 * or all of it took too long. A second signal changes nothing.
 */
export function closeOnSignal(closings: readonly Closing[], log: Log): void {
  let stopping = false
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'server.draining')
    setTimeout(() => {
      log.error('server.stopped-late')
      process.exit(1)
    }, DEADLINE).unref()
    let failures = 0
    for (const { what, close } of closings) {
      try {
        await close()
      } catch (error) {
        failures++
        log.error({ err: error, what }, 'server.close-failed')
      }
    }
    log.info('server.stopped')
    process.exit(failures > 0 ? 1 : 0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
