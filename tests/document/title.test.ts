import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { foldDocument } from '#lib/document/fold.ts'
import { observeTitle, setTitle, titleOf } from '#lib/document/title.ts'
import { ENTRY_BODY_UPDATE, encodeEntries } from '#lib/protocol/log-row.ts'
import { type Block, documentOf, p, typeOf } from '../support/blocks.ts'

const list = (...items: Block[]): Block => [
  'bulletList',
  {},
  ...items.map((item): Block => ['listItem', {}, item]),
]
const EMOJI = '\u{1F600}'

describe('the title', () => {
  test.each<[what: string, blocks: Block[], title: string]>([
    ['an empty document', [], ''],
    ['a paragraph', [p('Plan for Sunday')], 'Plan for Sunday'],
    ['a heading first', [['heading', { level: 1 }, ' Wetlands '], p('text')], 'Wetlands'],
    ['empty paragraphs first', [p(''), p('   '), p(), p('here')], 'here'],
    ['a rule first', [['horizontalRule', {}], p('here')], 'here'],
    ['a list of three items', [list(p('tea'), p('rice'), p('oranges'))], 'tea'],
    ['a list whose first item is empty', [list(p(''), p('rice'))], 'rice'],
    ['a nested list', [list(list(p('inner')), p('outer'))], 'inner'],
    ['a quote of two paragraphs', [['blockquote', {}, p('first line'), p('second line')]], 'first line'],
    ['a hard break', [p('Plan', ['hardBreak', {}], 'for Sunday')], 'Plan'],
    ['a hard break first', [p(['hardBreak', {}], 'for Sunday')], 'for Sunday'],
    ['a code block of two lines', [['codeBlock', {}, 'const a = 1\nconst b = 2']], 'const a = 1'],
    ['a code block that begins with a blank line', [['codeBlock', {}, '\n  \n  x = 1\ny']], 'x = 1'],
    ['130 emoji', [p(EMOJI.repeat(130))], EMOJI.repeat(120)],
    ['130 letters', [p('x'.repeat(130))], 'x'.repeat(120)],
    ['Han characters', [p('\u5b63\u5ea6\u9810\u7b97\u5831\u544a')], '\u5b63\u5ea6\u9810\u7b97\u5831\u544a'],
    ['spaces between words', [p('  a \t  b  ')], 'a b'],
    ['an inline node between words', [p('see ', ['mention', { of: 1 }], 'later')], 'see later'],
    ['an inline node that holds text', [p('see ', ['mention', {}, 'Mei'], ' later')], 'see Mei later'],
    ['a block of a newer version', [['callout', { kind: 'note' }, p('inside'), p('below')]], 'inside'],
  ])('of %s is its first line', (_what, blocks, title) => {
    expect(titleOf(documentOf('', ...blocks))).toBe(title)
    expect(setTitle(documentOf('', ...blocks))).toBe('')
  })

  test('is the one people set, cleaned, when there is one', () => {
    expect(titleOf(documentOf('  Survey ', p('text')))).toBe('Survey')
    expect(titleOf(documentOf(' \u200b ', p('text')))).toBe('text')
    expect(titleOf(documentOf('x'.repeat(400), p('text')))).toBe('x'.repeat(300))
  })

  test('is the same in the list and in the tab, whatever the blocks', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 })
    const { block } = fc.letrec<{ block: Block; line: Block }>((tie) => ({
      line: fc.oneof(
        text.map((words) => p(words)),
        fc.tuple(text, text).map(([a, b]) => p(a, ['hardBreak', {}], b)),
        text.map((words): Block => ['codeBlock', {}, words]),
      ),
      block: fc.oneof(
        { depthSize: 'small' },
        tie('line'),
        fc.array(tie('block'), { maxLength: 3 }).map((inner): Block => list(...inner)),
        fc.array(tie('block'), { maxLength: 3 }).map((inner): Block => ['blockquote', {}, ...inner]),
      ),
    }))
    fc.assert(
      fc.property(text, fc.array(block, { maxLength: 4 }), (title, blocks) => {
        const doc = documentOf(title, ...blocks)
        const update = Y.encodeStateAsUpdate(doc)
        const rows = [
          encodeEntries([
            { kind: ENTRY_BODY_UPDATE, clientId: doc.clientID, n: 1, user: 'u', updates: [update] },
          ]),
        ]
        const listed = foldDocument({ state: null, rows, ours: false }).title
        expect(listed).toBe(titleOf(doc))
        expect([...listed].length).toBeLessThanOrEqual(300)
        expect(listed.isWellFormed()).toBe(true)
      }),
    )
  })
})

describe('the search for a first line', () => {
  const blank = (count: number, ...inside: Block[]) => Array.from({ length: count }, () => p(...inside))

  test('goes past many blank lines and blocks', () => {
    expect(titleOf(documentOf('', ...blank(500), p('here')))).toBe('here')
    expect(titleOf(documentOf('', ['codeBlock', {}, `${'\n'.repeat(3000)}here`]))).toBe('here')
  })

  test.each<[what: string, blocks: Block[]]>([
    ['newlines in code', [['codeBlock', {}, '\n'.repeat(4_000_000)], p('beyond')]],
    ['invisible lines in code', [['codeBlock', {}, '\u200b\n'.repeat(1_000_000)], p('beyond')]],
    ['hard breaks', [p(...Array.from({ length: 20_000 }, (): Block => ['hardBreak', {}])), p('beyond')]],
    ['empty paragraphs', [...blank(20_000), p('beyond')]],
  ])('ends in a document of %s', (_what, blocks) => {
    expect(titleOf(documentOf('', ...blocks))).toBe('')
  })
})

describe('observing the title', () => {
  const watched = (...blocks: Block[]) => {
    const doc = documentOf('', ...blocks)
    let calls = 0
    const end = observeTitle(doc, () => calls++)
    const body = doc.getXmlFragment('body')
    const textIn = (index: number) => (body.get(index) as Y.XmlElement).get(0) as Y.XmlText
    return { doc, body, textIn, end, calls: () => calls }
  }

  test('hears of the first line and of the blocks before it', () => {
    const { body, textIn, calls } = watched(p(''), p('first'), p('second'))
    textIn(1).insert(0, 'the ')
    textIn(0).insert(0, 'new')
    body.insert(0, [typeOf(p('on top'))])
    expect(calls()).toBe(3)
  })

  test('hears of the title that people set, and of nothing after it has ended', () => {
    const { doc, textIn, calls, end } = watched(p('first'))
    doc.getText('title').insert(0, 'Survey')
    expect(calls()).toBe(1)
    end()
    textIn(0).insert(0, 'x')
    doc.getText('title').insert(0, 'x')
    expect(calls()).toBe(1)
  })

  test('does not hear of edits below the first line', () => {
    const { textIn, calls } = watched(p('first'), p('second'), list(p('third')))
    textIn(1).insert(0, 'x')
    expect(calls()).toBe(0)
  })
})
