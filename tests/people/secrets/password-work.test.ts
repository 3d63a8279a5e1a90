import { createHook } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { PasswordWork } from '#lib/people/secrets/password-work.ts'
import { refusalIn } from '#lib/protocol/errors.ts'

const PASSWORD = 'correct horse battery'

test('hashes one password of strangers at a time, and one of known users beside it', async () => {
  const work = new PasswordWork()
  const running = new Set<number>()
  let most = 0
  const watching = createHook({
    init: (id, type) => {
      if (type !== 'SCRYPTREQUEST') return
      running.add(id)
      most = Math.max(most, running.size)
    },
    before: (id) => void running.delete(id),
  }).enable()
  const strangers = Array.from({ length: 2 }, (_, i) => work.hash(PASSWORD, { key: `${i}`, isKnown: false }))
  await Promise.all([...strangers, work.hash(PASSWORD, { key: 'mei', isKnown: true })])
  watching.disable()
  expect(most).toBe(2)
})

test('lets keys take turns: one with many requests holds up another by one hash', async () => {
  const work = new PasswordWork()
  const done: string[] = []
  const ask = async (key: string) => {
    await work.matches(PASSWORD, null, { key, isKnown: false })
    done.push(key)
  }
  const many = Array.from({ length: 3 }, () => ask('a flood'))
  await Promise.all([...many, ask('a school'), ask('mei')])
  expect(done.slice(0, 4)).toEqual(['a flood', 'a flood', 'a school', 'mei'])
})

test('refuses what would wait too long, and goes on after a failure', async () => {
  const work = new PasswordWork()
  const turn = { key: 'a flood', isKnown: false }
  const first = work.matches(PASSWORD, null, turn)
  const waiting = Array.from({ length: 400 }, () => work.matches(PASSWORD, null, turn))
  const refused = await work.matches(PASSWORD, null, turn).catch(refusalIn)
  expect(refused).toMatchObject({ code: 'rate-limited' })
  await first
  expect(await work.matches(PASSWORD, null, { key: 'mei', isKnown: false })).toBe(false)
  // The others are not awaited: they would take half a minute.
  for (const each of waiting) each.catch(() => undefined)
})
