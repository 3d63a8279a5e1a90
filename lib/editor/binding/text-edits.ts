import type { Node } from '@tiptap/pm/model'
import type * as Y from 'yjs'

/*
 * Finds where a text changed: from what Yjs reports, or by comparing old and new, with the caret as a hint where
 * repeated letters leave the place open.
 */

/** `remove` characters at `at` of the old text became `insert` characters at `to` of the new one. */
export interface TextEdit {
  readonly at: number
  readonly remove: number
  readonly to: number
  readonly insert: number
}

/** Returns the changes Yjs reports, in order; retained text may have different marks. */
export function editsOf(event: Y.YTextEvent): TextEdit[] {
  const edits: TextEdit[] = []
  let [at, to, remove, insert] = [0, 0, 0, 0]
  const close = () => {
    if (remove + insert > 0) edits.push({ at, remove, to, insert })
    at += remove
    to += insert
    remove = 0
    insert = 0
  }
  for (const part of event.delta) {
    if (part.retain !== undefined) {
      close()
      at += part.retain
      to += part.retain
    } else if (part.delete !== undefined) remove += part.delete
    else insert += typeof part.insert === 'string' ? part.insert.length : 1
  }
  close()
  return edits
}

/** The nodes of a line as characters. U+FFFC stands for a node other than text. */
export interface Line {
  readonly text: string
  /** Nodes other than text by their place in `text`. */
  readonly atoms: ReadonlyMap<number, Node>
}

export function lineOf(nodes: readonly Node[]): Line {
  const atoms = new Map<number, Node>()
  let text = ''
  for (const node of nodes) {
    if (!node.isText) atoms.set(text.length, node)
    text += node.isText ? (node.text ?? '') : '\uFFFC'
  }
  return { text, atoms }
}

/**
 * Returns the one edit between two lines, marks aside, or null if there is none. Where a repeated letter leaves
 * several places open, the one nearest before `caret`, a place in the new line, is taken.
 */
export function editBetween(before: Line, after: Line, caret: number | null): TextEdit | null {
  const shorter = Math.min(before.text.length, after.text.length)
  const grown = after.text.length - before.text.length
  let start = 0
  while (start < shorter && sameAt(before, start, after, start)) start += 1
  if (start === shorter && grown === 0) return null
  let end = 0
  while (end < shorter && sameAt(before, before.text.length - 1 - end, after, after.text.length - 1 - end))
    end += 1
  if (start + end > shorter) {
    const earliest = shorter - end
    const hint = caret === null ? start : caret - Math.max(0, grown)
    start = Math.min(start, Math.max(earliest, hint))
    end = shorter - start
  }
  // Half a surrogate pair is not a character.
  if (isSplit(before.text, start) || isSplit(after.text, start)) start -= 1
  if (isSplit(before.text, before.text.length - end) || isSplit(after.text, after.text.length - end)) end -= 1
  if (start + end > shorter) end = shorter - start
  return {
    at: start,
    remove: before.text.length - end - start,
    to: start,
    insert: after.text.length - end - start,
  }
}

function sameAt(a: Line, at: number, b: Line, bt: number): boolean {
  if (a.text.charCodeAt(at) !== b.text.charCodeAt(bt)) return false
  const [first, second] = [a.atoms.get(at), b.atoms.get(bt)]
  if (!first || !second) return first === second
  return first === second || first.mark([]).eq(second.mark([]))
}

/** Returns true between the halves of a surrogate pair. */
export function isSplit(text: string, at: number): boolean {
  const [high, low] = [text.charCodeAt(at - 1), text.charCodeAt(at)]
  return high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000
}
