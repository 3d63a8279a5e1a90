import { expect, test } from 'vitest'
import { BackOff } from '#lib/client/channel/back-off.ts'

const waits = (backOff: BackOff, count: number) => Array.from({ length: count }, () => backOff.next())

test('waits are drawn between half a second and a limit that doubles up to 30 s', () => {
  expect(waits(new BackOff({ random: () => 0 }), 3)).toEqual([500, 500, 500])
  expect(waits(new BackOff({ random: () => 1 }), 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

test('after a reset they begin again, and any number of attempts stays under the limit', () => {
  const backOff = new BackOff({ random: () => 1 })
  expect(waits(backOff, 2000).at(-1)).toBe(30_000)
  backOff.reset()
  expect(backOff.next()).toBe(1000)
})
