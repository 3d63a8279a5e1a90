import { describe, expect, test } from 'vitest'
import { joinNext, joinPrevious } from '#lib/editor/blocks/joining.ts'
import { code, h, hr, ol, p, quote, run, stateOf, tasks, textOf, ul } from './scene.ts'

/** Blocks with the text "A" at their end, and with the text "B" at their start. */
const EARLIER = {
  paragraph: [p('A|'), 'A'],
  heading: [h('A|'), '#A'],
  bullets: [ul('0', 'A|'), '*(0, A)'],
  'nested bullets': [ul(['0', ul('A|')]), '*(0 *(A))'],
  numbers: [ol('A|'), '1(A)'],
  task: [tasks('A|'), 'x(A)'],
  quote: [quote('0', 'A|'), '>(0 A)'],
  'list in a quote': [quote(ul('A|')), '>(*(A))'],
  code: [code('0\nA|'), '`0⏎A`'],
} as const
const LATER = {
  paragraph: p('|B'),
  heading: h('|B'),
  bullet: ul('|B'),
  number: ol('|B'),
  task: tasks('|B'),
  quote: quote('|B'),
  'list in a quote': quote(ul('|B')),
  code: code('|B'),
} as const

/** The same block without the caret. */
const still = (node: ReturnType<typeof p>) => stateOf(node, p('|')).doc.child(0)

describe('Delete at the end of a block appends the next text, and Backspace at the start of that one does too', () => {
  for (const [name, [earlier, shown]] of Object.entries(EARLIER)) {
    for (const [next, later] of Object.entries(LATER)) {
      const joined = shown.replace('A', 'A|B')
      test(`${name}, ${next}`, () => {
        expect(textOf(run(stateOf(earlier, still(later)), joinNext))).toBe(joined)
        // Backspace leaves lists and quotes first, and never takes a letter from the block before.
        let state = stateOf(still(earlier), later)
        const seen = [textOf(state)]
        while (textOf(state) !== joined && seen.length < 5) {
          state = run(state, joinPrevious)
          seen.push(textOf(state))
        }
        expect(seen.at(-1)).toBe(joined)
      })
    }
  }
})

describe('what stood below a joined text stays at its level', () => {
  const cases = [
    [[ul('a|', ['b', ul('c')])], '*(a|b *(c))'],
    [[ul(['a|', ul(['b', ul('c')], 'd')])], '*(a|b *(c, d))'],
    [[p('a|'), ul(['b', ul('c')], 'd')], 'a|b *(c, d)'],
    [[p('a|'), ol(['b', ul('c')], 'd')], 'a|b *(c) 1(d)'],
    [[ul(['a', ul('b|')], ['c', ul('d')])], '*(a *(b|c, d))'],
    [[ul('a|'), ol(['b', ul('c')], 'd')], '*(a|b *(c)) 1(d)'],
    [[ul('a|', ['b', p('c')])], '*(a|b c)'],
    [[ul('a|'), ul(['b', ul('c')], 'd')], '*(a|b *(c), d)'],
    [[ul('a|'), ul('b', 'd')], '*(a|b, d)'],
    [[p('a|'), quote('b', 'c')], 'a|b >(c)'],
    [[p('a|'), quote(ul('b'), 'c')], 'a|b >(c)'],
  ] as const
  test.each(cases)('%#: %s', (content, expected) => {
    expect(textOf(run(stateOf(...content), joinNext))).toBe(expected)
  })
})

test('a list whose middle item has left it is one list again when that paragraph is joined', () => {
  const out = run(stateOf(ol('a', '|b', 'c')), joinPrevious)
  expect(textOf(out)).toBe('1(a) |b 1(c)')
  expect(textOf(run(out, joinPrevious))).toBe('1(a|b, c)')
  expect(textOf(run(stateOf(ol('a|'), p('b'), ol('c')), joinNext))).toBe('1(a|b, c)')
  expect(textOf(run(stateOf(ul('a'), p('|'), ul('c')), joinPrevious))).toBe('*(a|, c)')
})

test('lists that are not one list stay two', () => {
  expect(textOf(run(stateOf(ul('a'), p('|b'), ol('c')), joinPrevious))).toBe('*(a|b) 1(c)')
  const other = ol('c').type.create({ start: 7 }, ol('c').content)
  expect(textOf(run(stateOf(ol('a'), p('|b'), other), joinPrevious))).toBe('1(a|b) 1(c)')
})

test('an empty paragraph goes away and leaves the block after it as it is', () => {
  expect(textOf(run(stateOf(p('|'), h('b')), joinNext))).toBe('#|b')
  expect(textOf(run(stateOf(p('|'), ul('b')), joinNext))).toBe('*(|b)')
  expect(textOf(run(stateOf(p(), h('|b')), joinPrevious))).toBe('#|b')
  expect(textOf(run(stateOf(ul('a', ''), p('|b')), joinPrevious))).toBe('*(a, |b)')
})

test('lines of code and hard breaks become each other', () => {
  expect(textOf(run(stateOf(p('a|'), code('b\n\nc')), joinNext))).toBe('a|b↵↵c')
  expect(textOf(run(stateOf(code('a|'), p('b↵c')), joinNext))).toBe('`a|b⏎c`')
})

test('Backspace takes the first block out of its item or quote, and an empty code block becomes a paragraph', () => {
  expect(textOf(run(stateOf(quote('|a', 'b')), joinPrevious))).toBe('|a >(b)')
  expect(textOf(run(stateOf(quote('a', '|b')), joinPrevious))).toBe('>(a|b)')
  expect(textOf(run(stateOf(ul(['a', ul('|b')])), joinPrevious))).toBe('*(a, |b)')
  expect(textOf(run(stateOf(p('a'), code('|')), joinPrevious))).toBe('a |')
  expect(textOf(run(stateOf(code('|a\nb')), joinPrevious))).toBe('|a↵b')
  expect(textOf(run(stateOf(h('|')), joinPrevious))).toBe('|')
})

test('elsewhere, and beside a line, the keys do what the editor does', () => {
  for (const state of [stateOf(p('a|b'), p('c')), stateOf(p('a|'), hr()), stateOf(p('a|'))])
    expect(joinNext(state)).toBe(false)
  for (const state of [stateOf(p('a'), p('b|c')), stateOf(hr(), p('|a')), stateOf(p('|a'))])
    expect(joinPrevious(state)).toBe(false)
})
