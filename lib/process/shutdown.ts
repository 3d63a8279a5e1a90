import type { Log } from './log.ts'

/** The time from the signal to the forced exit, ms. A host usually kills a process not much later than that. */
const DEADLINE = 9000

/** A part of the server to close. `what`: its name in the log. */
export interface Closing {
  readonly what: string
  readonly close: () => Promise<void>
}

/**
 * Closes parts in order on SIGTERM or SIGINT and ends the process with 0, or with 1 if one could not be closed or all
 * of them took too long. A second signal changes nothing.
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
