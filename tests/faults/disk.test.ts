import { describe, expect, test } from 'vitest'
import { disk } from './disk.ts'

const seed = Date.now() % 100_000

// LD_PRELOAD exists on Linux only.
describe.runIf(process.platform === 'linux')(
  'the real server on a full, read-only, hanging and failing disk',
  () => {
    test(`[UPD4] [END2] all clients are told, nothing reported as saved is lost, and it recovers by itself, seed ${seed}`, {
      timeout: 120_000,
    }, async () => {
      const { failures, figures } = await disk.run({ count: disk.short, seed })
      expect(failures).toEqual([])
      expect(figures.failedCalls).toBe(disk.short)
    })
  },
)
