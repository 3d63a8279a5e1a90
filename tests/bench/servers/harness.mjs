// Shared by all measured server processes: reports the port, answers the bench's questions, and ends with the bench.

import { monitorEventLoopDelay } from 'node:perf_hooks'

/**
 * Serves the bench. `answers`: further questions by name. `close`: ends the server.
 * @param {{ port: number, answers?: Record<string, (argument: any) => unknown>, close?: () => Promise<void> | void }} options
 */
export function serveBench({ port, answers = {}, close = () => undefined }) {
  let delay
  const known = {
    usage: () => ({ cpu: process.cpuUsage(), memory: process.memoryUsage(), stallMs: stall() }),
    /** Records the longest stall of the event loop from now on. It costs a little, so it is done only on request. */
    watch: () => {
      delay?.disable()
      delay = monitorEventLoopDelay({ resolution: 5 })
      delay.enable()
    },
    collect: () => global.gc?.(),
    ...answers,
  }
  const stall = () => (delay ? delay.max / 1e6 : 0)

  process.on('message', async ({ id, ask, argument }) => {
    if (ask === 'end') {
      await close()
      process.exit(0)
    }
    try {
      process.send({ id, answer: await known[ask](argument) })
    } catch (error) {
      process.send({ id, failed: String(error) })
    }
  })
  process.on('disconnect', () => process.exit(1))
  process.send({ port })
}

/** @param {import('node:net').Server} server */
export async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.address().port
}
