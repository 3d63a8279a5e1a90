import { expect, test } from 'vitest'
import { network } from './network.ts'

const seed = Date.now() % 1_000_000

test(`[HS5] [HS6] [PRES6] slow, narrow, dead, cut and half-open networks and a stopped process: everything arrives, once, and all see each other, seed ${seed}`, {
  timeout: 120_000,
}, async () => {
  const { failures } = await network.run({ count: network.short, seed })
  expect(failures).toEqual([])
})
