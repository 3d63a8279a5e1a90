import type { Finding, Scenario, ScenarioRun } from './scenario.ts'
import { ALL_FAULTS, type Faults } from './simulated-faults.ts'
import { Simulation, textOf } from './simulated-world.ts'

const STEPS = 120

/** Runs one seed: random steps with faults, then everything recovers. Returns the promises that did not hold. */
export async function simulate(seed: number, faults: Faults = ALL_FAULTS): Promise<readonly string[]> {
  const simulation = new Simulation(seed, faults)
  await simulation.start(2 + (seed % 3))
  for (let i = 0; i < STEPS && simulation.failures.length === 0; i++) await simulation.step()
  if (simulation.failures.length === 0) await simulation.rest()
  return simulation.failures
}

/**
 * Runs one seed with a restore from an older copy in the middle: everything that any client still holds must come
 * back.
 */
export async function simulateRestore(seed: number): Promise<readonly string[]> {
  const simulation = new Simulation(seed, ALL_FAULTS)
  const { replicas, failures } = simulation
  await simulation.start(2 + (seed % 3))
  for (let i = 0; i < 40; i++) await simulation.step()
  const copy = simulation.store.copy()
  for (let i = 0; i < 40; i++) await simulation.step()
  await simulation.rest()
  if (failures.length > 0) return failures.map((failure) => `before the restore: ${failure}`)
  const before = replicas.map((each) => textOf(each.doc))
  simulation.restoring = true
  await simulation.restoreOlderCopy(copy)
  await simulation.rest()
  simulation.restoring = false
  for (const [index, replica] of replicas.entries()) {
    if (textOf(replica.doc) !== before[index]) simulation.fail(`${replica.name} lost text to the restore`)
  }
  for (let i = 0; i < 20 && failures.length === 0; i++) await simulation.step()
  if (failures.length === 0) await simulation.rest()
  return failures
}

/** The rules of both sides, deterministically, under all faults together. Counts seeds; every fifth also restores. */
export const simulation: Scenario = {
  name: 'simulation',
  counts: 'seeds',
  full: 10_000,
  short: 200,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    let restores = 0
    for (let each = seed; each < seed + count; each++) {
      for (const failure of await simulate(each)) failures.push(`seed ${each}: ${failure}`)
      if (each % 5 !== 0) continue
      restores++
      for (const failure of await simulateRestore(each)) failures.push(`seed ${each}, restored: ${failure}`)
    }
    const figures = { seeds: count, restores }
    return {
      scenario: 'simulation',
      seed,
      ok: failures.length === 0,
      figures,
      failures: failures.slice(0, 50),
    }
  },
}
