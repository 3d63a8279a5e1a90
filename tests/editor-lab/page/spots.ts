import type { Node } from '@tiptap/pm/model'
import type { EditorState } from '@tiptap/pm/state'
import * as Y from 'yjs'
import type { Place, Spot } from '../lab.ts'

/** A place between the characters of a Y.XmlText. */
export interface TextPlace {
  readonly text: Y.XmlText
  readonly index: number
}

/** How far away "far" is, as a share of the top-level blocks. */
const FAR = 0.8

/** Returns the spot of the local caret, or null if it is not in a text block. */
export function spotOfCaret({ selection: { $head } }: EditorState): Spot | null {
  if (!$head.parent.isTextblock) return null
  const path = Array.from({ length: $head.depth }, (_, depth) => $head.index(depth))
  return { path, offset: $head.parentOffset }
}

/** Returns the spot of a place, relative to the local caret. */
export function spotOf(place: Place, state: EditorState): Spot {
  const { $head } = state.selection
  const here = $head.index(0)
  const { doc } = state
  switch (place) {
    case 'same': {
      const path = spotOfCaret(state)?.path
      if (!path) throw new Error('the caret is in no text block')
      return { path, offset: 0 }
    }
    case 'next':
      return textBlockFrom(doc, here + 1)
    case 'far':
      return textBlockFrom(doc, (here + Math.round(doc.childCount * FAR)) % doc.childCount)
  }
}

/** Returns the end of the first paragraph at the top level from a child index on, or of the last paragraph. */
export function textBlockFrom(doc: Node, index: number): Spot {
  let found: Spot | null = null
  for (let at = 0; at < doc.childCount; at++) {
    const block = doc.child(at)
    if (block.type.name !== 'paragraph') continue
    found = { path: [at], offset: block.content.size }
    if (at >= index) break
  }
  if (!found) throw new Error('no paragraph at the top level')
  return found
}

/** Returns the position of a spot in an editor's document. */
export function positionOf({ path, offset }: Spot, doc: Node): number {
  let parent = doc
  let position = 0
  for (const index of path) {
    for (let before = 0; before < index; before++) position += parent.child(before).nodeSize
    parent = parent.child(index)
    position += 1
  }
  return position + offset
}

/** Returns the Y type at the end of a path. */
export function elementAt(body: Y.XmlFragment, path: readonly number[]): Y.XmlElement {
  let parent: Y.XmlFragment = body
  for (const index of path) {
    const child = parent.get(index)
    if (!(child instanceof Y.XmlElement)) throw new Error(`nothing at ${path.join('/')}`)
    parent = child
  }
  if (!(parent instanceof Y.XmlElement)) throw new Error('an empty path')
  return parent
}

/** Returns where text goes at a spot; makes a text if there is none. */
export function textPlace(body: Y.XmlFragment, { path, offset }: Spot): TextPlace {
  const block = elementAt(body, path)
  let left = offset
  let at = 0
  for (const child of block.toArray()) {
    const length = child instanceof Y.XmlText ? child.length : 1
    if (child instanceof Y.XmlText && left <= length) return { text: child, index: left }
    if (left === 0) break
    left -= length
    at += 1
  }
  if (left > 0) throw new Error(`block ${path.join('/')} is shorter than ${offset}`)
  const text = new Y.XmlText()
  block.insert(at, [text])
  return { text, index: 0 }
}
