import { join } from 'node:path'
import { surveyBoundaries } from './boundaries.ts'
import { type FunctionFields, functionFieldsOf, relativeImportsIntoFolders } from './house-source.ts'
import { type Arrow, type ImportGraph, importGraph } from './import-graph.ts'
import { type Comment, commentsOf, filesUnder, textOf } from './sources.ts'

/*
 * Counts the shape of the code and the style of its prose (docs/decisions/0040-counted-house.md). `npm run check` holds
 * the counts against LIMITS; `npm run house` prints them.
 */

export const LIMITS = {
  /** Cycles among files and folders, see ImportGraph. */
  cycles: 0,
  /** Arrows in a cycle or against the table of imports. */
  arrowsBack: 0,
  /** Function-typed fields. */
  functionFields: { 'lib/client': 20, 'lib/server': 20 } as Record<string, number>,
  /** Comments that begin with a question word, see QUESTION. */
  questions: 0,
  /** Matches of AT_ONCE in comments and documents. */
  atOnce: 0,
  /** Files directly in one folder of lib. */
  filesInFolder: 20,
  filesInNamedFolder: { 'lib/editor/binding': 24 } as Record<string, number>,
  linesOfFile: 350,
}

const PLACES = ['lib', 'app', 'scripts', 'tests', 'server.ts']
const DOCUMENTS = ['README.md', 'SECURITY.md']
const CODE = /\.(tsx?|mjs)$/
const WITH_COMMENTS = /\.(tsx?|mjs|css|c)$/
const QUESTION = /^(Who|Whoever|What|Whose|Whom)\b/
const AT_ONCE = /\bat\s+once\b/gi
/** The most places listed for one problem. */
const SHOWN = 25
/** Required in the first block comment of a long file. */
const REASON = /\bOver 350 lines: \S/

interface Place {
  readonly file: string
  readonly line: number
}

export interface House {
  /** The graph of `lib`, and of each folder directly in it. */
  readonly graphs: ReadonlyMap<string, ImportGraph>
  /** Function-typed fields of each folder directly in `lib`. */
  readonly fields: ReadonlyMap<string, FunctionFields>
  readonly questions: readonly Place[]
  readonly atOnce: readonly Place[]
  /** Folders of `lib` with more files than allowed, with their number of files. */
  readonly crowded: readonly (readonly [folder: string, files: number])[]
  /** Files over the limit of lines whose first block comment gives no reason, with their number of lines. */
  readonly long: readonly (readonly [file: string, lines: number])[]
  /** Imports of another folder by a relative path, as `file: specifier`. */
  readonly relative: readonly string[]
}

/** Reads the tree at `root`. `imports` and `breaches` are what dependency-cruiser found in it. */
export function surveyHouse(root: string, imports: readonly Arrow[], breaches: readonly Arrow[]): House {
  const files = PLACES.flatMap((place) => filesUnder(root, place)).filter((file) => WITH_COMMENTS.test(file))
  const texts = new Map(files.map((file) => [file, textOf(root, file)]))
  const documents = [
    ...filesUnder(root, 'docs').filter((file) => /^docs\/[^/]+\.md$/.test(file)),
    ...DOCUMENTS,
  ]
  const code = files.filter((file) => file.startsWith('lib/') && CODE.test(file))
  const folders = [...new Set(code.map(folderOf))]
  const comments = new Map([...texts].map(([file, text]) => [file, commentsOf(file, text)]))
  const fields = functionFieldsOf(new Map(code.map((file) => [file, texts.get(file) ?? ''])))
  return {
    graphs: new Map(
      ['lib', ...folders].map((folder) => [folder, importGraph(folder, code, imports, breaches)]),
    ),
    fields: new Map(
      folders.map((folder) => [
        folder,
        sumOf(
          code.filter((file) => folderOf(file) === folder),
          fields,
        ),
      ]),
    ),
    questions: placesOf(comments, (text) => (QUESTION.test(text) ? 1 : 0)),
    atOnce: [
      ...placesOf(comments, timesAtOnce),
      ...placesOf(new Map(documents.map((file) => [file, linesOf(root, file)])), timesAtOnce),
    ],
    crowded: crowdedFolders(code),
    long: [...texts].flatMap(([file, text]) => {
      const lines = text.split('\n').length - 1
      const first = comments.get(file)?.find((comment) => comment.block)
      return lines > LIMITS.linesOfFile && !REASON.test(first?.text ?? '') ? [[file, lines] as const] : []
    }),
    relative: [...texts]
      .filter(([file]) => CODE.test(file) && !file.startsWith('tests/bench/') && !file.startsWith('scripts/'))
      .filter(([file]) => file !== 'server.ts')
      .flatMap(([file, text]) =>
        relativeImportsIntoFolders(file, text).map((specifier) => `${file}: ${specifier}`),
      ),
  }
}

