import { Fragment } from '@tiptap/pm/model'
import { describe, expect, test } from 'vitest'
import { paragraph, textIn, textNode } from '#lib/document/content.ts'
import { readHtml } from '#lib/document/html/reading.ts'
import { htmlOf, OPEN_ENDS } from '#lib/document/html/writing.ts'
import { writeMarkdown } from '#lib/document/markdown/writing.ts'
import { textOf } from '#lib/document/text.ts'
import { schema } from '../../editor/replica.ts'
import { CLIPBOARDS, FEATURES } from '../../support/clipboards.ts'

const read = (html: string) => writeMarkdown(readHtml(html).blocks).trimEnd()

describe.each(Object.entries(CLIPBOARDS))('%s', (_program, { page, pieces }) => {
  test.each(FEATURES.filter((feature) => pieces[feature]))('%s survives', (feature) => {
    const [html = '', markdown = ''] = pieces[feature] ?? []
    expect(read(page(html))).toBe(markdown)
  })
})

/** Returns what our editor copies: blocks whose ends are open. */
const own = (open: string, html: string) => html.replace(/^<(\w+)/, `<$1 ${OPEN_ENDS}="${open}"`)

describe('our own HTML', () => {
  const BLOCKS = [
    paragraph([textNode('a\tb  c '), textNode('d', [{ type: 'bold' }, { type: 'underline' }])]),
    paragraph(),
    paragraph(),
    { type: 'heading', attrs: { level: 2 }, content: [textNode('all bold', [{ type: 'bold' }])] },
    {
      type: 'taskList',
      content: [
        {
          type: 'taskItem',
          attrs: { checked: true },
          content: [
            paragraph([textNode('[ ] one'), { type: 'hardBreak' }, textNode('two')]),
            {
              type: 'orderedList',
              attrs: { start: 3 },
              content: [{ type: 'listItem', content: [paragraph()] }],
            },
          ],
        },
      ],
    },
    { type: 'codeBlock', attrs: { language: 'js' }, content: [textNode('\n  x < 1\n\n')] },
    { type: 'blockquote', content: [paragraph([textNode('https://example.org')])] },
    { type: 'horizontalRule' },
    paragraph([
      textNode('x', [{ type: 'link', attrs: { href: 'https://example.org' } }, { type: 'underline' }]),
    ]),
  ]

  test('is read as it was copied', () => {
    const { blocks, open } = readHtml(`<meta charset='utf-8'>${own('1 2', htmlOf(BLOCKS))}`)
    expect(open).toEqual([1, 2])
    expect(blocks).toEqual(BLOCKS)
  })

  test.each(['1', '-1 0', '1e3 1', '99999999999 1', '1 1 []', ''])(
    'with %j in place of its mark is foreign',
    (mark) => {
      expect(readHtml(own(mark, '<p></p><p>x</p>'))).toEqual({
        blocks: [paragraph([textNode('x')])],
        open: null,
        pictures: 0,
      })
    },
  )
})

describe('hostile and odd HTML', () => {
  test.each([
    [`${'<b>'.repeat(10_000)}deep`, 'deep'],
    [`${'<div>'.repeat(5_000)}deep`, 'deep'],
    [`${Array.from({ length: 3000 }, (_, i) => `<p><font color=${i}>`).join('')}deep`, 'deep'],
    [`${'<ul><li>'.repeat(1000)}deep`, 'deep'],
    [`${'<table><tr><td>a</td><td>'.repeat(500)}deep`, 'deep'],
    [`<table><tr><td colspan="1000000000">a</td><td>deep</td></tr></table>`, 'deep'],
    ['<table><td>a<td>b<tr><td>c<td>deep', 'deep'],
    [`<style>${'.a{'.repeat(10_000)}</style>deep`, 'deep'],
    ['<p>one<p>two</b></i></table></ul><li>deep', 'deep'],
    [
      `<a href="javascript:alert(1)">deep</a><a href=" java\tscript:x">x</a><a href="data:text/html,x">y</a>`,
      'deep',
    ],
    [`<img src=x onerror=alert(1)><svg><script>alert(1)</script></svg>deep`, 'deep'],
    [`<p data-pm-slice='1 1 ["heading",{"level":"<img src=x onerror=alert(1)>"}]'>deep</p>`, 'deep'],
    ['<ol start="1e400" type="javascript:x"><li value=-1>deep</ol>', 'deep'],
    ['<td>deep</td>', 'deep'],
    ['\0<p\0>deep', 'deep'],
  ])('%.60s', (html, text) => {
    const { blocks } = readHtml(html)
    expect(textOf(blocks)).toContain(text)
    expect(JSON.stringify(blocks)).not.toMatch(/javascript|onerror|alert|data:text/)
    const fragment = Fragment.fromJSON(schema, blocks)
    for (const node of fragment.content) node.check()
    expect(schema.topNodeType.validContent(fragment)).toBe(true)
  })

  test('pictures are counted, ornaments and emoji are not', () => {
    const { blocks, pictures } = readHtml(
      '<p>a<img src="https://example.org/p.png"><img width="16" src="i.png"><img alt="🎉" src="e.png"></p>',
    )
    expect(pictures).toBe(1)
    expect(textOf(blocks)).toBe('a🎉')
  })

  test('blank lines that people made stay, one in a row, and none at the ends', () => {
    const html = '<div><br></div><div>a</div><div><br></div><div><br></div><div>b</div><div><br></div>'
    expect(readHtml(html).blocks.map(textIn)).toEqual(['a', '', 'b'])
  })
})

test('every piece of every program is allowed by the schema', () => {
  for (const { page, pieces } of Object.values(CLIPBOARDS)) {
    const fragment = Fragment.fromJSON(
      schema,
      readHtml(
        page(
          Object.values(pieces)
            .map(([html]) => html)
            .join(''),
        ),
      ).blocks,
    )
    for (const node of fragment.content) node.check()
  }
})
