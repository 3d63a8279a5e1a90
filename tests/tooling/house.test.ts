import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LIMITS, problemsOf, surveyHouse, tableOf } from '../../scripts/house.ts'
import type { Arrow } from '../../scripts/import-graph.ts'

/** In the planted trees no count is above its goal except the planted one. */
const STRICT = {
  ...LIMITS,
  cycles: 0,
  arrowsBack: 0,
  functionFields: { 'lib/client': 0 },
  questions: 0,
  atOnce: 0,
}

let tree: string

beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'house-'))
  await plant('lib/client/link/link.ts', 'export interface Link {\n  close(): void\n}\n')
  await plant(
    'lib/client/outbox.ts',
    "import type { Link } from './link/link.ts'\n\nexport type Two = Link\n",
  )
  await plant('README.md', 'A tree.\n')
})
afterEach(() => rm(tree, { recursive: true, force: true }))

async function plant(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(tree, file)), { recursive: true })
  await writeFile(join(tree, file), text)
}

function problems(imports: readonly Arrow[] = [], breaches: readonly Arrow[] = []): string[] {
  return problemsOf(surveyHouse(tree, imports, breaches), STRICT)
}

const lines = (count: number) => 'export {}\n'.repeat(count)

test('nothing is found before anything is planted', () => {
  expect(problems()).toEqual([])
})

describe('the files and folders of a folder', () => {
  const arrow = (from: string, to: string): Arrow => ({ from: `lib/client/${from}`, to: `lib/client/${to}` })

  beforeEach(async () => {
    for (const file of ['sending/sender.ts', 'sending/parts.ts', 'replica/store.ts', 'replica/rows.ts']) {
      await plant(`lib/client/${file}`, 'export {}\n')
    }
  })

  test('are counted with their arrows and levels; what is inside a folder of it is not', () => {
    const imports = [
      arrow('outbox.ts', 'sending/sender.ts'),
      arrow('outbox.ts', 'sending/parts.ts'),
      arrow('sending/sender.ts', 'sending/parts.ts'),
      arrow('sending/sender.ts', 'link/link.ts'),
      arrow('outbox.ts', 'link/link.ts'),
    ]
    const { graphs } = surveyHouse(tree, imports, [])
    const client = graphs.get('lib/client')
    expect(client).toMatchObject({ nodes: 4, levels: 3, cycles: [], back: [] })
    expect(client?.arrows.toSorted()).toEqual(['outbox.ts → link', 'outbox.ts → sending', 'sending → link'])
    expect(graphs.get('lib')).toMatchObject({ nodes: 1, arrows: [], levels: 1 })
  })

  test('that need each other are a cycle, though no two files do', () => {
    const imports = [
      arrow('sending/sender.ts', 'replica/store.ts'),
      arrow('replica/rows.ts', 'sending/parts.ts'),
      arrow('outbox.ts', 'sending/sender.ts'),
    ]
    expect(problems(imports)).toEqual([
      'import cycles: 1, at most 0',
      '  lib/client: replica, sending',
      'arrows back: 2, at most 0',
      '  lib/client: replica → sending',
      '  lib/client: sending → replica',
    ])
    expect(surveyHouse(tree, imports, []).graphs.get('lib/client')?.levels).toBe(2)
  })

  test('may need each other over a third: that is a cycle too', () => {
    const imports = [
      arrow('sending/sender.ts', 'replica/store.ts'),
      arrow('replica/store.ts', 'link/link.ts'),
      arrow('link/link.ts', 'sending/parts.ts'),
    ]
    expect(problems(imports)).toContain('  lib/client: link, replica, sending')
  })

  test('with an import against the table have an arrow back', () => {
    const against = arrow('replica/store.ts', 'sending/sender.ts')
    expect(problems([against], [against])).toEqual([
      'arrows back: 1, at most 0',
      '  lib/client: replica → sending',
    ])
  })
})

