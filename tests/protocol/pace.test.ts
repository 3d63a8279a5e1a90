import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { paced } from '#lib/protocol/pace.ts'

const bounds = { least: 16, most: 256 }

describe('the pace of a sender', () => {
  test('grows after a quick confirmation, up to the maximum', () => {
    expect(paced(64, 999, { ...bounds, faster: 128, slower: 32 })).toBe(128)
    expect(paced(200, 0, { ...bounds, faster: 400, slower: 100 })).toBe(256)
  })

  test('stays the same between quick and slow', () => {
    for (const ms of [1000, 2500, 4000]) {
      expect(paced(64, ms, { ...bounds, faster: 128, slower: 32 })).toBe(64)
    }
  })

  test('shrinks after a slow confirmation, down to the minimum', () => {
    expect(paced(64, 4001, { ...bounds, faster: 128, slower: 32 })).toBe(32)
    expect(paced(20, 60_000, { ...bounds, faster: 40, slower: 10 })).toBe(16)
  })

  test('never shrinks on a quick confirmation nor grows on a slow one, whatever was sent', () => {
    const amount = fc.integer({ min: bounds.least, max: bounds.most })
    fc.assert(
      fc.property(amount, fc.nat(1000), fc.nat(1000), fc.nat(10_000), (current, faster, slower, ms) => {
        const next = paced(current, ms, { ...bounds, faster, slower })
        if (ms < 1000) expect(next).toBeGreaterThanOrEqual(current)
        if (ms > 4000) expect(next).toBeLessThanOrEqual(current)
        expect(next).toBeGreaterThanOrEqual(bounds.least)
        expect(next).toBeLessThanOrEqual(bounds.most)
      }),
    )
  })

  test('keeps an amount without bounds', () => {
    const all = Number.POSITIVE_INFINITY
    expect(paced(all, 5000, { ...bounds, faster: all, slower: all })).toBe(all)
    expect(paced(all, 1, { ...bounds, faster: all, slower: all })).toBe(all)
  })
})
