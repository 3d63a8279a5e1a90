import { describe, expect, test } from 'vitest'
import { ALL_FAULTS, PLANTED_FAULTS } from './simulated-faults.ts'
import { simulate, simulateRestore, simulation } from './simulation.ts'

const seeds = Array.from({ length: simulation.short }, (_, i) => i + 1)

describe('replicas over a wire with every fault, a server that is killed and fails to commit, browsers that are full', () => {
  test.each(seeds)(
    '[UPD3] [UPD4] [UPD9] all end equal, every acknowledged edit is stored: seed %i',
    async (seed) => {
      expect(await simulate(seed)).toEqual([])
    },
  )
})

describe('a server restored from an older copy of its data', () => {
  test.each(seeds.filter((seed) => seed % 5 === 0))(
    '[JOIN6] gets back everything that any client still holds: seed %i',
    async (seed) => {
      expect(await simulateRestore(seed)).toEqual([])
    },
  )
})

describe('faults found by other seeds', () => {
  test('the commit queue waits by a clock that is never set back: seed 14', async () => {
    expect(await simulate(14)).toEqual([])
  })
  test("another tab's batch is sent though its clock ran ahead: seed 1438", async () => {
    expect(await simulate(1438)).toEqual([])
  })
  test('a browser that was full has no hole in its outbox: seed 2032', async () => {
    expect(await simulate(2032)).toEqual([])
  })
})

describe('the checks are not blind', () => {
  test.each(PLANTED_FAULTS)('a planted fault is found: %s', async (planted) => {
    const found: string[] = []
    for (let seed = 1; seed <= 20 && found.length === 0; seed++) {
      found.push(...(await simulate(seed, { ...ALL_FAULTS, planted })))
    }
    expect(found).not.toEqual([])
  })
})
