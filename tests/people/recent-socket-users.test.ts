import { beforeEach, expect, test } from 'vitest'
import type { SocketUser } from '#lib/people/authentication.ts'
import { RecentSocketUsers } from '#lib/people/recent-socket-users.ts'

let now: number
let readings: string[]
let stored: Map<string, SocketUser>
let recent: RecentSocketUsers

beforeEach(() => {
  now = 0
  readings = []
  stored = new Map([['mei', user('mei', 'Mei')]])
  recent = new RecentSocketUsers({
    clock: { steady: () => now },
    authentication: {
      ofSocket: async (userId, sessionId) => {
        readings.push(sessionId)
        return stored.get(userId) ?? null
      },
    },
  })
})

function user(userId: string, name: string): SocketUser {
  return { profile: { userId, name, guestName: 0, hue: null }, aliases: new Set(['guest']), cap: null }
}

test('many sockets of a session that connect together are one read, and so are those within a minute', async () => {
  const asked = await Promise.all([recent.of('mei', 's1'), recent.of('mei', 's1')])
  now = 59_999
  expect([...asked, await recent.of('mei', 's1')]).toEqual(Array(3).fill(user('mei', 'Mei')))
  expect(readings).toEqual(['s1'])
})

test('each session is read, because each may have ended', async () => {
  await recent.of('mei', 's1')
  await recent.of('mei', 's2')
  expect(readings).toEqual(['s1', 's2'])
})

test('after a minute a session is read again', async () => {
  await recent.of('mei', 's1')
  stored.delete('mei')
  now = 60_000
  expect(await recent.of('mei', 's1')).toBeNull()
})

test('a session that has ended is read again immediately, and so are all sessions of a user that have', async () => {
  for (const session of ['s1', 's2', 's3']) await recent.of('mei', session)
  stored.delete('mei')
  recent.ended({ sessionId: 's1' })
  expect(await recent.of('mei', 's1')).toBeNull()
  expect(await recent.of('mei', 's2')).toEqual(user('mei', 'Mei'))
  recent.ended({ userId: 'mei' })
  expect(await Promise.all([recent.of('mei', 's2'), recent.of('mei', 's3')])).toEqual([null, null])
})

test('a change of name is known immediately in every session, and nothing else changes', async () => {
  const before = recent.of('mei', 's1')
  await recent.of('mei', 's2')
  const { profile } = user('mei', '梅')
  recent.renamed(profile)
  expect(await before).toEqual(user('mei', 'Mei'))
  expect(await recent.of('mei', 's1')).toEqual(user('mei', '梅'))
  expect(await recent.of('mei', 's2')).toEqual(user('mei', '梅'))
  expect(readings).toEqual(['s1', 's2'])
})

test('that a user may not connect, or could not be read, is not remembered', async () => {
  expect(await recent.of('jun', 's9')).toBeNull()
  stored.set('jun', user('jun', 'Jun'))
  expect(await recent.of('jun', 's9')).toEqual(user('jun', 'Jun'))
  let fails = true
  const failing = new RecentSocketUsers({
    clock: { steady: () => now },
    authentication: {
      ofSocket: async () => {
        if (fails) throw new Error('the disk')
        return user('mei', 'Mei')
      },
    },
  })
  await expect(failing.of('mei', 's1')).rejects.toThrow('the disk')
  fails = false
  expect(await failing.of('mei', 's1')).toEqual(user('mei', 'Mei'))
})

test('of ten thousand and one sessions, the oldest is forgotten', async () => {
  for (let i = 0; i <= 10_000; i++) await recent.of('mei', `s${i}`)
  readings = []
  await recent.of('mei', 's1')
  await recent.of('mei', 's0')
  expect(readings).toEqual(['s0'])
})
