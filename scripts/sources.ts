import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseSync } from 'rolldown/utils'

/** Folders without code of ours, and recorded data. */
const SKIPPED = new Set(['node_modules', 'test-results', 'playwright-report'])
const RECORDED = 'tests/data'

export interface Comment {
  /** Line of the file the comment starts in, counted from 1. */
  readonly line: number
  readonly block: boolean
  /** The words of the comment, white space collapsed, without the asterisks at the beginnings of lines. */
  readonly text: string
}

/**
 * Returns the files under `place`, a folder or a file of the tree at `root`, as paths relative to `root`. Empty if it
 * does not exist.
 */
export function filesUnder(root: string, place: string): string[] {
  try {
    return readdirSync(join(root, place), { withFileTypes: true })
      .flatMap((entry) => {
        const path = relative(root, join(root, place, entry.name))
        if (!entry.isDirectory()) return [path]
        const skipped = SKIPPED.has(entry.name) || entry.name.startsWith('.') || path === RECORDED
        return skipped ? [] : filesUnder(root, path)
      })
      .sort()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTDIR') return [place]
    if (code === 'ENOENT') return []
    throw error
  }
}

/**
 * Returns the comments of a TypeScript, JavaScript or style sheet file. Line comments in consecutive lines are one comment.
 * Throws if the file is not valid TypeScript.
 */
export function commentsOf(file: string, text: string): Comment[] {
  if (!/\.[cm]?[jt]sx?$/.test(file)) {
    return [...text.matchAll(/\/\*(.*?)\*\//gs)].map((match) => ({
      line: lineAt(text, match.index),
      block: true,
      text: wordsOf(match[1] ?? ''),
    }))
  }
  const { comments, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const found: Comment[] = []
  let lastEnd = -1
  for (const { type, value, start, end } of comments) {
    const before = found.at(-1)
    const follows =
      before && !before.block && type === 'Line' && /^\n[ \t]*$/.test(text.slice(lastEnd, start))
    lastEnd = end
    const words = wordsOf(value)
    if (follows) found[found.length - 1] = { ...before, text: `${before.text} ${words}` }
    else found.push({ line: lineAt(text, start), block: type === 'Block', text: words })
  }
  return found
}

/** Reads a file of the tree at `root` as text. */
export function textOf(root: string, file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** Returns the line, counted from 1, that the character at `index` is in. */
function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

function wordsOf(comment: string): string {
  return comment
    .replace(/^[ \t]*\*+[ \t]?/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
}