/** Returns a line for each count over its limit; empty if the house is in order. */
export function problemsOf(house: House, limits = LIMITS): string[] {
  const graphs = [...house.graphs]
  const cycles = graphs.flatMap(([folder, graph]) => graph.cycles.map((cycle) => `${folder}: ${cycle}`))
  const back = graphs.flatMap(([folder, graph]) => graph.back.map((arrow) => `${folder}: ${arrow}`))
  const over = (name: string, found: readonly string[], limit: number) =>
    found.length > limit
      ? [`${name}: ${found.length}, at most ${limit}`, ...found.slice(0, SHOWN).map((line) => `  ${line}`)]
      : []
  return [
    ...over('import cycles', cycles, limits.cycles),
    ...over('arrows back', back, limits.arrowsBack),
    ...Object.entries(limits.functionFields).flatMap(([folder, limit]) => {
      const written = house.fields.get(folder)?.written ?? 0
      return written > limit ? [`function-typed fields in ${folder}: ${written}, at most ${limit}`] : []
    }),
    ...over(
      'comments that begin with Who, Whoever, What, Whose or Whom',
      house.questions.map(at),
      limits.questions,
    ),
    ...over('"at once" in comments and documents', house.atOnce.map(at), limits.atOnce),
    ...house.crowded.map(
      ([folder, files]) => `${folder} holds ${files} files, at most ${mostFilesIn(folder)}`,
    ),
    ...house.long.map(
      ([file, lines]) =>
        `${file} has ${lines} lines and its first block comment no "Over 350 lines: <reason>"`,
    ),
    ...house.relative.map((found) => `${found}: a file of another folder is imported as #lib/…`),
  ]
}

/** Returns the counts by folder, as lines of text. */
export function tableOf(house: House): string {
  const folders = [
    ...house.graphs.keys(),
    ...new Set([...house.questions, ...house.atOnce].map(({ file }) => folderOf(file))),
  ]
  const head = ['', 'nodes', 'arrows', 'levels', 'cycles', 'back', 'function fields', 'Who/What', '"at once"']
  const rows = [...new Set(folders)].map((folder) => {
    const graph = house.graphs.get(folder)
    const counts = graph
      ? [graph.nodes, graph.arrows.length, graph.levels, graph.cycles.length, graph.back.length].map(String)
      : ['', '', '', '', '']
    const inFolder = (places: readonly Place[]) =>
      String(
        places.filter(({ file }) => (folder === 'lib' ? file.startsWith('lib/') : folderOf(file) === folder))
          .length,
      )
    return [folder, ...counts, fieldsOf(house, folder), inFolder(house.questions), inFolder(house.atOnce)]
  })
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const lined = (row: string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  const side = ['lib/server', 'lib/people', 'lib/library', 'lib/process']
  const together = side.reduce((sum, folder) => sum + (house.fields.get(folder)?.written ?? 0), 0)
  return [...[head, ...rows].map(lined), `function fields of ${side.join(', ')}: ${together}`].join('\n')
}

function fieldsOf(house: House, folder: string): string {
  const all =
    folder === 'lib'
      ? [...house.fields.values()]
      : [house.fields.get(folder)].filter((found) => found !== undefined)
  if (all.length === 0) return ''
  const named = all.reduce((sum, fields) => sum + fields.named, 0)
  const written = all.reduce((sum, fields) => sum + fields.written, 0)
  return named === 0 ? String(written) : `${written} + ${named} named`
}

function crowdedFolders(code: readonly string[]): [string, number][] {
  const files = new Map<string, number>()
  for (const file of code) {
    const folder = file.slice(0, file.lastIndexOf('/'))
    files.set(folder, (files.get(folder) ?? 0) + 1)
  }
  return [...files].filter(([folder, count]) => count > mostFilesIn(folder))
}

function mostFilesIn(folder: string): number {
  return LIMITS.filesInNamedFolder[folder] ?? LIMITS.filesInFolder
}

/** Returns the places where `times` counts something in a comment: the comment's line, as often as it is counted. */
function placesOf(
  comments: ReadonlyMap<string, readonly Pick<Comment, 'line' | 'text'>[]>,
  times: (text: string) => number,
): Place[] {
  return [...comments].flatMap(([file, all]) =>
    all.flatMap(({ line, text }) => Array.from({ length: times(text) }, () => ({ file, line }))),
  )
}

function timesAtOnce(text: string): number {
  return text.match(AT_ONCE)?.length ?? 0
}

/** Returns the lines of a document; none if it does not exist. */
function linesOf(root: string, file: string): { line: number; text: string }[] {
  if (filesUnder(root, file).length === 0) return []
  return textOf(root, file)
    .split('\n')
    .map((text, index) => ({ line: index + 1, text }))
}

function sumOf(files: readonly string[], fields: ReadonlyMap<string, FunctionFields>): FunctionFields {
  const found = files.flatMap((file) => fields.get(file) ?? [])
  return {
    written: found.reduce((sum, { written }) => sum + written, 0),
    named: found.reduce((sum, { named }) => sum + named, 0),
  }
}

/** Returns `lib/client` for files in it, `docs` for documents, and otherwise the first folder of the path. */
function folderOf(file: string): string {
  if (file.endsWith('.md')) return 'docs'
  return file
    .split('/')
    .slice(0, file.startsWith('lib/') ? 2 : 1)
    .join('/')
}

function at({ file, line }: Place): string {
  return `${file}:${line}`
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const { arrows, breaches } = await surveyBoundaries(root)
  const house = surveyHouse(root, arrows, breaches)
  console.log(tableOf(house))
  const problems = problemsOf(house)
  if (problems.length > 0) console.log(`\n${problems.join('\n')}`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
