import { checkUpdates } from '../../lib/collab/gate/update-gate.ts'
import { percentile } from './statistics.ts'
import { editorId, typing } from './typing.ts'
import type { Measured } from './workload.ts'

const KEYSTROKES = 20_000
/** Not counted: until the engine has compiled the gate. */
const WARM = 2000
const NS_PER_US = 1000

/**
 * Measures the time of the gate before the log for one keystroke, in this process and on its core; no server and no
 * other system.
 */
export async function measureGate(): Promise<Measured> {
  const updates = typing(1, KEYSTROKES).editors[0]?.updates ?? []
  const known = new Map<number, number>()
  const rules = {
    clientId: editorId(0),
    clocks: { get: (clientId: number) => known.get(clientId) ?? Number.MAX_SAFE_INTEGER },
    restore: false,
  }
  known.set(rules.clientId, 0)
  const took: number[] = []
  let refused = 0
  for (const update of updates) {
    const begun = process.hrtime.bigint()
    const result = checkUpdates([update], rules)
    took.push(Number(process.hrtime.bigint() - begun) / NS_PER_US)
    if (!result.ok) refused++
    else for (const [clientId, end] of result.clocks) known.set(clientId, end)
  }
  const counted = took.slice(WARM)
  return {
    ok: refused === 0 && updates.length === KEYSTROKES,
    figures: {
      p50Us: percentile(counted, 0.5),
      p99Us: percentile(counted, 0.99),
      mostUs: Math.max(...counted),
      coldUs: took[0] ?? 0,
    },
  }
}
