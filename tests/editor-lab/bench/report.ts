import { percentile } from '../../bench/statistics.ts'
import type { BindingName, Place } from '../lab.ts'
import type { ManyBlocks } from './many-blocks.ts'

/** The measurements of one binding with a document of one length; omitted if not requested. */
export interface Measured {
  readonly binding: BindingName
  readonly words: number
  /** Script time of remote keystrokes, ms. */
  readonly keystrokes: ReadonlyMap<Place, readonly number[]>
  /** While five people type. `caretsBusy`: their carets are drawn too. */
  readonly busyMsPerSecond?: number
  readonly caretsBusyMsPerSecond?: number
  /** Nobody else types; the CPU at full speed. */
  readonly quietKeys?: readonly number[]
  /** Five people type and their carets are drawn; the CPU is four times slower. */
  readonly slowKeys?: readonly number[]
  readonly burstMs?: number
  /** True if editor, page and Y.Doc held the same text in the end. */
  readonly agreed: boolean
}

/** The length of the document for the load, and of the one for the budgets of a page in everyday use. */
export const LONG_WORDS = 60_000
export const USUAL_WORDS = 10_000

/** Returns one object for each place; load and local keys (slowed CPU, under load) are listed with "far". */
export function jsonLines({ binding, words, keystrokes, busyMsPerSecond, slowKeys }: Measured): string[] {
  return [...keystrokes].map(([place, times]) =>
    JSON.stringify({
      binding,
      words,
      place,
      scriptMsP50: rounded(percentile(times, 0.5)),
      scriptMsP95: rounded(percentile(times, 0.95)),
      ...(place === 'far' && busyMsPerSecond !== undefined
        ? { busyMsPerSecond: rounded(busyMsPerSecond) }
        : {}),
      ...(place === 'far' && slowKeys ? { localKeyToPaintMsP95: rounded(percentile(slowKeys, 0.95)) } : {}),
    }),
  )
}

/** Returns Markdown: one remote keystroke, then the page under load. */
export function tables(all: readonly Measured[]): string {
  const places: Place[] = ['same', 'next', 'far']
  const keystrokes = all.filter((each) => each.keystrokes.size > 0)
  const loaded = all.filter((each) => each.busyMsPerSecond !== undefined || each.quietKeys || each.burstMs)
  const parts = [
    keystrokes.length === 0
      ? []
      : [
          '### One remote keystroke: script time, ms, p50 / p95',
          '',
          row(['words', 'binding', ...places]),
          '|---:|---|---:|---:|---:|',
          ...keystrokes.map(({ words, binding, keystrokes }) =>
            row([thousands(words), binding, ...places.map((place) => spread(keystrokes.get(place)))]),
          ),
          '',
        ],
    loaded.length === 0
      ? []
      : [
          '### The page: five people type five keys a second each; 200 updates together; local keys',
          '',
          row([
            'words',
            'binding',
            'busy ms/s',
            'with carets',
            'burst ms',
            'local key to paint, no other typing, p50 / p95',
            'CPU 4× slower, load and carets, p50 / p95',
          ]),
          '|---:|---|---:|---:|---:|---:|---:|',
          ...loaded.map((each) =>
            row([
              thousands(each.words),
              each.binding,
              show(each.busyMsPerSecond),
              show(each.caretsBusyMsPerSecond),
              show(each.burstMs),
              spread(each.quietKeys),
              spread(each.slowKeys),
            ]),
          ),
          '',
        ],
    ...[targets(all)].filter((lines) => lines.length > 2),
  ]
  return parts.flat().join('\n')
}

/** Returns Markdown: local keys among many blocks. */
export function blocksTable(all: readonly ManyBlocks[]): string {
  if (all.length === 0) return ''
  return [
    '',
    '### Many short blocks: local key to paint in the middle, ms, p50 / p95',
    '',
    row(['document', 'editor', 'letter', 'Enter']),
    '|---|---|---:|---:|',
    ...all.map(({ shape, editor, keys }) =>
      row([shape, editor, spread(keys.get('letter')), spread(keys.get('Enter'))]),
    ),
    '',
  ].join('\n')
}

/** Returns the targets for our binding, as far as they were measured. */
function targets(all: readonly Measured[]): string[] {
  const find = (binding: BindingName, words: number) =>
    all.find((each) => each.binding === binding && each.words === words)
  const [short, usual, long] = [1_000, USUAL_WORDS, LONG_WORDS].map((words) => find('ours', words))
  const theirs = find('y-tiptap', LONG_WORDS)
  const lines: string[] = []
  const target = (what: string, came: number | undefined, most: number | undefined): void => {
    if (came === undefined || most === undefined) return
    lines.push(row([what, show(came), show(most), came <= most ? '✓' : '**missed**']))
  }
  const far = (measured: Measured | undefined) => at(measured?.keystrokes.get('far'), 0.5)
  const farShort = far(short)
  target(
    'far keystroke at 60,000 words ≤ 2.5 × that at 1,000 + 1 ms',
    far(long),
    farShort === undefined ? undefined : farShort * 2.5 + 1,
  )
  target(
    'busy with five people at 60,000 words ≤ 1/5 of y-tiptap',
    long?.busyMsPerSecond,
    theirs?.busyMsPerSecond === undefined ? undefined : theirs.busyMsPerSecond / 5,
  )
  target(
    'the same with all carets',
    long?.caretsBusyMsPerSecond,
    theirs?.caretsBusyMsPerSecond === undefined ? undefined : theirs.caretsBusyMsPerSecond / 5,
  )
  target('local key to paint p95, CPU 4× slower, under load, 60,000 words', at(long?.slowKeys, 0.95), 100)
  target('burst of 200 updates, 60,000 words', long?.burstMs, 100)
  target('local key to paint p95, 10,000 words', at(usual?.quietKeys, 0.95), 16)
  for (const [place, times] of usual?.keystrokes ?? [])
    target(`one remote update p95, ${place}, 10,000 words`, at(times, 0.95), 8)
  return [
    '### Targets',
    '',
    row(['target', 'came to', 'at most', '']),
    '|---|---:|---:|---|',
    ...lines,
    '',
  ].slice(lines.length === 0 ? 6 : 0)
}

function at(values: readonly number[] | undefined, share: number): number | undefined {
  return values && percentile(values, share)
}

function spread(values: readonly number[] | undefined): string {
  return values ? `${show(percentile(values, 0.5))} / ${show(percentile(values, 0.95))}` : ''
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function thousands(words: number): string {
  return words.toLocaleString('en')
}

function show(value: number | undefined): string {
  if (value === undefined) return ''
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
