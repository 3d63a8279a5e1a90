import { expect, test } from 'vitest'
import { isMarkdown } from '#lib/document/markdown/signs.ts'

test.each([
  '# Plans\n\n- one\n- two',
  '# 計畫\n- 一\n- 二',
  '- [x] done\n- [ ] open',
  'See **this** and [that](https://example.org).',
  '> quoted\n\n1. first\n2. second',
  '```\nx = 1\n```',
  'before\n\n~~~js\nconst a = 1;\n~~~',
  '| a | b |\n|---|---|\n| 1 | 2 |',
  'Name | Points\n--- | ---:\na | 1',
  '## Use\n\nRun `npm start`.',
  '# Heading\r\n\r\nSome **bold** text',
])('this is Markdown: %j', (text) => {
  expect(isMarkdown(text)).toBe(true)
})

test.each([
  'def __init__(self): 5 * 3 * 2 and *.js,*.ts',
  'class A:\n    def __init__(self):\n        return 5 * 3 * 2\n\n# comment\nfiles = "*.js,*.ts"',
  'plain words',
  '2024. was a good year',
  '- one\n- two\n- three',
  '# a comment\nnpm install\n# another\nnpm start',
  'services:\n  # the web\n  web:\n    image: x\n    ports:\n      - "80:80"\n      - "81:81"',
  'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n- old **line** here\n+ new `line` here\n  same',
  '/**\n * Adds `a` and `b`.\n * - and more\n */\nfunction add(a, b) {\n  return a + b;\n}',
  '5 * 3 * 2 = 30, 2 ** 3 ** 2',
  'see https://example.org/a_b_c and **kwargs, *args',
  'a | b\nc | d',
  '--\nsignature',
  'int *a, *b; /* `x` */\n**p = 1;',
  '',
])('this is not: %j', (text) => {
  expect(isMarkdown(text)).toBe(false)
})
