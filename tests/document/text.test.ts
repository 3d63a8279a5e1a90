import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { isSafeHref } from '#lib/document/schema.ts'
import { fileName, htmlPage, plainText } from '#lib/document/text.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { documentOf, p } from '../support/blocks.ts'

describe('plain text', () => {
  test('has the title, a line per block, and marks of lists', () => {
    const doc = documentOf(
      'Survey',
      ['heading', { level: 2 }, 'To do'],
      ['taskList', {}, ['taskItem', { checked: true }, p('one')], ['taskItem', { checked: false }, p('two')]],
      ['orderedList', { start: 3 }, ['listItem', {}, p('three')], ['listItem', {}, p('four')]],
      ['bulletList', {}, ['listItem', {}, p('a'), ['bulletList', {}, ['listItem', {}, p('b')]]]],
      ['blockquote', {}, p('said')],
      p('x', ['hardBreak', {}], 'y'),
    )
    expect(plainText(doc)).toBe(
      'Survey\n\nTo do\n\n[x] one\n[ ] two\n\n3. three\n4. four\n\n- a\n  - b\n\n> said\n\nx\ny\n',
    )
  })

  test('keeps what it does not know', () => {
    expect(plainText(documentOf('', ['mermaid', {}, 'graph TD']))).toBe('graph TD\n')
  })
})

describe('the web page', () => {
  test('escapes every character that could be markup', () => {
    const html = htmlPage(documentOf('<b>"&', p('<script>alert(1)</script>')), 'en')
    expect(html).not.toContain('<script>')
    expect(html).not.toContain('<b>')
  })

  test('has marks and safe links only', () => {
    const doc = documentOf('', p(''))
    const text = doc.getXmlFragment(ROOTS.body).get(0)
    if (!(text instanceof Y.XmlElement)) throw new Error('a paragraph')
    const run = text.get(0)
    if (!(run instanceof Y.XmlText)) throw new Error('its text')
    run.insert(0, 'bold', { bold: {} })
    run.insert(4, 'link', { bold: null, link: { href: 'https://example.org/?a&b' } })
    run.insert(8, 'evil', { link: { href: 'javascript:alert(1)' } })
    const html = htmlPage(doc, 'en')
    expect(html).toContain('<strong>bold</strong>')
    expect(html).toContain('<a href="https://example.org/?a&#38;b">link</a>evil')
    expect(html).not.toContain('javascript')
  })
})

test('a file name has nothing in it that a file system refuses', () => {
  expect(fileName(documentOf('a/b\\c:d*"e'), 'Untitled', 'txt')).toBe('a b c d e.txt')
  expect(fileName(new Y.Doc(), 'Untitled', 'html')).toBe('Untitled.html')
})

test.each([
  ['https://example.org', true],
  ['HTTP://example.org', true],
  ['mailto:me@example.org', true],
  ['javascript:alert(1)', false],
  [' javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['//example.org', false],
  ['http:/x', false],
  ['https:// x', false],
  ['', false],
])('a link to %s is allowed: %s', (href, allowed) => {
  expect(isSafeHref(href)).toBe(allowed)
})

test('the web page is in the language of the text, and a block in another script in its own', () => {
  const doc = documentOf('', p('這是一段中文，比較長'), p('English'), p('12'))
  const html = htmlPage(doc, 'en')
  expect(html).toContain('<html lang="zh-Hant-TW">')
  expect(html).toContain('<p>這是一段中文，比較長</p>')
  expect(html).toContain('<p lang="en">English</p>')
  expect(html).toContain('<p>12</p>')
})