describe('a folder of lib', () => {
  const fill = async (folder: string, count: number) => {
    for (let n = 0; n < count; n += 1) await plant(`${folder}/file-${n}.ts`, 'export {}\n')
  }

  test('holds 20 files and no 21st; those in sub-folders are not counted', async () => {
    await fill('lib/server', 20)
    await plant('lib/server/http/web-server.ts', 'export {}\n')
    expect(problems()).toEqual([])
    await plant('lib/server/one-more.ts', 'export {}\n')
    expect(problems()).toEqual(['lib/server holds 21 files, at most 20'])
  })

  test('may be a named exception', async () => {
    await fill('lib/editor/binding', 24)
    expect(problems()).toEqual([])
    await plant('lib/editor/binding/one-more.ts', 'export {}\n')
    expect(problems()).toEqual(['lib/editor/binding holds 25 files, at most 24'])
  })
})

describe('a function-typed field', () => {
  test.each([
    'export interface Options { onChange: () => void }',
    'export interface Options { readonly now?: () => number }',
    'export interface Options { readonly now: (() => number) | null }',
    'export type Options = { readonly now: (() => number) | undefined }',
    'export class Clock { constructor(_options: { readonly now: () => number }) {} }',
  ])('is counted: %s', async (text) => {
    await plant('lib/client/planted.ts', `${text}\n`)
    expect(problems()).toEqual(['function-typed fields in lib/client: 1, at most 0'])
  })

  test.each([
    'export interface Options { change(): void }',
    'export interface Options { readonly now: number }',
    'export function later(_work: () => void): void {}',
    'export class Clock { constructor(_now: () => number) {} }',
    'export type Now = () => number',
    '// onChange: () => void\nexport {}',
  ])('is none: %s', async (text) => {
    await plant('lib/client/planted.ts', `${text}\n`)
    expect(problems()).toEqual([])
  })

  test('by the name of its type is counted apart', async () => {
    await plant('lib/client/now.ts', 'export type Now = () => number\n')
    await plant(
      'lib/client/planted.ts',
      "import type { Now } from './now.ts'\nexport interface Options { now: Now; later: Now | null; at: number; on: () => void }\n",
    )
    expect(surveyHouse(tree, [], []).fields.get('lib/client')).toEqual({ written: 1, named: 2 })
  })
})

describe('a file over 350 lines', () => {
  test('is found', async () => {
    await plant('tests/long.test.ts', lines(350))
    expect(problems()).toEqual([])
    await plant('tests/long.test.ts', lines(351))
    expect(problems()).toEqual([
      'tests/long.test.ts has 351 lines and its first block comment no "Over 350 lines: <reason>"',
    ])
  })

  test.each([
    ['app/css/long.css', '/* Over 350 lines: one page. */\n'],
    [
      'lib/client/long.ts',
      "import './link/link.ts'\n\n// A line.\n/*\n * Sends.\n * Over 350 lines: it sends much.\n */\n",
    ],
  ])('may give its reason: %s', async (file, head) => {
    await plant(file, head + lines(351))
    expect(problems()).toEqual([])
  })

  test.each([
    ['no reason', '/* Over 350 lines: */\n'],
    ['not in the first block comment', '/** Sends. */\n/* Over 350 lines: it sends much. */\n'],
    ['no block comment', '// Over 350 lines: it sends much.\n'],
  ])('gives none: %s', async (_why, head) => {
    await plant('lib/client/long.ts', head + lines(351))
    expect(problems()).toHaveLength(1)
  })
})

