import { Fragment, Slice } from '@tiptap/pm/model'
import { expect, test } from 'vitest'
import { readHtml } from '#lib/document/html/reading.ts'
import { readMarkdown } from '#lib/document/markdown/reading.ts'
import { copiedHtml, copiedText } from '#lib/editor/clipboard/copying.ts'
import { readableHtml, sliceOfLines } from '#lib/editor/clipboard/reading.ts'
import { schema } from '../replica.ts'

const docOf = (markdown: string) =>
  schema.node('doc', null, Fragment.fromJSON(schema, readMarkdown(markdown)))

test('copied text has the signs of lists, boxes and quotes, and one line for each', () => {
  const slice = docOf(
    '- a\n  - b\n- c\n\n1. one\n\n- [x] done\n- [ ] open\n\n> said\n\n```\nx\n  y\n```',
  ).slice(0)
  expect(copiedText(slice)).toBe('- a\n  - b\n- c\n\n1. one\n\n[x] done\n[ ] open\n\n> said\n\nx\n  y')
})

test('words from a paragraph are copied without a paragraph, and open at both ends', () => {
  const slice = docOf('one **two** three').slice(3, 10, true)
  const html = copiedHtml(slice)
  expect(html).toBe('<span data-commonplace="1 1">e <strong>two</strong> t</span>')
  expect(readHtml(html).open).toEqual([1, 1])
})

test('a slice comes back with its ends', () => {
  const doc = docOf('- one\n- two\n\nthree')
  const html = copiedHtml(doc.slice(4, doc.content.size - 2))
  expect(html).toMatch(/^<ul data-commonplace="3 1">/)
  expect(readableHtml(html, null)).toMatch(/^<ul data-pm-slice="3 1 \[\]"><li>ne/)
})

test('no attribute of pasted HTML reaches ProseMirror as it came', () => {
  const html = `<p data-pm-slice='0 0 ["heading",{"level":"x"}]' class="a" style="color:red" onclick="x()">text</p>`
  expect(readableHtml(html, null)).toBe('<p data-pm-slice="99 99 []">text</p>')
})

test('code gets the language that the program said beside it', () => {
  expect(readableHtml('<pre>a\nb</pre>', 'python')).toContain('<code class="language-python">')
  expect(readableHtml('<pre><code class="lang-js">a\nb</code></pre>', 'python')).toContain('language-js')
})

test('lines of text become paragraphs with the formats of their place, and links unless they are to be plain', () => {
  const $context = docOf('**bold**').resolve(3)
  const slice = (isPlain: boolean) => sliceOfLines('a\r\n\n  b http://a.example.', $context, isPlain)
  expect(slice(true)).toEqual(
    new Slice(
      Fragment.fromArray(
        ['a', '  b http://a.example.'].map((line) =>
          schema.node('paragraph', null, schema.text(line, [schema.mark('bold')])),
        ),
      ),
      1,
      1,
    ),
  )
  expect(JSON.stringify(slice(false))).toContain('"href":"http://a.example"')
})
