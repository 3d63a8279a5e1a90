import type { Node } from '@tiptap/pm/model'
import type * as Y from 'yjs'

/*
 * Where a text changed: by what Yjs says of it, or by comparing the two, with the caret as a hint where repeated letters
 * leave the place open.
 */

/** `remove` characters at `at` of the old text became `insert` characters at `to` of the new one. */
export interface TextEdit {
  readonly at: number
  readonly remove: number
  readonly to: number
  readonly insert: number
}

/** What Yjs says was changed, in order; retained text may have other marks. */
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

/** The nodes in a line as characters: U+FFFC stands for one that is no text. */
export interface Line {
  readonly text: string
  /** By their place in `text`. */
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
 * The one edit between two lines, marks aside; null when there is none. Of the places where a repeated letter may have
 * been typed or deleted it is the one nearest before `caret`, a place in the new line.
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
  // Half of a surrogate pair is no character.
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

/** True between the halves of a character that is two units long. */
export function isSplit(text: string, at: number): boolean {
  const [high, low] = [text.charCodeAt(at - 1), text.charCodeAt(at)]
  return high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000
}
