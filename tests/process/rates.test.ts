import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_RATES, Rates } from '#lib/process/rates.ts'

const slow = { perSecond: 2, burst: 4 }
const wide = { perSecond: 20, burst: 40 }
const figures = { reads: { session: slow, ip: wide } }

function setUp(kept?: number) {
  const clock = { now: 1000 }
  return { clock, rates: new Rates(() => clock.now, figures, kept) }
}

describe('a bucket', () => {
  test('grants its burst immediately, then as much as it regains', () => {
    const { clock, rates } = setUp()
    const ada = { session: 'ada', ip: '' }
    for (let i = 0; i < slow.burst; i++) expect(rates.take('reads', ada)).toBe(0)
    expect(rates.take('reads', ada)).toBe(500)
    clock.now += 499
    expect(rates.take('reads', ada)).toBeGreaterThan(0)
    clock.now += 1
    expect(rates.take('reads', ada)).toBe(0)
    expect(rates.take('reads', ada)).toBe(500)
  })

  test('is separate for each name, session and IP address', () => {
    const { rates } = setUp()
    const ada = { session: 'ada', ip: '' }
    for (let i = 0; i < slow.burst; i++) rates.take('reads', ada)
    expect(rates.take('reads', ada)).toBeGreaterThan(0)
    expect(rates.take('reads', { session: 'bob', ip: '' })).toBe(0)
    expect(rates.take('reads', { ip: 'ada' })).toBe(0)
    expect(rates.take('writes', ada)).toBe(0)
  })

  test('a refusal for one key costs the other nothing', () => {
    const { rates } = setUp()
    for (let i = 0; i < wide.burst; i++) rates.take('reads', { ip: 'school' })
    expect(rates.take('reads', { session: 'ada', ip: 'school' })).toBe(50)
    for (let i = 0; i < slow.burst; i++) expect(rates.take('reads', { session: 'ada', ip: '' })).toBe(0)
  })

  test('a cost above the burst is granted by a full one, which is then in debt', () => {
    const { clock, rates } = setUp()
    const ada = { session: 'ada', ip: '' }
    expect(rates.take('reads', ada, 10)).toBe(0)
    expect(rates.take('reads', ada)).toBe(3500)
    clock.now += 3500
    expect(rates.take('reads', ada)).toBe(0)
  })

  test('without keys nothing is counted, and disabled limits never refuse', () => {
    const { rates } = setUp()
    for (let i = 0; i < 1000; i++) expect(rates.take('reads', { ip: '' })).toBe(0)
    expect(rates.size).toBe(0)
    for (let i = 0; i < 1000; i++) expect(NO_RATES.take('bytes', { session: 'ada', ip: 'x' }, 1e9)).toBe(0)
  })
})

/** A sequence after which a bucket was short by a last digit at the time it had named. */
const FOUND = [
  { wait: 0, cost: 5 },
  { wait: 38, cost: 1 },
]

test('no sequence is ever granted more than the burst and what was regained, and no wait is too long', async () => {
  const step = fc.record({ wait: fc.integer({ min: 0, max: 1500 }), cost: fc.integer({ min: 1, max: 6 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, rates } = setUp()
      const begun = clock.now
      const ada = { session: 'ada', ip: 'home' }
      let granted = 0
      for (const { wait, cost } of steps) {
        clock.now += wait
        const retryAfter = rates.take('reads', ada, cost)
        if (retryAfter > 0) {
          clock.now += retryAfter
          expect(rates.take('reads', ada, cost)).toBe(0)
        }
        granted += cost
        // A full bucket may go into debt by one cost above its burst.
        const most = slow.burst + ((clock.now - begun) / 1000) * slow.perSecond + (6 - slow.burst)
        expect(granted).toBeLessThanOrEqual(most + 1e-6)
      }
    }),
    { examples: [[FOUND]] },
  )
})

describe('memory', () => {
  test('is bounded, however many IP addresses there are', () => {
    const { rates, clock } = setUp(1000)
    for (let i = 0; i < 50_000; i++) {
      rates.take('reads', { session: `s${i}`, ip: `ip${i}` })
      if (i % 100 === 0) clock.now += 1
    }
    expect(rates.size).toBeLessThanOrEqual(2000)
  })

  test('keeps refusing a key while there are full buckets to drop', () => {
    const { rates, clock } = setUp(1000)
    for (let i = 0; i < 990; i++) rates.take('reads', { session: `early${i}`, ip: '' })
    clock.now += 10_000
    const ada = { session: 'ada', ip: '' }
    for (let i = 0; i < slow.burst; i++) rates.take('reads', ada)
    for (let i = 0; i < 500; i++) rates.take('reads', { session: `late${i}`, ip: '' })
    expect(rates.take('reads', ada)).toBeGreaterThan(0)
  })
})
