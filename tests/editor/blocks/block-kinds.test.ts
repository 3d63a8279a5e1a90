import type { EditorState } from '@tiptap/pm/state'
import { describe, expect, test } from 'vitest'
import { toggleCode, toggleList, toggleQuote } from '#lib/editor/blocks/block-kinds.ts'
import { code, edit, h, hr, ol, p, quote, run, stateOf, tasks, textOf, ul } from './scene.ts'

const bullets = edit((tr) => toggleList(tr, 'bulletList'))
const numbers = edit((tr) => toggleList(tr, 'orderedList'))
const checks = edit((tr) => toggleList(tr, 'taskList'))
const quoted = edit(toggleQuote)
const asCode = edit(toggleCode)

const KINDS = { bullets, numbers, checks, quoted, asCode }
/** How `textOf` shows what each command makes. */
const SIGNS: Record<string, string> = {
  bullets: '*(',
  numbers: '1(',
  checks: 'x(',
  quoted: '>(',
  asCode: '`',
}

describe('a command works on every selected block, and goes back', () => {
  const mixed = () => stateOf(p('a'), h('b'), quote('c'), p('d'))
  test('paragraph, heading, quote, paragraph', () => {
    expect(textOf(run(mixed(), bullets))).toBe('*(a, b, c, d)')
    expect(textOf(run(mixed(), bullets, bullets))).toBe('a b c d')
    expect(textOf(run(mixed(), numbers))).toBe('1(a, b, c, d)')
    expect(textOf(run(mixed(), checks, checks))).toBe('a b c d')
    expect(textOf(run(mixed(), quoted))).toBe('>(a #b c d)')
    expect(textOf(run(mixed(), quoted, quoted))).toBe('a #b c d')
    expect(textOf(run(mixed(), asCode))).toBe('`a⏎b⏎c⏎d`')
    expect(textOf(run(mixed(), asCode, asCode))).toBe('a b c d')
  })

  test('lists of all kinds, nested and not, code and lines between', () => {
    const state = () => stateOf(ul('a', ['b', ol('c')]), tasks('d'), code('e\nf'), hr(), quote(ol('g'), 'h'))
    expect(textOf(run(state(), bullets))).toBe('*(a, b *(c), d, e↵f) --- *(g, h)')
    expect(textOf(run(state(), numbers))).toBe('1(a, b 1(c), d, e↵f) --- 1(g, h)')
    expect(textOf(run(state(), checks, checks))).toBe('a b c d e↵f --- g h')
    expect(textOf(run(state(), quoted))).toBe('>(*(a, b 1(c)) x(d) `e⏎f` --- 1(g) h)')
    expect(textOf(run(state(), asCode))).toBe('`a⏎b⏎c⏎d⏎e⏎f` --- `g⏎h`')
  })

  test('a command makes its kind or unmakes it, and the next time does the other', () => {
    const wholes = [p('a'), h('a'), code('a'), quote('a'), ul('a', ['b', ol('c')]), ol('a'), tasks('a')]
    const scenes = wholes.flatMap((first) => wholes.map((second) => stateOf(first, second)))
    for (const [name, command] of Object.entries(KINDS)) {
      const isOn = (state: EditorState) => textOf(state).includes(SIGNS[name] ?? '?')
      for (const scene of scenes) {
        const states = [run(scene, command), run(scene, command, command)]
        const seen = `${name}: ${[scene, ...states].map(textOf).join(' – ')}`
        for (const { doc } of states)
          expect(doc.textContent.replaceAll('\n', ''), seen).toBe(scene.doc.textContent)
        expect(states.filter(isOn).length, seen).toBe(1)
      }
    }
  })
})

describe('what is not selected keeps its kind', () => {
  const cases = [
    [
      'numbers to bullets in the middle of a list: the whole list',
      ol('a', '|b', 'c'),
      bullets,
      '*(a, |b, c)',
    ],
    ['bullets to tasks: only the selected item', ul('a', '|b', 'c'), checks, '*(a) x(|b) *(c)'],
    ['an item leaves its list', ul('a', '|b', 'c'), bullets, '*(a) |b *(c)'],
    ['a nested item leaves all lists', ul(['a', ul('b', '|c', 'd')], 'e'), bullets, '*(a *(b)) |c *(d) *(e)'],
    ['an item with others below it', ul(['|a', ul('b')]), bullets, '|a *(b)'],
    ['a list in a quote', quote('a', '|b'), bullets, '>(a *(|b))'],
    ['a quote around the list of an item', ul('a', '|b'), quoted, '>(*(a, |b))'],
    ['a quote in an item', ul(['a', p('|b')]), quoted, '*(a >(|b))'],
    ['a paragraph leaves the middle of a quote', quote('a', '|b', 'c'), quoted, '>(a) |b >(c)'],
    ['a paragraph leaves the inner quote only', quote(quote('|a')), quoted, '>(|a)'],
    ['code from the middle of a list', ul('a', '|b', 'c'), asCode, '*(a) `|b` *(c)'],
    ['code in a quote', quote('a', '|b'), asCode, '>(a `|b`)'],
    ['lines of code', code('a\n|b'), asCode, 'a |b'],
    ['code in an item', ul(['a', code('b\n|c')]), asCode, '*(a b |c)'],
  ] as const
  test.each(cases)('%s', (_name, content, command, expected) => {
    expect(textOf(run(stateOf(content), command))).toBe(expected)
  })
})

test('a list joins the lists of its kind beside it', () => {
  expect(textOf(run(stateOf(ul('a'), p('|b'), ul('c')), bullets))).toBe('*(a, |b, c)')
  expect(textOf(run(stateOf(ul('a'), ol('|b'), ul('c')), bullets))).toBe('*(a, |b, c)')
})

test('a selection over the end of a list takes only what it touches', () => {
  expect(textOf(run(stateOf(ol('a', '|b'), p('c|'), p('d')), bullets))).toBe('1(a) *(b, c) d')
  expect(textOf(run(stateOf(ul('a', '|b'), p('c|'), p('d')), bullets))).toBe('*(a, b, c) d')
  expect(textOf(run(stateOf(quote('a', '|b'), p('c|')), bullets))).toBe('>(a) *(b, c)')
  expect(textOf(run(stateOf(ul('a', '|b'), p('c|')), asCode))).toBe('*(a) `b⏎c`')
})

test('the selection stays on its letters', () => {
  const selected = ({ doc, selection: { from, to } }: EditorState) => doc.textBetween(from, to, '|')
  for (const [name, command] of Object.entries(KINDS)) {
    const state = stateOf(p('ab'), h('c|d'), quote('ef'), ul('g|h'))
    expect(selected(run(state, command)).replaceAll('\n', '|'), name).toBe('d|ef|g')
    expect(selected(run(state, command, command)).replaceAll('\n', '|'), name).toBe('d|ef|g')
  }
})

test('nothing happens without text to act on', () => {
  for (const command of Object.values(KINDS)) expect(command(stateOf(hr()))).toBe(false)
})
