import { IndexedDbBrowser } from './indexed-db-browser.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'
import { ALL_FAULTS, type PlantedFault } from './simulated-faults.ts'
import type { Browser } from './simulated-replica.ts'
import { Simulation } from './simulated-world.ts'
import { SlowReplicas } from './slow-replicas.ts'

const STEPS = 100

/** Private mode: no database, everything is in memory only. */
const PRIVATE: Browser = { open: () => null, failure: null }

/** The options of a run of tabs. */
export interface BrowserRun {
  /**
   * True for the real `indexed-db-store.ts` over an IndexedDB in memory, false for the simplest implementation of
   * the port.
   */
  readonly indexedDb: boolean
  /** Planted: a database that says "stored" of batches it drops. */
  readonly forgets?: boolean
  /** A fault planted in the server. */
  readonly planted?: PlantedFault
}

/**
 * Runs one seed: tabs over databases that are slow, full at times, or missing (every fourth seed: in the first
 * browser). Two tabs share one browser, and any tab is killed at any moment, also between typing and its write.
 */
export async function simulateBrowsers(seed: number, run: BrowserRun): Promise<readonly string[]> {
  const restore = run.indexedDb ? IndexedDbBrowser.install() : () => undefined
  try {
    return await simulateTabs(seed, run)
  } finally {
    restore()
  }
}

async function simulateTabs(seed: number, run: BrowserRun): Promise<readonly string[]> {
  const { indexedDb, forgets = false, planted = null } = run
  let browsers = 0
  const simulation = new Simulation(seed, { ...ALL_FAULTS, planted }, (clock) => {
    if (browsers++ === 0 && seed % 4 === 0) return PRIVATE
    return indexedDb ? new IndexedDbBrowser(clock, { forgets }) : new SlowReplicas(clock, { forgets })
  })
  const { random, clock, replicas, failures } = simulation
  await simulation.start(3 + (seed % 2))
  for (let i = 0; i < STEPS && failures.length === 0; i++) {
    const tab = replicas[Math.floor(random() * replicas.length)]
    const dice = random()
    if (dice < 0.08) {
      // Some tabs get `pagehide` before they go, some do not.
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
      for (const indexedDb of [true, false]) {
        for (const failure of await simulateBrowsers(each, { indexedDb })) {
          failures.push(`seed ${each}, ${indexedDb ? 'IndexedDB' : 'memory'}: ${failure}`)
        }
      }
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
