import { parseArgs } from 'node:util'
import type { BindingName } from '../lab.ts'

/** The parts that can be measured. */
export const PARTS = ['keystrokes', 'load', 'keys', 'burst', 'blocks'] as const
export type Part = (typeof PARTS)[number]

const BINDINGS = ['ours', 'y-tiptap'] as const
const MOST_WORDS = 100_000

export interface Options {
  readonly words: readonly number[]
  readonly parts: ReadonlySet<Part>
  readonly bindings: readonly BindingName[]
  /** Keystrokes for each place. */
  readonly count: number
  /** Length of the measured window of the load, seconds. */
  readonly seconds: number
  /** True to make y-tiptap, too, lay out only the visible part of a long text. */
  readonly samePage: boolean
  readonly json: boolean
}

export const USAGE = `npm run bench:editor -- [--words 1000,10000,60000] [--only keystrokes,load] [--binding ours] [--count 200] [--seconds 8] [--same-page] [--json]
  --words    lengths of the document, at most ${MOST_WORDS}
  --only     ${PARTS.join(', ')}; all when left out
  --binding  ${BINDINGS.join(', ')}; both when left out
  --count    remote keystrokes measured at each place, at most 1000
  --seconds  for which five people type, at most 60
  --same-page  with y-tiptap too, a long text lays out only what is seen; otherwise that is ours alone
  --json     one JSON object a line`

/** Reads the options. Throws an Error with a sentence for the person who typed them. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      words: { type: 'string', default: '1000,10000,60000' },
      only: { type: 'string', default: PARTS.join(',') },
      binding: { type: 'string', default: BINDINGS.join(',') },
      count: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '8' },
      'same-page': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  return {
    words: values.words.split(',').map((each) => whole(each, '--words', 100, MOST_WORDS)),
    parts: new Set(values.only.split(',').map((each) => oneOf(each, PARTS, '--only'))),
    bindings: values.binding.split(',').map((each) => oneOf(each, BINDINGS, '--binding')),
    count: whole(values.count, '--count', 1, 1_000),
    seconds: whole(values.seconds, '--seconds', 1, 60),
    samePage: values['same-page'],
    json: values.json,
  }
}

function oneOf<Known extends string>(value: string, known: readonly Known[], option: string): Known {
  const found = known.find((each) => each === value)
  if (found === undefined) throw new Error(`${option} knows ${known.join(', ')}, not "${value}".`)
  return found
}

function whole(value: string, option: string, least: number, most: number): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < least || number > most)
    throw new Error(`${option} is a whole number from ${least} to ${most}.`)
  return number
}
