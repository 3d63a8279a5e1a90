import { fromMarkdown } from 'mdast-util-from-markdown'
import { describe, expect, test } from 'vitest'
import { type Content, type ContentMark, paragraph, textIn, textNode } from '#lib/document/content.ts'
import { readMarkdown } from '#lib/document/markdown/reading.ts'
import { markdownOf, writeMarkdown } from '#lib/document/markdown/writing.ts'
import { documentOf, p as yParagraph } from '../../support/blocks.ts'

const p = (...content: Content[]) => paragraph(content)
const t = (text: string, ...marks: (string | ContentMark)[]) =>
  textNode(
    text,
    marks.map((mark) => (typeof mark === 'string' ? { type: mark } : mark)),
  )
const link = (href = 'https://example.org/a') => ({ type: 'link', attrs: { href } })
const node = (type: string, ...content: Content[]): Content => ({ type, content })
const br = { type: 'hardBreak' }
const li = (...content: Content[]) => node('listItem', ...content)
const task = (checked: boolean, ...content: Content[]) => ({ type: 'taskItem', attrs: { checked }, content })
const heading = (level: number, ...content: Content[]) => ({ type: 'heading', attrs: { level }, content })
const code = (text: string, language?: string): Content => ({
  type: 'codeBlock',
  ...(language ? { attrs: { language } } : {}),
  ...(text === '' ? {} : { content: [t(text)] }),
})

/** Documents that are easy to damage on their way through Markdown. */
const AWKWARD: Record<string, Content[]> = {
  'signs at line starts': [p(t('# no heading')), p(t('- no item')), p(t('1. no number')), p(t('> no quote'))],
  'more signs at line starts': [
    p(t('+ a')),
    p(t('2) b')),
    p(t('---')),
    p(t('===')),
    p(t('```js')),
    p(t('~~~')),
  ],
  'signs inside': [p(t('5 * 3 * 2, *.js,*.ts, __init__, a_b_c, `x`, ~~y~~, [z](q), <b>, &amp; \\n | # !'))],
  'a number that is no list': [p(t('2024. was a good year'))],
  'spaces at the ends': [p(t('  two before and two behind  '))],
  'a tab between words': [p(t('a\tb'))],
  'bold, italic, both': [p(t('a', 'bold'), t('b', 'bold', 'italic'), t('c', 'italic'), t(' d'))],
  'marks that overlap': [p(t('one', 'bold'), t('two', 'bold', 'strike'), t('three', 'strike'))],
  'a mark inside a word': [p(t('un'), t('believ', 'italic'), t('able'))],
  underline: [p(t('a '), t('under', 'underline'), t(' '), t('both', 'bold', 'underline'))],
  code: [p(t('a'), t('`` ` ``', 'code'), t(' b '), t(' space ', 'code'), t('|', 'code'))],
  'a link, and marks in it': [p(t('see '), t('the ', link()), t('page', link(), 'bold'), t(' now'))],
  'a link with signs in its address': [
    p(t('x', link('https://example.org/a_(b)?c=*d*&e=[f] g'.replace(' ', '%20')))),
  ],
  'an address as its own link': [p(t('https://example.org/a', link()), t('，後面'))],
  'line breaks': [p(t('a'), br, br, t('b', 'bold'), br, t('- c'))],
  headings: [heading(1, t('One')), heading(4, t('Four #')), heading(2, t('重點', 'italic'))],
  'nested lists': [
    node('bulletList', li(p(t('a')), node('orderedList', li(p(t('b'))), li(p(t('c'))))), li(p(t('d')))),
  ],
  'two lists in a row': [node('bulletList', li(p(t('a')))), node('bulletList', li(p(t('b'))))],
  'a list that starts at 3': [
    { type: 'orderedList', attrs: { start: 3 }, content: [li(p(t('a'))), li(p(t('b')))] },
  ],
  'two paragraphs in an item': [node('bulletList', li(p(t('a')), p(t('b'))), li(p(t('c'))))],
  'an item that looks like a task': [node('bulletList', li(p(t('[x] no task?'))))],
  tasks: [
    node('taskList', task(true, p(t('a'))), task(false, p(t('b')), node('taskList', task(true, p(t('c')))))),
  ],
  'an empty task and an empty item': [
    node('taskList', task(true, { type: 'paragraph' })),
    node('bulletList', li({ type: 'paragraph' })),
  ],
  'tasks beside items': [node('taskList', task(true, p(t('a')))), node('bulletList', li(p(t('b'))))],
  'a quote of everything': [
    node(
      'blockquote',
      heading(2, t('h')),
      p(t('a'), br, t('b')),
      node('bulletList', li(p(t('c')))),
      node('blockquote', p(t('d'))),
    ),
  ],
  'code with fences in it': [code('```\nnot the end\n````\n', 'md'), code(''), code('  indented\n\n\ttab')],
  'code in an item': [node('bulletList', li(p(t('a')), code('x\n\n y', 'js')))],
  dividers: [p(t('a')), { type: 'horizontalRule' }, p(t('b'))],
  'Chinese, bold beside punctuation': [
    p(t('他說'), t('「重點」', 'bold'), t('然後')),
    p(t('完成。', 'bold'), t('下一句')),
    p(t('這是'), t('重點', 'bold'), t('，後面')),
    p(t('（'), t('《書名》', 'italic'), t('）與'), t('（刪）', 'strike'), t('完')),
  ],
  'bold of punctuation only': [p(t('a'), t('！', 'bold'), t('b'))],
  emoji: [p(t('🎉', 'bold'), t('好', 'italic'), t('👨‍👩‍👧'))],
  'right to left': [p(t('שלום ', 'bold'), t('עולם'))].map((block) => ({
    ...block,
    content: [t('שלום', 'bold'), t(' עולם')],
  })),
  'HTML as text': [p(t('<script>alert(1)</script> <u>no</u> <!-- no --> </div>'))],
  'references as text': [p(t('[a]: /x and [b][a] &copy; &#35; a@b.c'))],
  tables: [p(t('| a | b |')), p(t('|---|---|'))],
}

