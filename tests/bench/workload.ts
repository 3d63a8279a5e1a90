import type { ServerOptions, ServerProcess } from './server-process.ts'
import type { System } from './systems.ts'

/** What one run of one system under one load came to. */
export interface Measured {
  /** Everything arrived, nothing was refused, and all sides agree on the outcome. */
  readonly ok: boolean
  /** What is loaded, and what was measured of it. */
  readonly figures: Readonly<Record<string, number>>
}

export interface RunOptions {
  readonly system: System
  /** Length of the measured window, where the load has one. */
  readonly seconds: number
  /** Starts the system's server; it is stopped after the run, whatever comes. */
  start(options?: Partial<ServerOptions>): Promise<ServerProcess>
}

/** One row of the table. */
export interface Workload {
  /** W1 … W6, gate, compare. */
  readonly id: string
  readonly title: string
  /** Names of the systems that can do it; left out: all. */
  readonly systems?: readonly string[]
  /** Turns of each system at most, where one run is long and holds many repetitions. */
  readonly rounds?: number
  /** Takes minutes: only with --full. */
  readonly long?: boolean
  /** The figures worth a column, the compared one first. */
  readonly columns: readonly string[]
  run(options: RunOptions): Promise<Measured>
}

/** Waits for something that others bring about; resolves with how long it took, at the latest after `mostMs`. */
export async function until(holds: () => boolean, mostMs: number): Promise<number> {
  const begun = performance.now()
  while (!holds() && performance.now() - begun < mostMs) await pause(1)
  return performance.now() - begun
}

/** Paces the generator, and waits where a peer tells of nothing that could be awaited. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
