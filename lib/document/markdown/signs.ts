/*
 * Tells Markdown from other text with signs in it. A text is Markdown as a whole or not at all: signs in code, in
 * settings and in sums stay as they are.
 */

/** The signs of Markdown that a line may have. Two kinds of them in one text are needed. */
const KINDS: readonly RegExp[] = [
  // Headings.
  /^ {0,3}#{1,6} +\S/,
  // Items, and those with boxes as a kind of their own.
  /^\s*(?:[-*+]|\d{1,3}[.)]) +\S/,
  /^\s*(?:[-*+]|\d{1,3}[.)]) +\[[ xX]\] +\S/,
  // Quotes.
  /^ {0,3}> ?\S/,
  // Dividers.
  /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/,
  // Bold, struck out, code, links.
  /\*\*(?=\S)[^*\n]+(?<=\S)\*\*/,
  /~~(?=\S)[^~\n]+(?<=\S)~~/,
  /(?<![`\w])`(?=[^\s`])[^`\n]*(?<=[^\s`])`(?![`\w])/,
  /!?\[[^\]\n]+\]\((?:https?:\/\/|mailto:|[./#])[^\s)]*\)/,
]

/** Lines of programs and their settings. */
const CODE =
  /[;{}]\s*$|\)\s*:\s*$|=>\s*$|^\s*(?:\/\*|\*\/|\/\/|#!|#include\b|@@ )|^\s*(?:import|from|export|const|let|var|def|class|func|fn|public|private|package|using|return)\b.*[=(){}:;'"]|^(?:---|\+\+\+) \S/
const SETTING = /^\s*(?:- )?[a-z_][\w.-]*:(?:\s|$)/
/** The share of lines of code or settings that makes a text code. */
const SHARE = 0.2

const FENCE = /^ {0,3}(`{3,}|~{3,})/
/** The rule below the head of a table. */
const TABLE_RULE = /^ {0,3}\|?\s*:?-{2,}:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$/
/** The most lines looked at. */
const LINES = 2000

/**
 * Returns true for a text with more than one sign of Markdown: two kinds of signs, or one that nothing else has, which
 * are fenced code and tables.
 */
export function isMarkdown(text: string): boolean {
  const seen = new Set<RegExp>()
  let [foreign, lines] = [0, 0]
  let fence: string | null = null
  let isCertain = false
  let before = ''
  for (const line of text.split(/\r\n?|\n/, LINES)) {
    const mark = FENCE.exec(line)?.[1] ?? null
    if (fence !== null) {
      if (mark?.startsWith(fence) && line.trim() === mark) {
        fence = null
        isCertain = true
      }
      continue
    }
    if (mark !== null) {
      fence = mark
      continue
    }
    if (TABLE_RULE.test(line) && before.includes('|')) isCertain = true
    before = line
    if (line.trim() === '') continue
    lines += 1
    if (CODE.test(line) || SETTING.test(line)) foreign += 1
    // A long line is searched from its beginning only: the signs above are not linear.
    else for (const kind of KINDS) if (kind.test(line.slice(0, LINES))) seen.add(kind)
  }
  return isCertain || (seen.size > 1 && foreign <= lines * SHARE)
}
