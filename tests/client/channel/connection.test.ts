import { EventEmitter, once } from 'node:events'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { SessionEnded } from '#lib/client/channel/credential.ts'
import { CollabProvider } from '#lib/client/collab-provider.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import { startBadNetwork } from '../../faults/bad-network.ts'
import { startCollaboration } from '../../support/collaboration.ts'
import { freePort } from '../../support/free-port.ts'
import { settled } from '../../support/virtual-clock.ts'
import { until } from '../../support/writer.ts'

/**
 * Returns the first waits of a client between its attempts, with a random source that always returns `dice`. The
 * clock skips the waits.
 */
function waitsOf(url: string, dice: number, attempts: number): Promise<number[]> {
  const waits: number[] = []
  const { promise, resolve } = Promise.withResolvers<number[]>()
  const clock: Clock = {
    now: () => 0,
    steady: () => 0,
    random: () => dice,
    after(ms, task) {
      waits.push(Math.round(ms))
      if (waits.length === attempts) void provider.destroy().then(() => resolve(waits))
      else setImmediate(task)
      return () => undefined
    },
  }
  const auth = async () => ''
  const provider = new CollabProvider({ url, address: 'A'.repeat(32), auth, doc: new Y.Doc(), clock })
  return promise
}

describe('[HS6] coming back', () => {
  test('is spread evenly between half a second and a limit that doubles up to 30 s', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    expect(await waitsOf(url, 0, 8)).toEqual([500, 500, 500, 500, 500, 500, 500, 500])
    expect(await waitsOf(url, 0.5, 4)).toEqual([750, 1250, 2250, 4250])
    expect(await waitsOf(url, 1, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  test('[END3] after a drain waits the time the server asked for, plus a random share of it', async () => {
    const server = await startCollaboration()
    const mei = await server.guest()
    const { address } = await server.document(mei)
    const waits: number[] = []
    const clock: Clock = {
      now: Date.now,
      steady: () => performance.now(),
      random: () => 0.5,
      after(ms) {
        waits.push(ms)
        return () => undefined
      },
    }
    const provider = server.open(address, mei, { clock })
    await until(provider, () => provider.synced)
    await server.close()
    await until(provider, () => !provider.synced)
    expect(provider.status.phase).toBe('draining')
    // The earlier timers are for the renewal of the token.
    expect(waits.at(-1)).toBe(1500)
    await provider.destroy()
  })
})

test('[HS3] a token that arrives after its connection closed is not sent over the next one', async () => {
  const server = await startCollaboration()
  const proxy = await startBadNetwork(server.url, () => 0.5)
  const mei = await server.guest()
  const { address } = await server.document(mei)
  const asked: PromiseWithResolvers<string>[] = []
  const asks = new EventEmitter()
  const provider = server.open(address, mei, {
    url: proxy.url,
    transports: ['websocket'],
    auth() {
      const token = Promise.withResolvers<string>()
      asked.push(token)
      asks.emit('asked')
      return token.promise
    },
  })
  await once(asks, 'asked')
  proxy.reset()
  await once(asks, 'asked')
  asked[0]?.resolve('too late')
  await settled()
  expect(provider.status.problem).toBeNull()
  asked[1]?.resolve(server.token(mei))
  await until(provider, () => provider.synced)
  expect(asked).toHaveLength(2)
  await provider.destroy()
  await proxy.close()
  await server.close()
})

test('[HS3] the reason of a refused connection is reported, whichever part refuses, until it connects', async () => {
  const server = await startCollaboration()
  const mei = await server.guest()
  const { address } = await server.document(mei)
  const seen: (string | null)[] = []
  let refusals = 0
  const provider = server.open(address, mei, {
    async auth() {
      // First the route that issues tokens refuses, then the handshake.
      if (++refusals === 1) throw new RefusedRequest(refuse('rate-limited', 'later'))
      return refusals === 2 ? 'no token' : server.token(mei)
    },
  })
  provider.on('status', ({ hindrance }) => {
    if (seen.at(-1) !== hindrance) seen.push(hindrance)
  })
  await until(provider, () => provider.synced)
  expect(seen).toEqual(['rate-limited', 'unauthenticated', null])
  await provider.destroy()
  await server.close()
})

test('[LIM7] a join that is refused for now is reported as well', async () => {
  const plenty = { perSecond: 1000, burst: 1000 }
  const server = await startCollaboration({
    limited: { joins: { session: { perSecond: 4, burst: 1 }, ip: plenty } },
  })
  const mei = await server.guest()
  const { address } = await server.document(mei)
  const first = server.open(address, mei)
  await until(first, () => first.synced)
  const second = server.open(address, mei)
  await until(second, () => second.status.hindrance === 'rate-limited')
  await until(second, () => second.synced)
  expect(second.status.hindrance).toBeNull()
  await Promise.all([first.destroy(), second.destroy()])
  await server.close()
})

test('[DRAFT5] after a session ends no edits are accepted and the waiting ones are kept, until there is one again', async () => {
  const server = await startCollaboration()
  const mei = await server.guest()
  const { address } = await server.document(mei)
  let ended = false
  const auth = async () => {
    if (ended) throw new SessionEnded()
    return server.token(mei)
  }
  const provider = server.open(address, mei, { auth })
  await until(provider, () => provider.synced)
  provider.doc.getText('title').insert(0, 'waits')
  ended = true
  server.collaboration.endSockets({ sessionId: mei.sessionId })
  await until(provider, () => provider.status.hindrance === 'session-expired')
  expect(provider.status).toMatchObject({ phase: 'lost', mayType: false, role: 'owner' })
  expect(provider.doc.getText('title').toString()).toBe('waits')
  ended = false
  await until(provider, () => provider.synced && provider.saved)
  expect(provider.status).toMatchObject({ mayType: true, hindrance: null })
  await provider.destroy()
  await server.close()
})
