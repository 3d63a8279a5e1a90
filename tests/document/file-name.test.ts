import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { fileName, safeName } from '#lib/document/file-name.ts'
import { documentOf } from '../support/blocks.ts'

test('a file is named by the title', () => {
  expect(fileName(documentOf('會議紀錄：十一月'), 'Untitled', 'md')).toBe('會議紀錄：十一月.md')
  expect(fileName(new Y.Doc(), 'Untitled', 'html')).toBe('Untitled.html')
})

test.each([
  ['a/b\\c:d*"e', 'a b c d e'],
  ['什麼？／說：「好」', '什麼？／說：「好」'],
  ['CON', '_CON'],
  ['com1.backup', '_com1.backup'],
  ['console', 'console'],
  ['. hidden. ', 'hidden'],
  ['..', ''],
  ['???', ''],
  ['annual\u202efdp.exe', 'annual fdp.exe'],
  ['one\ntwo\tthree', 'one two three'],
  ['e\u0301', 'é'],
  ['half \ud83d', 'half'],
  ['a   b', 'a b'],
])('%j is named %j', (title, name) => {
  expect(safeName(title)).toBe(name)
})

test('a long name is cut between characters, so that the file system takes it', () => {
  const name = safeName('👨‍👩‍👧'.repeat(50))
  expect(name).toBe('👨‍👩‍👧'.repeat(11))
  expect(new TextEncoder().encode(safeName('報'.repeat(120))).length).toBeLessThanOrEqual(200)
})
