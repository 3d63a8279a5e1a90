import { describe, expect, test } from 'vitest'
import { ALL_FAULTS, type Faults, Simulation, textOf } from '../support/simulation.ts'

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 200)
const FIRST = Number(process.env.SIMULATION_FIRST_SEED ?? 1)
const STEPS = 120

async function run(seed: number, faults: Faults): Promise<Simulation> {
  const simulation = new Simulation(seed, faults)
  await simulation.start(2 + (seed % 3))
  for (let i = 0; i < STEPS && simulation.failures.length === 0; i++) await simulation.step()
  if (simulation.failures.length === 0) await simulation.rest()
  return simulation
}

describe('replicas over a wire that cuts, duplicates, delays and reorders, a server that restarts and fails to commit', () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    test(`[UPD3] [UPD4] [UPD9] all replicas end equal and every acknowledged edit is stored, seed ${seed}`, async () => {
      const simulation = await run(seed, ALL_FAULTS)
      expect(simulation.failures, `seed ${seed}`).toEqual([])
    })
  }
})

describe('a server restored from an older copy of its data', () => {
  for (let seed = FIRST; seed < FIRST + Math.ceil(SEEDS / 4); seed++) {
    test(`[JOIN6] gets back everything that any client still holds, seed ${seed}`, async () => {
      const simulation = new Simulation(seed, ALL_FAULTS)
      await simulation.start(2 + (seed % 3))
      for (let i = 0; i < 40; i++) await simulation.step()
      const copy = simulation.store.copy()
      for (let i = 0; i < 40; i++) await simulation.step()
      await simulation.rest()
      expect(simulation.failures, `seed ${seed}, before the restore`).toEqual([])
      const before = simulation.replicas.map((each) => textOf(each.doc))
      simulation.restoring = true
      await simulation.restoreOlderCopy(copy)
      await simulation.rest()
      simulation.restoring = false
      expect(simulation.failures, `seed ${seed}, after the restore`).toEqual([])
      expect(
        simulation.replicas.map((each) => textOf(each.doc)),
        `seed ${seed}`,
      ).toEqual(before)
      for (let i = 0; i < 20; i++) await simulation.step()
      await simulation.rest()
      expect(simulation.failures, `seed ${seed}`).toEqual([])
      expect(new Set(before).size).toBe(1)
    })
  }
})

describe('the checks are not blind', () => {
  for (const planted of ['relay-before-commit', 'forgotten-row'] as const) {
    test(`a planted fault is found: ${planted}`, async () => {
      const found: string[] = []
      for (let seed = 1; seed <= 10 && found.length === 0; seed++) {
        found.push(...(await run(seed, { ...ALL_FAULTS, planted })).failures)
      }
      expect(found).not.toEqual([])
    })
  }
})
