import { describe, expect, test } from 'vitest'
import { isSafeHref } from '#lib/document/schema.ts'
import { plainText } from '#lib/document/text.ts'
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
