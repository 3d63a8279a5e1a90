import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Known, surveyNames, unknownIn } from '../../scripts/named-things.ts'

test('this tree names nothing that does not exist', () => {
  const { texts, names, problems } = surveyNames(join(import.meta.dirname, '../..'))
  expect(problems).toEqual([])
  expect(texts).toBeGreaterThan(400)
  expect(names).toBeGreaterThan(200)
})

describe('a planted name is found', () => {
  const known: Known = {
    files: [
      'README.md',
      'app/d/[address]/page.tsx',
      'docs/decisions/0007-plain-css.md',
      'lib/collab/log/row-log.ts',
    ],
    decisions: new Set(['0007']),
    rules: new Set(['UPD3']),
  }
  const found = (prose: string, file = 'docs/planted.md') => unknownIn({ file, prose, whole: prose }, known)

  test.each([
    ['see `room.ts`', 'room.ts'],
    ['see (lib/collab/row-log.ts)', 'lib/collab/row-log.ts'],
    ['the folder `lib/collab/folding`', 'lib/collab/folding'],
    ['see collab/log/row-log.ts', 'collab/log/row-log.ts'],
    ['all of `lib/collab/log/room-*.ts`', 'lib/collab/log/room-*.ts'],
    ['[why](docs/decisions/0008-user.md)', 'docs/decisions/0008-user.md'],
    ['as decision 0014 says', '0014'],
    ['as decisions 0007 and 0014 say', '0014'],
    ['ADR 0006', '0006'],
    ['replaced (0014)', '0014'],
    ['as [UPD4] says', 'UPD4'],
  ])('%s', (prose, name) => {
    expect(new Set(found(prose))).toEqual(new Set([`docs/planted.md: ${name} does not exist`]))
  })

  test.each([
    '`row-log.ts`, `lib/collab/log/row-log.ts` and app/d/[address]/page.tsx',
    'lib/collab, `lib/collab/log/`, lib/collab/log/row-*.ts and `*-log.ts`',
    '[why](docs/decisions/0007-plain-css.md), decision 0007, [UPD3]',
    'https://example.org/other/file.ts and 10,000 of 20007',
  ])('but not in: %s', (prose) => {
    expect(found(prose)).toEqual([])
  })

  test.each([
    ["join(import.meta.dirname, '../.next/manifest.json')", '../.next/manifest.json'],
    ["new URL('./worker.ts', import.meta.url)", './worker.ts'],
    [`join(import.meta.dirname, \`other/\${name}.ts\`)`, 'other/'],
  ])('%s', (code, path) => {
    expect(found(code, 'lib/collab/rooms.ts')).toContain(`lib/collab/rooms.ts: ${path} does not exist`)
  })

  test.each([
    "join(import.meta.dirname, '../../.next/manifest.json')",
    "join(import.meta.dirname, '../..')",
    "new URL('./log/row-log.ts', import.meta.url)",
    `join(import.meta.dirname, \`log/\${name}.ts\`)`,
    "new URL('https://example.org/')",
    "new URL('/path', url)",
  ])('but not in: %s', (code) => {
    expect(unknownIn({ file: 'lib/collab/rooms.ts', prose: '', whole: code }, known)).toEqual([])
  })

  test('a path may start at the folder of the file that names it', () => {
    expect(found('log/row-log.ts', 'lib/collab/rooms.ts')).toEqual([])
    expect(found('[start](../README.md)', 'docs/planted.md')).toEqual([])
    expect(found('[start](../README.md)', 'docs/decisions/planted.md')).toHaveLength(1)
  })
})
