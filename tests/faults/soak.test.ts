import { expect, test } from 'vitest'
import { soak, soakServer } from './soak.ts'

test('a hundred rooms where people come and go: all have everything, and no connection or file is left behind', {
  timeout: 60_000,
}, async () => {
  const { failures, figures } = await soak.run({ count: soak.short, seed: 1 })
  expect(failures).toEqual([])
  expect(Number(figures.visits)).toBeGreaterThan(100)
})

test('a visitor who never leaves is found', { timeout: 60_000 }, async () => {
  const { failures } = await soakServer({ count: 0.02, seed: 1, planted: true })
  expect(failures).toEqual([expect.stringContaining('left behind: 1 connections')])
})
