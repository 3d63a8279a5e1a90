import type { JSONContent } from '@tiptap/core'
import type { Schema } from '@tiptap/pm/model'
import { prosemirrorToYXmlFragment } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import { encodeCaret } from '#lib/editor/carets/caret-position.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import type { LabPeer, Spot } from '../lab.ts'
import { elementAt, type TextPlace, textPlace } from './spots.ts'

/** The messages that a key of a peer sends. */
export interface Keystroke {
  readonly update: Uint8Array
  readonly caret: Uint8Array | null
}

/** A replica without an editor. It edits Y types and remembers, as a caret would, where it typed last. */
export class Peer implements LabPeer {
  readonly doc = new Y.Doc()
  readonly body = this.doc.getXmlFragment(ROOTS.body)
  readonly #schema: Schema
  #last: Y.RelativePosition | null = null

  constructor(clientId: number, schema: Schema, state: Uint8Array) {
    this.doc.clientID = clientId
    this.#schema = schema
    Y.applyUpdate(this.doc, state, 'network')
  }

  /** Where it typed last, as sent over the wire. */
  get caret(): Uint8Array | null {
    return this.#last && encodeCaret({ anchor: this.#last, head: this.#last })
  }

  type(text: string, at?: Spot): void {
    this.doc.transact(() => {
      const place = this.#place(at)
      place.text.insert(place.index, text)
      this.#remember(place.text, place.index + text.length)
    })
  }

  erase(count: number, at?: Spot): void {
    this.doc.transact(() => {
      const { text, index } = this.#place(at)
      const from = Math.max(0, index - count)
      text.delete(from, index - from)
      this.#remember(text, from)
    })
  }

  insert(path: readonly number[], blocks: readonly JSONContent[]): void {
    const made = madeOf(this.#schema, blocks)
    this.doc.transact(() => {
      const parent = path.length > 1 ? elementAt(this.body, path.slice(0, -1)) : this.body
      parent.insert(Math.min(path.at(-1) ?? 0, parent.length), made)
    })
  }

  remove(path: readonly number[]): void {
    this.doc.transact(() => {
      const parent = path.length > 1 ? elementAt(this.body, path.slice(0, -1)) : this.body
      parent.delete(path.at(-1) ?? 0, 1)
    })
  }

  format(at: Spot, length: number, marks: Readonly<Record<string, object | null>>): void {
    this.doc.transact(() => {
      const { text, index } = textPlace(this.body, at)
      text.format(index, length, marks)
    })
  }

  change(edit: (body: Y.XmlFragment, y: typeof Y) => void): void {
    this.doc.transact(() => edit(this.body, Y))
  }

  /** Types without informing anyone. Returns one update for each character. */
  record(characters: Iterable<string>, at: Spot): Keystroke[] {
    const strokes: Keystroke[] = []
    let update: Uint8Array | null = null
    const keep = (bytes: Uint8Array): void => {
      update = bytes
    }
    this.doc.on('update', keep)
    let spot: Spot | undefined = at
    for (const character of characters) {
      this.type(character, spot)
      spot = undefined
      if (update) strokes.push({ update, caret: this.caret })
    }
    this.doc.off('update', keep)
    return strokes
  }

  #place(at: Spot | undefined): TextPlace {
    if (at) return textPlace(this.body, at)
    const place = this.#last && Y.createAbsolutePositionFromRelativePosition(this.#last, this.doc)
    if (!place || !(place.type instanceof Y.XmlText)) throw new Error('this peer has not typed yet')
    return { text: place.type, index: place.index }
  }

  #remember(text: Y.XmlText, index: number): void {
    this.#last = Y.createRelativePositionFromTypeIndex(text, index, -1)
  }
}

/** Makes blocks as Y types, with code other than ours. */
function madeOf(schema: Schema, blocks: readonly JSONContent[]): Y.XmlElement[] {
  const made = new Y.Doc().getXmlFragment('made')
  const nodes = blocks.map((block) => schema.nodeFromJSON(block))
  // A row or an item is not allowed at the top of the body; this root is never checked.
  prosemirrorToYXmlFragment(schema.topNodeType.create(null, nodes), made)
  return made.toArray().flatMap((child) => (child instanceof Y.XmlElement ? [child.clone()] : []))
}
