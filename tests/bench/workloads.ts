import { type FanOut, measureFanOut } from './fan-out.ts'
import type { Workload } from './workload.ts'

const FAN_OUT_COLUMNS = [
  'cpuMsPer1000Updates',
  'framesPerDelivery',
  'bytesPerDelivery',
  'writesPerDelivery',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'backlogMs',
]

function fanOut(clients: number, editors: number, updatesPerSecond: number): Workload {
  const typing = editors === clients ? 'all' : String(editors)
  return {
    id: 'W1',
    title: `one document, ${clients} clients, ${typing} typing, ${updatesPerSecond} updates/s`,
    columns: FAN_OUT_COLUMNS,
    async run({ system, seconds, start }) {
      const load: FanOut = { clients, editors, updatesPerSecond, seconds }
      return measureFanOut(system, await start(), load)
    },
  }
}

/** Every row of the table, in its order. */
export const WORKLOADS: readonly Workload[] = [
  fanOut(100, 100, 1500),
  fanOut(100, 100, 500),
  fanOut(10, 10, 50),
  fanOut(100, 100, 50),
  fanOut(500, 50, 250),
]
