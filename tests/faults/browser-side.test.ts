import { describe, expect, test } from 'vitest'
import { browserSide, simulateBrowsers } from './browser-side.ts'

const seeds = Array.from({ length: browserSide.short }, (_, i) => i + 1)

describe('tabs over databases that are slow, full or missing, killed at any moment', () => {
  test.each(seeds)(
    '[UPD1] [UPD7] what was said to be on this device ends in the log, nothing twice: seed %i',
    async (seed) => {
      expect(await simulateBrowsers(seed)).toEqual([])
    },
  )
})

test('the checks are not blind: a database that says "stored" and forgets is found', async () => {
  const found: string[] = []
  for (let seed = 1; seed <= 20 && found.length === 0; seed++) {
    found.push(...(await simulateBrowsers(seed, { forgets: true })))
  }
  expect(found).not.toEqual([])
})
