import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const hasTaskset = spawnSync('taskset', ['--version']).status === 0 && availableParallelism() > 1

/** Server on the first core, generator on the second. `server`: what stands before the command. Empty where it can't be done. */
export const CORES: { readonly server: readonly string[]; readonly pinned: boolean } = hasTaskset
  ? { server: ['taskset', '-c', '0'], pinned: true }
  : { server: [], pinned: false }

/** Keeps this process, the generator, off the server's core. */
export function pinGenerator(): void {
  if (hasTaskset) spawnSync('taskset', ['-a', '-p', '-c', '1', String(process.pid)])
}
