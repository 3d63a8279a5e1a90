import { beforeEach, expect, test } from 'vitest'
import type { Holder } from '#lib/people/identities.ts'
import { KnownHolders } from '#lib/people/known-holders.ts'

let now: number
let readings: string[]
let stored: Map<string, Holder>
let holders: KnownHolders

beforeEach(() => {
  now = 0
  readings = []
  stored = new Map([['mei', holder('mei', 'Mei')]])
  holders = new KnownHolders({
    steady: () => now,
    holderOf: async (userId, sessionId) => {
      readings.push(sessionId)
      return stored.get(userId) ?? null
    },
  })
})

function holder(userId: string, name: string): Holder {
  return { person: { userId, name, guestName: 0, hue: null }, aliases: new Set(['guest']), cap: null }
}

test('many sockets of a session that come at once are one reading, and so are those within a minute', async () => {
  const asked = await Promise.all([holders.of('mei', 's1'), holders.of('mei', 's1')])
  now = 59_999
  expect([...asked, await holders.of('mei', 's1')]).toEqual(Array(3).fill(holder('mei', 'Mei')))
  expect(readings).toEqual(['s1'])
})

test('each session is read, for each may be over', async () => {
  await holders.of('mei', 's1')
  await holders.of('mei', 's2')
  expect(readings).toEqual(['s1', 's2'])
})

test('after a minute a session is read again', async () => {
  await holders.of('mei', 's1')
  stored.delete('mei')
  now = 60_000
  expect(await holders.of('mei', 's1')).toBeNull()
})

test('a session that is over is read again at once, and so are all of a user who is', async () => {
  for (const session of ['s1', 's2', 's3']) await holders.of('mei', session)
  stored.delete('mei')
  holders.ended({ sessionId: 's1' })
  expect(await holders.of('mei', 's1')).toBeNull()
  expect(await holders.of('mei', 's2')).toEqual(holder('mei', 'Mei'))
  holders.ended({ userId: 'mei' })
  expect(await Promise.all([holders.of('mei', 's2'), holders.of('mei', 's3')])).toEqual([null, null])
})

test('a change of name is known at once in every session, and nothing else changes', async () => {
  const before = holders.of('mei', 's1')
  await holders.of('mei', 's2')
  const { person } = holder('mei', '梅')
  holders.renamed(person)
  expect(await before).toEqual(holder('mei', 'Mei'))
  expect(await holders.of('mei', 's1')).toEqual(holder('mei', '梅'))
  expect(await holders.of('mei', 's2')).toEqual(holder('mei', '梅'))
  expect(readings).toEqual(['s1', 's2'])
})

test('that somebody may not come in, or could not be read, is not remembered', async () => {
  expect(await holders.of('jun', 's9')).toBeNull()
  stored.set('jun', holder('jun', 'Jun'))
  expect(await holders.of('jun', 's9')).toEqual(holder('jun', 'Jun'))
  let fails = true
  const failing = new KnownHolders({
    steady: () => now,
    holderOf: async () => {
      if (fails) throw new Error('the disk')
      return holder('mei', 'Mei')
    },
  })
  await expect(failing.of('mei', 's1')).rejects.toThrow('the disk')
  fails = false
  expect(await failing.of('mei', 's1')).toEqual(holder('mei', 'Mei'))
})

test('of ten thousand and one sessions, the one known longest is forgotten', async () => {
  for (let i = 0; i <= 10_000; i++) await holders.of('mei', `s${i}`)
  readings = []
  await holders.of('mei', 's1')
  await holders.of('mei', 's0')
  expect(readings).toEqual(['s0'])
})
