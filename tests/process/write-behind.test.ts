import { expect, test } from 'vitest'
import { WriteBehind } from '#lib/process/write-behind.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

function scene(write: (items: readonly string[]) => Promise<void>) {
  const clock = new VirtualClock(Math.random)
  const lost: [unknown, readonly string[]][] = []
  const onLost = (error: unknown, items: readonly string[]) => lost.push([error, items])
  return { clock, lost, behind: new WriteBehind({ clock, gatherMs: 100, write, onLost }) }
}

test('writes together the items added within the gathering time, in order', async () => {
  const writes: (readonly string[])[] = []
  const { clock, behind } = scene(async (items) => void writes.push(items))
  behind.add('a')
  await clock.advance(60)
  behind.add('b')
  await clock.advance(39)
  expect(writes).toEqual([])
  await clock.advance(1)
  expect(writes).toEqual([['a', 'b']])
  behind.add('c')
  await clock.advance(100)
  expect(writes).toEqual([['a', 'b'], ['c']])
})

test('a flush writes now, and a second one only later items', async () => {
  const writes: (readonly string[])[] = []
  const { clock, behind } = scene(async (items) => void writes.push(items))
  behind.add('a')
  await behind.flush()
  await behind.flush()
  await clock.advance(1000)
  expect(writes).toEqual([['a']])
})

test('one write follows the other, and a flush waits for both', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const log: string[] = []
  const { behind } = scene(async (items) => {
    log.push(`begin ${items.join()}`)
    if (items.includes('a')) await promise
    log.push(`end ${items.join()}`)
  })
  behind.add('a')
  void behind.flush()
  behind.add('b')
  const flushed = behind.flush().then(() => log.push('flushed'))
  await Promise.resolve()
  expect(log).toEqual(['begin a'])
  resolve()
  await flushed
  expect(log).toEqual(['begin a', 'end a', 'begin b', 'end b', 'flushed'])
})

test('a write that fails is reported with its items, and the next is made', async () => {
  const written: string[] = []
  const { behind, lost } = scene(async (items) => {
    if (items.includes('a')) throw new Error('full')
    written.push(...items)
  })
  behind.add('a')
  await behind.flush()
  behind.add('b')
  await behind.flush()
  expect(lost).toEqual([[new Error('full'), ['a']]])
  expect(written).toEqual(['b'])
})
