import { expect, test } from 'vitest'
import { soak } from './soak.ts'

test('a hundred rooms where people come and go: everybody has everything, and no connection or file is left behind', {
  timeout: 60_000,
}, async () => {
  const { failures, figures } = await soak.run({ count: soak.short, seed: 1 })
  expect(failures).toEqual([])
  expect(Number(figures.visits)).toBeGreaterThan(100)
})
