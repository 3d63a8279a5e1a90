import { expect, test } from 'vitest'
import { addressesIn, withLinks } from '#lib/document/addresses-in-text.ts'
import { paragraph, textNode } from '#lib/document/content.ts'

test.each([
  ['請看https://example.com/路徑。謝謝', 'https://example.com/路徑'],
  ['（https://example.com/a）', 'https://example.com/a'],
  ['「https://example.com/a」', 'https://example.com/a'],
  ['https://example.com/a，再說', 'https://example.com/a'],
  ['https://example.com/a、https://example.com/b', 'https://example.com/a https://example.com/b'],
  ['https://example.com/a…', 'https://example.com/a'],
  ['網址是https://example.com謝謝', 'https://example.com'],
  ['https://example.com:8080謝謝', 'https://example.com:8080'],
  ['https://例子.台灣/路 可以', 'https://例子.台灣/路'],
  ['http://example.com. ', 'http://example.com'],
  ['http://a.example/x, ', 'http://a.example/x'],
  ['(see http://a.example/x)', 'http://a.example/x'],
  ['http://a.example/x_(y)', 'http://a.example/x_(y)'],
  ['http://a.example/x?y=1&z=[2]#f!', 'http://a.example/x?y=1&z=[2]#f'],
  ['Really http://a.example/?!', 'http://a.example/'],
  ['"http://a.example/"', 'http://a.example/'],
  ['<http://a.example/>', 'http://a.example/'],
  ['**http://a.example/x**', 'http://a.example/x'],
  ['http://localhost:3000/d/x', 'http://localhost:3000/d/x'],
  ['mailto:me@example.org.', 'mailto:me@example.org'],
  ['HTTPS://EXAMPLE.ORG', 'HTTPS://EXAMPLE.ORG'],
  ['http://[::1]:80/', 'http://[::1]:80/'],
  ['node.js, example.org and www.example.org', ''],
  ['http:// and https://. mailto:', ''],
  ['xhttp://a.example', ''],
  [`https://a.example/${'x'.repeat(2000)}`, ''],
  ['javascript:alert(1)', ''],
])('%s', (text, expected) => {
  expect(
    addressesIn(text)
      .map(({ href }) => href)
      .join(' '),
  ).toBe(expected)
})

test('an address in text becomes a link, not in code and not in a link', () => {
  const bold = { type: 'bold' }
  const code = textNode('http://a.example', [{ type: 'code' }])
  const block = { type: 'codeBlock', content: [textNode('http://a.example')] }
  expect(withLinks([paragraph([textNode('see http://a.example.', [bold]), code]), block])).toEqual([
    paragraph([
      textNode('see ', [bold]),
      textNode('http://a.example', [bold, { type: 'link', attrs: { href: 'http://a.example' } }]),
      textNode('.', [bold]),
      code,
    ]),
    block,
  ])
})
