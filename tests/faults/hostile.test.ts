import { expect, test } from 'vitest'
import { hostile } from './hostile.ts'

/** HOSTILE_SEEDS asks for more. */
const seeds = Number(process.env.HOSTILE_SEEDS ?? hostile.short)

test(`[ERR3] ${seeds} times 500 hostile inputs of twelve families: the server lives, and honest people notice nothing`, {
  timeout: 60_000 * seeds,
}, async () => {
  const { failures, figures } = await hostile.run({ count: seeds, seed: 1 })
  expect(failures).toEqual([])
  expect(figures.families).toBe(12)
  expect(Number(figures.payloads)).toBeGreaterThanOrEqual(500 * seeds)
})
