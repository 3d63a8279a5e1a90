import { describe, expect, test } from 'vitest'
import { type BrowserRun, browserSide, simulateBrowsers } from './browser-side.ts'

const seeds = Array.from({ length: browserSide.short }, (_, i) => i + 1)

describe.each([
  ['IndexedDB', true],
  ['databases in memory', false],
])('tabs over %s that are slow, full or missing, killed at any moment', (_, indexedDb) => {
  test.each(seeds)(
    '[UPD1] [UPD7] what was said to be on this device ends in the log, nothing twice: seed %i',
    async (seed) => {
      expect(await simulateBrowsers(seed, { indexedDb })).toEqual([])
    },
  )
})

describe('faults found by other seeds', () => {
  test.each([5016, 5030, 5125, 5156])(
    'two tabs do not hand on for ever what builds on lost edits: seed %i',
    async (seed) => {
      expect(await simulateBrowsers(seed, { indexedDb: false })).toEqual([])
    },
  )
})

describe('the checks are not blind', () => {
  test.each<[string, BrowserRun]>([
    ['an IndexedDB that says "stored" and forgets', { indexedDb: true, forgets: true }],
    ['a database in memory that does', { indexedDb: false, forgets: true }],
    ['a server that takes what two tabs both send twice', { indexedDb: true, planted: 'forgotten-number' }],
  ])('%s is found', async (_, run) => {
    const found: string[] = []
    for (let seed = 1; seed <= 20 && found.length === 0; seed++) {
      found.push(...(await simulateBrowsers(seed, run)))
    }
    expect(found).not.toEqual([])
  })
})
