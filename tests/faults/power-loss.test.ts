import { describe, expect, test } from 'vitest'
import { losePower, powerLoss } from './power-loss.ts'

const seed = Date.now() % 100_000

// LD_PRELOAD exists on Linux only.
describe.runIf(process.platform === 'linux')(
  'the real store on a disk that forgets, tears and reorders what was not synced',
  () => {
    test(`${powerLoss.short} power cuts lose nothing acknowledged and damage nothing, seed ${seed}`, {
      timeout: 90_000,
    }, async () => {
      const { failures, figures } = await powerLoss.run({ count: powerLoss.short, seed })
      expect(failures).toEqual([])
      expect(figures.rows).toBeGreaterThan(powerLoss.short)
    })

    test('syncs that do nothing are found out', { timeout: 90_000 }, async () => {
      const { ok, figures } = await losePower({ count: 30, seed: 2, planted: true })
      expect(ok).toBe(false)
      expect(figures.lost).toBeGreaterThan(0)
    })
  },
)
