import { posix } from 'node:path'
import { commentsOf, filesUnder, textOf } from './sources.ts'

/** Names things that do not exist, to test that they are found. */
const PLANTED = 'tests/tooling/named-things.test.ts'

export interface Text {
  readonly file: string
  /** Searched for names of files and of decisions: a document, or the comments of a source file. */
  readonly prose: string
  /** Searched for ids of rules, which test titles contain too, and for paths made in code. */
  readonly whole: string
}

export interface Known {
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
/** A path made from the location of the file, in code. A template is read up to its first expression. */
const PLACED =
  /\bjoin(?:Path)?\(import\.meta\.dirname, ['"`]([^'"`$]+)|\bnew URL\(['"`]([^'"`$]+)['"`], import\.meta\.url/g
const RULE = /\[([A-Z]{2,}\d+[a-z]?)\]/g

export interface NameSurvey {
  /** Number of documents and source files that were read. */
  readonly texts: number
  /** Number of file names found in them. */
  readonly names: number
  /** Names without a referent, each as `file: name does not exist`, and numbers that two decisions share. */
  readonly problems: readonly string[]
}

/**
 * Checks that every file, decision and rule exists that is named in the documents and comments of the tree at `root`,
 * and every path that its code makes from the location of a file.
 */
export function surveyNames(root: string): NameSurvey {
  const files = [...filesUnder(root, '.'), ...filesUnder(root, 'tests/data')]
  const numbers = files.flatMap((file) => /^docs\/decisions\/(\d{4})-/.exec(file)?.[1] ?? [])
  const defined = textOf(root, 'docs/protocol.md').matchAll(/\*\*\[([A-Z]+\d+[a-z]?)\]\*\*/g)
  const rules = new Set([...defined].flatMap(([, rule]) => rule ?? []))
  const known = { files, decisions: new Set(numbers), rules }
  const texts = textsIn(root, files)
  return {
    texts: texts.length,
    names: texts.reduce((sum, { prose }) => sum + (prose.match(FILE)?.length ?? 0), 0),
    problems: [
      ...texts.flatMap((text) => unknownIn(text, known)),
      ...numbers
        .filter((number, index) => numbers.indexOf(number) !== index)
        .map((number) => `docs/decisions: two have the number ${number}`),
    ],
  }
}

/** Returns the names in a text without a referent, each as `file: name does not exist`. */
export function unknownIn({ file, prose, whole }: Text, known: Known): string[] {
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
  ].map((name) => `${file}: ${name} does not exist`)
}

/**
 * Returns true if a name is known. A name with a slash is a path from the root or from the folder of the file that
 * names it; one without is any file's name. An asterisk matches a part of a name.
 */
function isKnown(name: string, namedIn: string, files: readonly string[]): boolean {
  if (!name.includes('/')) return files.some((path) => matches(name, path.slice(path.lastIndexOf('/') + 1)))
  const folder = namedIn.slice(0, namedIn.lastIndexOf('/') + 1)
  return files.some((path) =>
    [name, posix.join(folder, name)].some((wanted) => matches(wanted, path) || path.startsWith(`${wanted}/`)),
  )
}

/** Returns true for the root itself, anything installed or built in it, and the beginning of the path of a file. */
function isPlaced(path: string, file: string, files: readonly string[]): boolean {
  const target = posix.join(posix.dirname(file), path)
  return /^(\.\/?$|node_modules\b|\.next\b)/.test(target) || files.some((known) => known.startsWith(target))
}

function matches(name: string, path: string): boolean {
  if (!name.includes('*')) return name === path
  const parts = name.split('*').map((part) => part.replace(/[.[\]]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]*')}$`).test(path)
}

function textsIn(root: string, files: readonly string[]): Text[] {
  return files
    .filter((file) => /^(docs|lib|app|scripts|tests)\/.*\.(md|tsx?|mjs|css)$|^[^/]+\.(md|ts)$/.test(file))
    .filter((file) => file !== PLANTED && file !== 'next-env.d.ts')
    .map((file) => {
      const whole = textOf(root, file)
      if (file.endsWith('.md')) return { file, prose: whole, whole }
      const prose = commentsOf(file, whole).map((comment) => comment.text)
      return { file, prose: prose.join('\n'), whole }
    })
}
