import { expect, test } from 'vitest'
import { damage } from './damage.ts'

const seed = Date.now() % 100_000

test(`[END1] a flipped bit quarantines its document alone, and is found by verifying, seed ${seed}`, {
  timeout: 90_000,
}, async () => {
  const { failures, figures } = await damage.run({ count: damage.short, seed })
  expect(failures).toEqual([])
  expect(figures.found).toBeGreaterThan(0)
})
