import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as passed } from 'node:timers/promises'

const hasTaskset = spawnSync('taskset', ['--version']).status === 0 && availableParallelism() > 1

/**
 * Server on the first core, generator on the second. `server`: the words in front of the command. Empty where pinning
 * is impossible.
 */
export const CORES: { readonly server: readonly string[]; readonly pinned: boolean } = hasTaskset
  ? { server: ['taskset', '-c', '0'], pinned: true }
  : { server: [], pinned: false }

/** Keeps this process, the generator, off the server's core. */
export function pinGenerator(): void {
  if (hasTaskset) spawnSync('taskset', ['-a', '-p', '-c', '1', String(process.pid)])
}

const TICK_MS = 10

/**
 * Returns the CPU time of everything on this machine since it started, ms, or null if the system does not report it.
 */
export function machineCpuMs(): number | null {
  try {
    const [, line = ''] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? []
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number)
    return (user + nice + system + irq + softirq + steal) * TICK_MS
  } catch {
    return null
  }
}

/** The number of cores that other programs may use during a measurement. */
export const CALM = 0.15
const LOOK_MS = 1000

/** Waits until the machine has little else to do, at most until `until` (ms of performance.now). */
export async function waitForCalm(until: number): Promise<void> {
  while (performance.now() < until) {
    const before = machineCpuMs()
    if (before === null) return
    await passed(LOOK_MS) // the load of other programs can only be polled
    if ((machineCpuMs() ?? 0) - before < CALM * LOOK_MS) return
  }
}
