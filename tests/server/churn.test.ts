import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { startCollaboration } from '../support/collaboration.ts'
import { until } from '../support/writer.ts'

const CYCLES = 1000
const WARM_UP = 300

test('after 1,000 joins and leaves timers, listeners and rooms are as before, the heap is within 2 MB', {
  timeout: 120_000,
}, async () => {
  const server = await startCollaboration()
  const owner = await server.guest()
  const { address } = await server.document(owner)
  const stays = server.open(address, owner)
  await until(stays, () => stays.synced)

  const cycle = async (): Promise<void> => {
    const provider = server.open(address, owner, { doc: new Y.Doc() })
    await until(provider, () => provider.synced)
    await provider.destroy()
    provider.doc.destroy()
  }
  for (let i = 0; i < WARM_UP; i++) await cycle()
  await until(stays, () => stays.peers.length === 1)
  const before = await measure(stays)
  for (let i = 0; i < CYCLES; i++) await cycle()
  await until(stays, () => stays.peers.length === 1)
  const after = await measure(stays)

  expect(after.listeners).toBe(before.listeners)
  expect(after.resources).toEqual(before.resources)
  expect(after.heap - before.heap).toBeLessThan(2 * 1024 * 1024)
  await stays.destroy()
  await server.close()
})

async function measure(stays: CollabProvider) {
  // Closing sockets settle in their own turns of the event loop.
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  const resources: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
  return {
    heap: process.memoryUsage().heapUsed,
    listeners:
      process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0) +
      stays.doc._observers.size,
    resources,
  }
}
