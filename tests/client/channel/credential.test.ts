import { expect, test } from 'vitest'
import { Credential, SessionEnded, type SocketCredential } from '#lib/client/channel/credential.ts'
import { refuse } from '#lib/protocol/errors.ts'
import { OWNER } from '../../support/owner.ts'
import { settled, VirtualClock } from '../../support/virtual-clock.ts'

const MINUTE = 60_000

/** Returns a connected credential whose tokens last ten minutes. `answer` is the server's answer to a renewal. */
async function connected(random = 0.5) {
  const clock = new VirtualClock(() => random)
  const asked: boolean[] = []
  const renewed: string[] = []
  const world = {
    answer: { ok: true } as { ok: true } | ReturnType<typeof refuse>,
    fetch: async (): Promise<string | SocketCredential> => ({
      token: `t${asked.length}`,
      life: 10 * MINUTE,
    }),
  }
  const credential = new Credential({
    authenticate: (fresh) => {
      asked.push(fresh)
      return world.fetch()
    },
    clock,
    renew: async (token) => {
      renewed.push(token)
      return world.answer
    },
    owner: OWNER,
  })
  await credential.token()
  credential.connected()
  const pass = (ms: number) => clock.advance(ms)
  return { credential, world, asked, renewed, pass }
}

test.each([
  { random: 0, at: 7.5 },
  { random: 0.5, at: 8 },
  { random: 0.999, at: 8.499 },
])('[DRAFT5] a token is renewed after $at of ten minutes', async ({ random, at }) => {
  const { asked, renewed, pass } = await connected(random)
  await pass(at * MINUTE - 1)
  expect(renewed).toEqual([])
  await pass(2)
  expect(renewed).toEqual(['t2'])
  expect(asked).toEqual([false, true])
  await pass(8.5 * MINUTE)
  expect(renewed).toEqual(['t2', 't3'])
})

test('[DRAFT5] a failure is retried after 1 s and up to 30 s, and immediately when the user returns to the page', async () => {
  const { credential, world, renewed, pass } = await connected()
  world.answer = refuse('internal', 'not now')
  await pass(8 * MINUTE)
  expect(renewed).toHaveLength(1)
  for (const wait of [1, 2, 4, 8, 16, 30, 30]) {
    const before = renewed.length
    await pass(wait * 1000 - 1)
    expect(renewed).toHaveLength(before)
    await pass(1)
    expect(renewed).toHaveLength(before + 1)
  }
  world.answer = { ok: true }
  credential.retryNow()
  await settled()
  expect(renewed).toHaveLength(9)
  await pass(8 * MINUTE - 1)
  expect(renewed).toHaveLength(9)
})

test('a signed-out user is notified, until they sign in again', async () => {
  const { credential, world, renewed, pass } = await connected()
  world.fetch = () => Promise.reject(new SessionEnded())
  await pass(8 * MINUTE)
  expect(credential.ended).toBe(true)
  expect(renewed).toEqual([])
  world.fetch = async () => 'again'
  await pass(1000)
  expect(credential.ended).toBe(false)
  expect(renewed).toEqual(['again'])
})

test('a token that the server rejected is not sent again', async () => {
  const { credential, asked } = await connected()
  credential.disconnected()
  credential.disbelieved()
  await credential.token()
  credential.connected()
  await credential.token()
  expect(asked).toEqual([false, true, false])
})

test('nothing is renewed without a connection', async () => {
  const { credential, renewed, pass } = await connected()
  credential.disconnected()
  await pass(60 * MINUTE)
  expect(renewed).toEqual([])
})
