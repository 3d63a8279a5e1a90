import { describe, expect, test } from 'vitest'
import type { Visit } from '#lib/library/store.ts'
import { Visits } from '#lib/library/visits.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

function setUp(fails: () => boolean = () => false) {
  const clock = new VirtualClock(Math.random)
  const writes: (readonly Visit[])[] = []
  const lost: unknown[] = []
  const forgotten: string[] = []
  const visits = new Visits({
    clock,
    catalog: {
      recordVisits: async (some) => {
        if (fails()) throw new Error('no disk')
        writes.push(some)
      },
      listFor: async () => [],
      forgetVisit: async (userId, documentId) => void forgotten.push(`${userId} ${documentId}`),
    },
    onLost: (error) => lost.push(error),
  })
  return { clock, visits, writes, lost, forgotten }
}

describe('visits', () => {
  test('of many users together are one write, without repetition within minutes', async () => {
    const { clock, visits, writes } = setUp()
    for (const who of ['ann', 'bob', 'ann', 'eve']) visits.note(who, 'd', 'link')
    await clock.advance(1000)
    for (const who of ['ann', 'bob', 'eve']) visits.note(who, 'd', 'link')
    await clock.advance(1000)
    expect(writes.map((some) => some.map(({ userId }) => userId))).toEqual([['ann', 'bob', 'eve']])
  })

  test('by another link, to another document or much later are noted', async () => {
    const { clock, visits, writes } = setUp()
    visits.note('ann', 'd', 'link')
    visits.note('ann', 'd', 'other link')
    visits.note('ann', 'other', 'link')
    await visits.flush()
    await clock.advance(10 * 60_000)
    visits.note('ann', 'd', 'link')
    await visits.flush()
    expect(writes.map((some) => some.length)).toEqual([3, 1])
  })

  test('are in a list that is read right afterwards', async () => {
    const { visits, writes } = setUp()
    visits.note('ann', 'd', 'link')
    await visits.listFor('ann', 10)
    expect(writes).toHaveLength(1)
  })

  test('that a user took off their list are noted again at the next visit', async () => {
    const { visits, writes, forgotten } = setUp()
    visits.note('ann', 'd', 'link')
    await visits.forget('ann', 'd')
    visits.note('ann', 'd', 'link')
    await visits.flush()
    expect(forgotten).toEqual(['ann d'])
    expect(writes).toHaveLength(2)
  })

  test('that could not be written are reported, and noted at the next visit', async () => {
    let broken = true
    const { visits, writes, lost } = setUp(() => broken)
    visits.note('ann', 'd', 'link')
    await visits.flush()
    broken = false
    visits.note('ann', 'd', 'link')
    await visits.flush()
    expect(lost).toHaveLength(1)
    expect(writes).toHaveLength(1)
  })
})
