import { expect, test } from 'vitest'
import { Titles } from '#lib/library/titles.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

function scene(setTitles: (titles: ReadonlyMap<string, string>) => Promise<void>) {
  const clock = new VirtualClock(Math.random)
  const lost: unknown[] = []
  const titles = new Titles({ catalog: { setTitles }, clock, onLost: (error) => lost.push(error) })
  return { clock, titles, lost }
}

test('titles set together are one write, and the last one of a document counts', async () => {
  const writes: [string, string][][] = []
  const { clock, titles } = scene(async (set) => {
    writes.push([...set])
  })
  titles.set('a', 'Min')
  titles.set('b', '會議')
  titles.set('a', 'Minutes')
  expect(writes).toEqual([])
  await clock.advance(1000)
  await titles.flush()
  titles.set('b', '會議紀錄')
  await titles.flush()
  expect(writes).toEqual([
    [
      ['a', 'Minutes'],
      ['b', '會議'],
    ],
    [['b', '會議紀錄']],
  ])
})

test('titles that could not be written are reported, and the next are written', async () => {
  const written: string[] = []
  const { titles, lost } = scene(async (set) => {
    if (set.has('a')) throw new Error('full')
    written.push(...set.values())
  })
  titles.set('a', 'Minutes')
  await titles.flush()
  titles.set('b', 'Plan')
  await titles.flush()
  expect(lost).toEqual([new Error('full')])
  expect(written).toEqual(['Plan'])
})
