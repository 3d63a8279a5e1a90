import type { Finding, Scenario, ScenarioRun } from './scenario.ts'
import { ALL_FAULTS, type Browser, Simulation } from './simulated-world.ts'
import { SlowReplicas } from './slow-replicas.ts'

const STEPS = 100

/** Private mode: no database, everything is in memory only. */
const PRIVATE: Browser = { open: () => null, failure: null }

/**
 * One seed: tabs over databases that take their time, are full at times, or are missing (every fourth seed: in the first
 * browser); two tabs share one browser, and any tab is killed at any moment, also between typing and its write.
 */
export async function simulateBrowsers(
  seed: number,
  planted: { forgets?: boolean } = {},
): Promise<readonly string[]> {
  let browsers = 0
  const simulation = new Simulation(seed, ALL_FAULTS, (clock) =>
    browsers++ === 0 && seed % 4 === 0 ? PRIVATE : new SlowReplicas(clock, planted),
  )
  const { random, clock, replicas, failures } = simulation
  await simulation.start(3 + (seed % 2))
  for (let i = 0; i < STEPS && failures.length === 0; i++) {
    const tab = replicas[Math.floor(random() * replicas.length)]
    const dice = random()
    if (dice < 0.08) {
      // Some are told that the page goes (`pagehide`), some are not.
      if (random() < 0.5) tab?.sync.flushNow()
      tab?.reopen()
    } else if (dice < 0.12) {
      tab?.setFull(true)
      clock.after(random() * 4000, () => tab?.setFull(false))
    }
    await simulation.step()
  }
  if (failures.length === 0) await simulation.rest()
  return failures
}

export const browserSide: Scenario = {
  name: 'browser-side',
  counts: 'seeds',
  full: 2000,
  short: 60,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    for (let each = seed; each < seed + count; each++) {
      for (const failure of await simulateBrowsers(each)) failures.push(`seed ${each}: ${failure}`)
    }
    return {
      scenario: 'browser-side',
      seed,
      ok: failures.length === 0,
      figures: { seeds: count },
      failures: failures.slice(0, 50),
    }
  },
}
