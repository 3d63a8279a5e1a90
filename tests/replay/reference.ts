import * as Y from 'yjs'
import { firstText, paragraphOf } from '../support/paragraph.ts'
import type { Edit, Trace } from '../support/trace.ts'

/** An author's view at one moment, in numbers that can be compared with any replica. */
export interface Sight {
  /** The clock of each author's client id. */
  readonly clocks: readonly number[]
  /** Visible characters: with the same clocks, fewer characters mean that more deletions were seen. */
  readonly length: number
}

/** A trace followed with Yjs alone, in one process. */
export interface Reference {
  /** The view that each run of the trace is made on. */
  readonly sights: readonly Sight[]
  /** The view when everyone has seen everything. */
  readonly end: Sight
  /** Every author's text at the end. */
  readonly texts: readonly string[]
}

/** Creates the text that all edits are in. One author does this, before the first edit. */
export function makeText(doc: Y.Doc): void {
  bodyOf(doc).insert(0, [paragraphOf()])
}

export function hasText(doc: Y.Doc): boolean {
  return bodyOf(doc).length > 0
}

export function textIn(doc: Y.Doc): Y.XmlText {
  const text = firstText(doc)
  if (!text) throw new Error('the text is not made, or not here yet')
  return text
}

/** Makes one recorded edit, as one transaction. */
export function make(doc: Y.Doc, edit: Edit): void {
  const text = textIn(doc)
  doc.transact(() => {
    for (const [position, deleted, inserted] of edit) {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted !== '') text.insert(position, inserted)
    }
  })
}

export function sightOf(doc: Y.Doc, clientIds: readonly number[]): Sight {
  return { clocks: clientIds.map((id) => Y.getState(doc.store, id)), length: textIn(doc).length }
}

/**
 * Follows a trace with one document for each author, client ids ascending with the authors, each handed exactly the
 * edits that the trace says.
 */
export function followInOneProcess(trace: Trace): Reference {
  const docs = Array.from({ length: trace.authors }, (_, author) => {
    const doc = new Y.Doc()
    doc.clientID = author + 1
    return doc
  })
  const clientIds = docs.map((doc) => doc.clientID)
  const [first] = docs
  if (!first) throw new Error('a trace has at least one author')
  makeText(first)
  for (const doc of docs) Y.applyUpdate(doc, Y.encodeStateAsUpdate(first))

  /** One update for each edit, in the order in which all were made. */
  const made: { author: number; update: Uint8Array }[] = []
  docs.forEach((doc, author) => {
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'other') made.push({ author, update })
    })
  })
  /** By author, the position in `made` to read on from, and the number of edits of each author handed over. */
  const readers = docs.map(() => ({ position: 0, seen: docs.map(() => 0) }))

  /** Hands over in order of creation: the edits that an edit builds on come before it. */
  function show(author: number, upTo: readonly number[]): void {
    const doc = docs[author]
    const reader = readers[author]
    if (!doc || !reader) throw new Error(`no author ${author}`)
    const lacks = () => upTo.some((edits, other) => other !== author && (reader.seen[other] ?? 0) < edits)
    while (lacks()) {
      const next = made[reader.position++]
      if (!next) throw new Error(`author ${author} should see edits that are not made yet`)
      if (next.author !== author) Y.applyUpdate(doc, next.update, 'other')
      reader.seen[next.author] = (reader.seen[next.author] ?? 0) + 1
    }
  }

  const sights = trace.runs.map(({ author, seen, pieces }) => {
    show(author, seen)
    const doc = docs[author]
    if (!doc) throw new Error(`no author ${author}`)
    const sight = sightOf(doc, clientIds)
    for (const piece of pieces) for (const edit of piece.edits) make(doc, edit)
    return sight
  })
  const all = docs.map((_, author) => made.filter((edit) => edit.author === author).length)
  for (const author of docs.keys()) show(author, all)
  return { sights, end: sightOf(first, clientIds), texts: docs.map((doc) => textIn(doc).toString()) }
}

function bodyOf(doc: Y.Doc): Y.XmlFragment {
  return doc.getXmlFragment('body')
}
