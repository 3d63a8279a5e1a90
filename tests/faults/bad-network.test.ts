import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as passed } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BadNetwork, startBadNetwork } from './bad-network.ts'

/* Tests that the bad network really is bad: a scenario over a good network would prove nothing. */

let network: BadNetwork
let near: Socket
let far: Socket
let stop: () => void

beforeEach(async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  network = await startBadNetwork(`http://127.0.0.1:${address.port}`, Math.random)
  near = connect(Number(new URL(network.url).port), '127.0.0.1')
  far = (await once(server, 'connection'))[0]
  for (const socket of [near, far]) socket.on('error', () => undefined)
  stop = () => server.close()
})
afterEach(async () => {
  await network.close()
  near.destroy()
  far.destroy()
  stop()
})

/** Returns the time until `bytes` more have arrived, ms. */
async function arrival(at: Socket, bytes: number): Promise<number> {
  const begun = performance.now()
  let left = bytes
  while (left > 0) left -= (await once(at, 'data'))[0].length
  return performance.now() - begun
}

/** Returns true if anything arrives within `ms`. */
async function heard(at: Socket, ms: number): Promise<boolean> {
  const gave = new AbortController()
  const first = once(at, 'data', { signal: gave.signal }).then(
    () => true,
    () => false,
  )
  const nothing = passed(ms, false) // silence only shows over time
  const answer = await Promise.race([first, nothing])
  gave.abort()
  return answer
}

/** Resolves when the socket closes. A reset also counts as an error, but only the closing matters. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

test('it is 300 ms ± 100 away, each way', async () => {
  network.setWeather({ latencyMs: 300, jitterMs: 100, bitsPerSecond: Number.POSITIVE_INFINITY })
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.write('x')
    const ms = await arrival(to, 1)
    expect(ms).toBeGreaterThan(190)
    expect(ms).toBeLessThan(600)
  }
})

test('64 kbit/s take a second for 8,000 bytes', async () => {
  network.setWeather({ latencyMs: 0, jitterMs: 0, bitsPerSecond: 64_000 })
  near.write(Buffer.alloc(8000))
  const ms = await arrival(far, 8000)
  expect(ms).toBeGreaterThan(950)
  expect(ms).toBeLessThan(1600)
})

test('a dead zone holds everything back and loses nothing', async () => {
  network.deadZone()
  near.write('one')
  expect(await heard(far, 150)).toBe(false)
  const arriving = arrival(far, 3)
  network.clear()
  await arriving
})

test('a black hole swallows, and the connections are gone after it', async () => {
  network.blackHole()
  near.write('one')
  expect(await heard(far, 150)).toBe(false)
  const closed = Promise.all([closing(near), closing(far)])
  network.clear()
  await closed
})

test('a reset ends both sides', async () => {
  const closed = Promise.all([closing(near), closing(far)])
  network.reset()
  await closed
})

test.each(['client', 'server'] as const)(
  'a half-open connection: only the %s believes in it',
  async (still) => {
    const [believes, gone] = still === 'client' ? [near, far] : [far, near]
    const closed = closing(gone)
    network.halfOpen(still)
    await closed
    believes.write('one')
    expect(await heard(believes, 150)).toBe(false)
    expect(believes.destroyed).toBe(false)
  },
)
