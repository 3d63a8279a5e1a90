import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as passed } from 'node:timers/promises'

const hasTaskset = spawnSync('taskset', ['--version']).status === 0 && availableParallelism() > 1

/** Server on the first core, generator on the second. `server`: what stands before the command. Empty where it can't be done. */
export const CORES: { readonly server: readonly string[]; readonly pinned: boolean } = hasTaskset
  ? { server: ['taskset', '-c', '0'], pinned: true }
  : { server: [], pinned: false }

/** Keeps this process, the generator, off the server's core. */
export function pinGenerator(): void {
  if (hasTaskset) spawnSync('taskset', ['-a', '-p', '-c', '1', String(process.pid)])
}

const TICK_MS = 10

/** CPU time of everything on this machine since it started, ms; null where the system does not say. */
export function machineCpuMs(): number | null {
  try {
    const [, line = ''] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? []
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number)
    return (user + nice + system + irq + softirq + steal) * TICK_MS
  } catch {
    return null
  }
}

/** Cores that others may use while something is measured. */
export const CALM = 0.15
const LOOK_MS = 1000

/** Waits until the machine has little else to do, at the latest until `until` (ms of performance.now). */
export async function waitForCalm(until: number): Promise<void> {
  while (performance.now() < until) {
    const before = machineCpuMs()
    if (before === null) return
    await passed(LOOK_MS) // what others take of the machine is only known by looking again
    if ((machineCpuMs() ?? 0) - before < CALM * LOOK_MS) return
  }
}