describe('a comment', () => {
  const QUESTIONS = 'comments that begin with Who, Whoever, What, Whose or Whom: 1, at most 0'
  const AT_ONCE = '"at once" in comments and documents: 1, at most 0'

  test.each([
    ['lib/client/planted.ts', '/** Who is in the room. */'],
    ['lib/client/planted.ts', '// Whoever is in the room.'],
    ['lib/client/planted.ts', '/*\n * What is in the room.\n */'],
    ['app/planted.tsx', '/** Whose room this is. */'],
    ['app/css/planted.css', '/* What lies over the page */'],
    ['scripts/planted.mjs', 'export {} // Whom to tell.'],
    ['tests/planted.test.ts', '/** What is sent. */'],
    ['server.ts', '/** What is made. */'],
  ])('in %s begins with a question word: %s', async (file, text) => {
    await plant(file, `export {}\n${text}\n`)
    expect(problems()).toEqual([QUESTIONS, `  ${file}:2`])
  })

  test.each([
    '/** Somebody who knows what. */',
    '// The second line of a comment may begin with\n// What, and it is no comment of its own.',
    "export const text = '// Who is there' + `/* What */`",
    'export const pattern = /\\/\\* What *\\//',
  ])('does not: %s', async (text) => {
    await plant('lib/client/planted.ts', `${text}\n`)
    expect(problems()).toEqual([])
  })

  test.each([
    ['lib/client/planted.ts', '// It ends at once.'],
    ['lib/client/planted.ts', '/**\n * It ends at\n * once.\n */'],
    ['docs/planted.md', 'It ends at once.'],
    ['README.md', 'At once it ends.'],
    ['SECURITY.md', 'It ends at once.'],
  ])('or document says "at once": %s %s', async (file, text) => {
    await plant(file, `\n${text}\n`)
    expect(problems()).toEqual([AT_ONCE, `  ${file}:2`])
  })

  test.each([
    ['lib/client/planted.ts', "export const text = 'at once'"],
    ['lib/client/planted.ts', '// At the moment, once.'],
    ['docs/decisions/0001-planted.md', 'It ends at once.'],
  ])('or document does not: %s %s', async (file, text) => {
    await plant(file, `${text}\n`)
    expect(problems()).toEqual([])
  })
})

describe('an import of a file of another folder', () => {
  test.each([
    ['lib/editor/page.ts', "import '../client/outbox.ts'", '../client/outbox.ts'],
    ['lib/editor/page.ts', "import type { Two } from '../client/outbox.ts'", '../client/outbox.ts'],
    ['lib/editor/page/page.ts', "export { two } from '../../client/outbox.ts'", '../../client/outbox.ts'],
    [
      'app/d/page.tsx',
      "export const later = () => import('../../lib/client/outbox.ts')",
      '../../lib/client/outbox.ts',
    ],
    ['tests/client/outbox.test.ts', "import '../../lib/client/outbox.ts'", '../../lib/client/outbox.ts'],
  ])('by a relative path is found: %s %s', async (file, text, specifier) => {
    await plant(file, `${text}\n`)
    expect(problems()).toEqual([`${file}: ${specifier}: a file of another folder is imported as #lib/…`])
  })

  test.each([
    ['lib/editor/page.ts', "import '#lib/client/outbox.ts'"],
    ['lib/client/link/planted.ts', "import '../outbox.ts'"],
    ['tests/client/outbox.test.ts', "import '../support/random.ts'"],
    ['tests/bench/bench.ts', "import '../../lib/client/outbox.ts'"],
  ])('is as wanted: %s %s', async (file, text) => {
    await plant(file, `${text}\n`)
    expect(problems()).toEqual([])
  })
})

test('the counts are printed by folder', async () => {
  await plant('lib/server/services.ts', '/** Who asks. */\nexport interface Ports {\n  on: () => void\n}\n')
  await plant('docs/planted.md', 'At once.\n')
  const printed = tableOf(surveyHouse(tree, [], [])).split('\n')
  const cells = printed.map((line) => line.trim().split(/ {2,}/))
  expect(cells).toContainEqual(['lib/server', '1', '0', '1', '0', '0', '1', '1', '0'])
  expect(cells).toContainEqual(['docs', '0', '1'])
  expect(printed.at(-1)).toBe('function fields of lib/server, lib/people, lib/library, lib/process: 1')
})