describe('awkward documents are the same after a way through Markdown', () => {
  test.each(Object.entries(AWKWARD))('%s', (_name, blocks) => {
    expect(normal(readMarkdown(writeMarkdown(blocks)))).toEqual(normal(blocks))
  })
})

/** Joins neighbouring texts of the same marks, and sorts marks. */
function normal(blocks: readonly Content[]): unknown {
  return blocks.map((block) => {
    if (block.text !== undefined)
      return { ...block, marks: (block.marks ?? []).map((mark) => JSON.stringify(mark)).sort() }
    const content: Content[] = []
    for (const child of block.content ?? []) {
      const last = content.at(-1)
      if (
        last?.text !== undefined &&
        child.text !== undefined &&
        JSON.stringify(last.marks) === JSON.stringify(child.marks)
      )
        content[content.length - 1] = { ...last, text: last.text + child.text }
      else content.push(child)
    }
    return { ...block, content: normal(content) }
  })
}

test('emphasis beside Chinese punctuation is emphasis to a reader that knows CommonMark alone', () => {
  const written = writeMarkdown(AWKWARD['Chinese, bold beside punctuation'] ?? [])
  const strong: string[] = []
  const visit = (nodes: readonly { type: string; value?: string; children?: readonly object[] }[]) => {
    for (const each of nodes) {
      if (each.type === 'strong' || each.type === 'emphasis') strong.push(JSON.stringify(each.children))
      if (each.children) visit(each.children as typeof nodes)
    }
  }
  visit(fromMarkdown(written).children)
  expect(strong.map((children) => /"value":"([^"]*)"/.exec(children)?.[1])).toEqual([
    '「重點」',
    '完成。',
    '重點',
    '《書名》',
  ])
  expect(written).toContain('這是**重點**，後面')
})

test.each([
  ['他說**「重點」**然後', '「重點」'],
  ['**完成。**下一句', '完成。'],
  ['這是**重點**，後面', '重點'],
  ['**「a」**b', '「a」'],
])('emphasis as people write it in Chinese counts: %s', (markdown, bold) => {
  const [block] = readMarkdown(markdown)
  expect(block?.content?.find(({ marks }) => marks?.[0]?.type === 'bold')?.text).toBe(bold)
})

test.each([
  ['| a | b |\n|---|---|\n| 1 | **2** |', ['a\tb', '1\t2']],
  ['![a picture](https://example.org/p.png)', ['a picture']],
  ['[a][1]\n\n[1]: https://example.org/a', ['a']],
  ['<details><summary>more</summary>\n\ninside\n\n</details>', ['more', 'inside']],
  ['一行\n兩行\nthree\nfour', ['一行兩行 three four']],
  ['a<br>b <mark>c</mark> H<sub>2</sub>O', ['a\nb c H2O']],
  ['<script>alert(1)</script>\n\nx', ['x']],
  ['[x](javascript:alert(1)) [y](data:text/html,z)', ['x y']],
])('%s', (markdown, lines) => {
  expect(readMarkdown(markdown).map(textIn)).toEqual(lines)
  expect(JSON.stringify(readMarkdown(markdown))).not.toContain('javascript')
})

test('a document is written with its title above it, once', () => {
  expect(markdownOf(documentOf('計畫', yParagraph('x')))).toBe('# 計畫\n\nx\n')
  expect(markdownOf(documentOf('計畫', ['heading', { level: 1 }, '計畫'], yParagraph('x')))).toBe(
    '# 計畫\n\nx\n',
  )
  expect(markdownOf(documentOf(''))).toBe('')
})
