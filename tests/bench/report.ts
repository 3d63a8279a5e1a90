import { median } from './statistics.ts'
import type { Measured, Workload } from './workload.ts'

/** All rounds of one system in one row. */
export interface Outcome {
  readonly workload: Workload
  readonly system: string
  readonly rounds: readonly Measured[]
  /** The reasons why rounds have no figures. */
  readonly failures: readonly string[]
}

/** Returns one line: medians over the rounds, the spread of the compared figure, and `ok` only if every round is. */
export function jsonLine(outcome: Outcome): string {
  const { workload, system, rounds, failures } = outcome
  const [compared = ''] = workload.columns
  const spread = rounds.map(({ figures }) => figures[compared] ?? 0)
  return JSON.stringify({
    workload: workload.id,
    title: workload.title,
    system,
    rounds: rounds.length,
    ...medians(outcome),
    [`${compared}Least`]: rounded(Math.min(...spread)),
    [`${compared}Most`]: rounded(Math.max(...spread)),
    ok: isOk(outcome),
    ...(failures.length > 0 ? { failures } : {}),
  })
}

/** Returns a table in Markdown. The share is that of the compared figure: the system's relative to ours. */
export function table(workload: Workload, outcomes: readonly Outcome[]): string {
  const [compared = '', ...rest] = workload.columns
  // The load of other programs meanwhile, in cores: figures taken beside much load are not worth much.
  const others = [...rest, 'othersCore']
  const ours = outcomes.find(({ system }) => system === 'commonplace')
  const own = ours && medians(ours)[compared]
  const lines = outcomes.map((outcome) => {
    const figures = medians(outcome)
    const values = outcome.rounds.map((round) => round.figures[compared] ?? 0)
    const spread = values.length > 1 ? ` (${show(Math.min(...values))}–${show(Math.max(...values))})` : ''
    const value = figures[compared]
    const share = own !== undefined && value ? show(own / value) : ''
    const cells = [
      outcome.system,
      value === undefined ? '' : `${show(value)}${spread}`,
      share,
      ...others.map((column) => show(figures[column])),
      isOk(outcome) ? '✓' : `✗ ${outcome.failures.join('; ')}`,
    ]
    return `| ${cells.join(' | ')} |`
  })
  const heads = ['system', compared, 'ours ÷ it', ...others, 'ok']
  return [
    `### ${workload.id}: ${workload.title}`,
    '',
    `| ${heads.join(' | ')} |`,
    `|${heads.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`,
    ...lines,
    '',
  ].join('\n')
}

function isOk({ rounds, failures }: Outcome): boolean {
  return failures.length === 0 && rounds.length > 0 && rounds.every(({ ok }) => ok)
}

function medians({ rounds }: Outcome): Record<string, number> {
  const names = new Set(rounds.flatMap(({ figures }) => Object.keys(figures)))
  return Object.fromEntries(
    [...names].map((name) => [name, rounded(median(rounds.map(({ figures }) => figures[name] ?? 0)))]),
  )
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function show(value: number | undefined): string {
  if (value === undefined) return ''
  if (value === 0) return '0'
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}
