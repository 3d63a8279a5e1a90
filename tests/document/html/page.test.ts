import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { htmlPage } from '#lib/document/html/page.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { documentOf, p } from '../../support/blocks.ts'

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

  test('begins with the title that people set, once, and names its language', () => {
    const page = htmlPage(documentOf('社區報告', p('這是內文。')), 'en')
    expect(page).toContain('<h1>社區報告</h1>')
    expect(page).toContain('<title>社區報告</title>')
    expect(page).toContain('<html lang="zh-Hant-TW">')
    expect(htmlPage(documentOf('Plan', ['heading', { level: 1 }, 'Plan']), 'en').match(/<h1>/g)).toHaveLength(
      1,
    )
    expect(htmlPage(documentOf('', p('First line')), 'zh-Hant-TW')).not.toContain('<h1>')
  })

  test('loads nothing from elsewhere', () => {
    expect(htmlPage(documentOf('x', p('y')), 'en')).not.toMatch(/src=|@import|url\(|<link/)
  })
})

test('the web page is in the language of the text, and a block in another script in its own', () => {
  const doc = documentOf('', p('這是一段中文，比較長'), p('English'), p('12'))
  const html = htmlPage(doc, 'en')
  expect(html).toContain('<html lang="zh-Hant-TW">')
  expect(html).toContain('<p>這是一段中文，比較長</p>')
  expect(html).toContain('<p lang="en">English</p>')
  expect(html).toContain('<p>12</p>')
})
