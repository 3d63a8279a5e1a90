import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { binding } from './binding.ts'
import { browserSide } from './browser-side.ts'
import { firefox, typedReplay } from './browsers.ts'
import { damage } from './damage.ts'
import { disk } from './disk.ts'
import { flood } from './flood.ts'
import { floods } from './floods.ts'
import { hoard } from './hoard.ts'
import { honestUse } from './honest-use.ts'
import { hostile } from './hostile.ts'
import { kill9 } from './kill9.ts'
import { network } from './network.ts'
import { powerLoss } from './power-loss.ts'
import type { Scenario } from './scenario.ts'
import { simulation } from './simulation.ts'
import { slowReader } from './slow-reader.ts'
import { soak } from './soak.ts'
import { storms } from './storms.ts'
import { undo } from './undo.ts'

/*
 * npm run faults [-- --only kill9,simulation] [--count 50] [--seed 7] [--corpus file] [--json]
 * Runs the fault suite in full and reports what it measured; ends with 1 when a promise did not hold.
 */

const SCENARIOS: readonly Scenario[] = [
  simulation,
  browserSide,
  undo,
  binding,
  kill9,
  powerLoss,
  disk,
  damage,
  storms,
  network,
  hostile,
  floods,
  honestUse,
  hoard,
  flood,
  slowReader,
  typedReplay,
  firefox,
  soak,
]

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    count: { type: 'string' },
    seed: { type: 'string' },
    corpus: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

function wholeNumber(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  if (/^\d{1,9}$/.test(given)) return Number(given)
  console.error(`--${name} must be a whole number, not ${JSON.stringify(given)}.`)
  process.exit(2)
}

const only = values.only?.split(',')
const unknown = only?.find((name) => !SCENARIOS.some((scenario) => scenario.name === name))
if (unknown !== undefined) {
  console.error(
    `--only knows ${SCENARIOS.map(({ name }) => name).join(', ')}, not ${JSON.stringify(unknown)}.`,
  )
  process.exit(2)
}
const count = wholeNumber('count', values.count)
const seed = wholeNumber('seed', values.seed) ?? Date.now() % 1_000_000

let failed = false
for (const scenario of SCENARIOS) {
  if (only && !only.includes(scenario.name)) continue
  const begun = performance.now()
  const finding = await scenario.run({
    count: count ?? scenario.full,
    seed,
    ...(values.corpus === undefined ? {} : { corpus: resolve(values.corpus) }),
  })
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  failed ||= !finding.ok
  if (values.json) {
    console.log(JSON.stringify({ ...finding, seconds }))
    continue
  }
  const figures = Object.entries(finding.figures).map(([name, value]) => `${name} ${value}`)
  console.log(
    `${finding.ok ? 'ok  ' : 'FAIL'} ${scenario.name} (seed ${seed}, ${seconds} s): ${figures.join(', ')}`,
  )
  for (const failure of finding.failures) console.log(`     ${failure}`)
}
process.exitCode = failed ? 1 : 0
