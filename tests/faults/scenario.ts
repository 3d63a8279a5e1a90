/**
 * The measurements of one run of a scenario, one JSON object per line with `--json`. `ok` is true if every promise
 * held.
 */
export interface Finding {
  readonly scenario: string
  readonly seed: number
  readonly ok: boolean
  /** Figures by name: counts, milliseconds (`…Ms`), bytes (`…Bytes`). */
  readonly figures: Readonly<Record<string, number | string>>
  /** The promises that did not hold, in words; empty if ok. */
  readonly failures: readonly string[]
}

export interface ScenarioRun {
  /** The number of kills, cuts, seeds or minutes, whichever the scenario counts. */
  readonly count: number
  readonly seed: number
  /** A file that a scenario reads in place of its own inputs. */
  readonly corpus?: string
}

/** One kind of fault, run against the real thing. `run` ends by itself and leaves no process or folder behind. */
export interface Scenario {
  readonly name: string
  /** The unit of `count`. */
  readonly counts: string
  /** The count of a full run (`npm run faults`), and of the short part in `npm test`. */
  readonly full: number
  readonly short: number
  run(options: ScenarioRun): Promise<Finding>
}
