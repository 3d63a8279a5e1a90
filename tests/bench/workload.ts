import type { ServerOptions, ServerProcess } from './server-process.ts'
import type { System } from './systems.ts'

/** The result of one run of one system under one load. */
export interface Measured {
  /** True if everything arrived, nothing was refused, and all sides agree on the outcome. */
  readonly ok: boolean
  /** The size of the load, and its measurements. */
  readonly figures: Readonly<Record<string, number>>
}

export interface RunOptions {
  readonly system: System
  /** Length of the measured window, if the load has one. */
  readonly seconds: number
  /** Starts the system's server; it is stopped after the run in any case. */
  start(options?: Partial<ServerOptions>): Promise<ServerProcess>
}

/** One row of the table. */
export interface Workload {
  /** W1 … W6, gate, compare. */
  readonly id: string
  readonly title: string
  /** Names of the systems that can run it; default: all. */
  readonly systems?: readonly string[]
  /** The most turns of each system, if one run is long and contains many repetitions. */
  readonly rounds?: number
  /** True if it takes minutes: runs only with --full. */
  readonly long?: boolean
  /** The figures worth a column, the compared one first. */
  readonly columns: readonly string[]
  run(options: RunOptions): Promise<Measured>
}

/** Polls for a condition that others bring about. Resolves with the time it took, at most `mostMs`. */
export async function until(holds: () => boolean, mostMs: number): Promise<number> {
  const begun = performance.now()
  while (!holds() && performance.now() - begun < mostMs) await pause(1)
  return performance.now() - begun
}

/** Paces the generator, and waits where a peer sends nothing that could be awaited. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
