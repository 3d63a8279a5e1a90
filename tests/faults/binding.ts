import { fuzz, OPERATIONS } from '../editor/binding/fuzz.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

/** Three editors on the binding, random edits and delivery; the short part is tests/editor/binding/fuzz.test.ts. */
export const binding: Scenario = {
  name: 'binding',
  counts: `seeds of ${OPERATIONS} operations`,
  full: 100,
  short: 20,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    const figures = { operations: 0, deliveries: 0, coarse: 0 }
    for (let each = seed; each < seed + count; each++) {
      const finding = fuzz(each)
      figures.operations += finding.operations
      figures.deliveries += finding.deliveries
      figures.coarse += finding.coarse
      failures.push(...finding.failures)
    }
    return { scenario: 'binding', seed, ok: failures.length === 0, figures, failures: failures.slice(0, 50) }
  },
}
