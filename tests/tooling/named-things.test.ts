import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commentsOf, filesUnder, textOf } from '../../scripts/sources.ts'

const repository = join(import.meta.dirname, '../..')

interface Text {
  readonly file: string
  /** Searched for names of files and of decisions: a document, or the comments of a source file. */
  readonly prose: string
  /** Searched for ids of rules, which names of tests carry too, and for paths made in code. */
  readonly whole: string
}

interface Known {
  readonly files: readonly string[]
  /** Numbers of decision records, like `0030`. */
  readonly decisions: ReadonlySet<string>
  /** Ids of rules of docs/protocol.md, like `UPD3`. */
  readonly rules: ReadonlySet<string>
}

const FILE =
  /(?<![\w./:@*{}-])(?:(?:[\w.*-]|\[\w+\])+\/)*[\w*][\w.*-]*\.(?:tsx?|[cm]js|css|md|grit|json|c)\b(?!\.?\w)/g
/** A file or a folder, extension or not, that is named by its path from the root. */
const PATH = /(?<![\w./:@-])(?:lib|app|tests|scripts|docs)\/(?:[\w.*-]|\[\w+\]|\/)*(?:\w|\[\w+\])/g
const DECISION =
  /\b(?:decisions?|ADRs?)\s+(\d{4}(?:(?:,? and|,? or|,)\s+\d{4})*)|(?<![\d./])\b(00\d\d)\b(?![-.]\w)/gi
/** A path that is made from the place of the file, in code. A template is read up to its first expression. */
const PLACED =
  /\bjoin(?:Path)?\(import\.meta\.dirname, ['"`]([^'"`$]+)|\bnew URL\(['"`]([^'"`$]+)['"`], import\.meta\.url/g
const RULE = /\[([A-Z]{2,}\d+[a-z]?)\]/g

/** Names in a text that belong to nothing, each as `file: name`. */
function unknownIn({ file, prose, whole }: Text, known: Known): string[] {
  const files = [...prose.matchAll(FILE), ...prose.matchAll(PATH)].map(([name]) => name)
  const decisions = [...prose.matchAll(DECISION)].flatMap(
    ([, list, bare]) => (list ?? bare)?.match(/\d{4}/g) ?? [],
  )
  const placed = file.endsWith('.md') ? [] : [...whole.matchAll(PLACED)].map(([, a, b]) => a ?? b ?? '')
  const rules = [...whole.matchAll(RULE)].flatMap(([, rule]) => rule ?? [])
  return [
    ...files.filter((name) => !isKnown(name, file, known.files)),
    ...decisions.filter((number) => !known.decisions.has(number)),
    ...placed.filter((path) => !isPlaced(path, file, known.files)),
    ...rules.filter((rule) => !known.rules.has(rule)),
  ].map((name) => `${file}: ${name}`)
}

/**
 * A name with a slash is a path from the root or from the folder of the file that names it; one without is any file's
 * name. An asterisk stands for a part of a name.
 */
function isKnown(name: string, namedIn: string, files: readonly string[]): boolean {
  if (!name.includes('/')) return files.some((path) => matches(name, path.slice(path.lastIndexOf('/') + 1)))
  const folder = namedIn.slice(0, namedIn.lastIndexOf('/') + 1)
  return files.some((path) =>
    [name, folder + name].some((wanted) => matches(wanted, path) || path.startsWith(`${wanted}/`)),
  )
}

/** The root itself, what is installed or built in it, or the beginning of the path of a file. */
function isPlaced(path: string, file: string, files: readonly string[]): boolean {
  const target = posix.join(posix.dirname(file), path)
  return /^(\.\/?$|node_modules\b|\.next\b)/.test(target) || files.some((known) => known.startsWith(target))
}

function matches(name: string, path: string): boolean {
  if (!name.includes('*')) return name === path
  const parts = name.split('*').map((part) => part.replace(/[.[\]]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]*')}$`).test(path)
}

function knownIn(root: string): Known {
  const files = [...filesUnder(root, '.'), ...filesUnder(root, 'tests/data')]
  const numbers = files.flatMap((file) => /^docs\/decisions\/(\d{4})-/.exec(file)?.[1] ?? [])
  const defined = textOf(root, 'docs/protocol.md').matchAll(/\*\*\[([A-Z]+\d+[a-z]?)\]\*\*/g)
  return {
    files,
    decisions: new Set(numbers),
    rules: new Set([...defined].flatMap(([, rule]) => rule ?? [])),
  }
}

function textsIn(root: string, files: readonly string[]): Text[] {
  return files
    .filter((file) => /^(docs|lib|app|scripts|tests)\/.*\.(md|tsx?|mjs|css)$|^[^/]+\.(md|ts)$/.test(file))
    .filter((file) => file !== 'tests/tooling/named-things.test.ts' && file !== 'next-env.d.ts')
    .map((file) => {
      const whole = textOf(root, file)
      if (file.endsWith('.md')) return { file, prose: whole, whole }
      const prose = commentsOf(file, whole).map((comment) => comment.text)
      return { file, prose: prose.join('\n'), whole }
    })
}

describe('this tree', () => {
  const known = knownIn(repository)
  const texts = textsIn(repository, known.files)

  test('is read', () => {
    expect(texts.length).toBeGreaterThan(400)
    expect(known.decisions.size).toBeGreaterThan(35)
    expect(known.rules.size).toBeGreaterThan(90)
    const named = texts.flatMap(({ prose }) => prose.match(FILE) ?? [])
    expect(named.length).toBeGreaterThan(200)
  })

  test('names no file, decision or rule that does not exist', () => {
    expect(texts.flatMap((text) => unknownIn(text, known))).toEqual([])
  })

  test('gives every number to one decision', () => {
    const numbers = known.files.flatMap((file) => /^docs\/decisions\/(\d{4})-/.exec(file)?.[1] ?? [])
    expect(numbers).toEqual([...known.decisions])
  })
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
    expect(new Set(found(prose))).toEqual(new Set([`docs/planted.md: ${name}`]))
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
    expect(found(code, 'lib/collab/rooms.ts')).toContain(`lib/collab/rooms.ts: ${path}`)
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
  })
})
