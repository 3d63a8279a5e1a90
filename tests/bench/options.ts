import { parseArgs } from 'node:util'
import { SYSTEMS, type System } from './systems.ts'
import type { Workload } from './workload.ts'
import { WORKLOADS } from './workloads.ts'

export interface Options {
  readonly workloads: readonly Workload[]
  readonly systems: readonly System[]
  /** The length of the measured window of one run. */
  readonly seconds: number
  /** The number of turns of each system. */
  readonly rounds: number
  /** True for one JSON object per line instead of tables. */
  readonly json: boolean
  readonly profileDir: string | null
  /**
   * The total time for which turns may be postponed and repeated because other programs were busy on this machine.
   */
  readonly patienceMinutes: number
}

export const USAGE = `npm run bench -- [--only W1,W4] [--row TEXT] [--systems commonplace,y-websocket] [--seconds 4] [--rounds 3] [--full] [--patience 20] [--json] [--profile FOLDER]
  --only      workloads: ${[...new Set(WORKLOADS.map(({ id }) => id))].join(', ')}; all when left out
  --row       only rows whose title holds this text
  --systems   ${SYSTEMS.map(({ name }) => name).join(', ')}
  --seconds   length of the measured window of each run
  --rounds    how often every system has its turn; the median is shown, and the spread
  --full      with the rows that take minutes
  --patience  minutes, in all, for which turns are put off and taken again while others are at work on this machine
  --json      one JSON object a line
  --profile   folder for CPU profiles of the servers`

/** Reads the options. Throws an Error with a sentence for the person who typed them. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      row: { type: 'string' },
      systems: { type: 'string' },
      seconds: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '3' },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
      patience: { type: 'string' },
    },
  })
  const ids = listed(values.only, new Set(WORKLOADS.map(({ id }) => id)), '--only')
  const names = listed(values.systems, new Set(SYSTEMS.map(({ name }) => name)), '--systems')
  return {
    workloads: WORKLOADS.filter(
      ({ id, title, long }) => ids.has(id) && title.includes(values.row ?? '') && (values.full || !long),
    ),
    systems: SYSTEMS.filter(({ name }) => names.has(name)),
    seconds: positive(values.seconds, '--seconds'),
    rounds: positive(values.rounds, '--rounds'),
    json: values.json,
    profileDir: values.profile ?? null,
    patienceMinutes: values.patience === undefined ? 0 : positive(values.patience, '--patience'),
  }
}

function listed(value: string | undefined, known: ReadonlySet<string>, option: string): ReadonlySet<string> {
  if (value === undefined) return known
  const chosen = value.split(',')
  const unknown = chosen.find((each) => !known.has(each))
  if (unknown !== undefined) throw new Error(`${option} knows ${[...known].join(', ')}, not "${unknown}".`)
  return new Set(chosen)
}

function positive(value: string, option: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1) throw new Error(`${option} is a whole number from 1.`)
  return number
}
