import * as Y from 'yjs'
import { blocksOf } from '#lib/document/text.ts'
import { setTitle } from '#lib/document/title.ts'

/** What somebody typed that is not in the document, to be read. */
export interface DraftText {
  /** The blocks it changed, as they would read with it, apart by a blank line; '' when it only takes away or restyles. */
  readonly text: string
  /** False: all of it is in the document already. */
  readonly differs: boolean
}

/** Holds a document against a copy of itself with the draft in it (CollabProvider.docWithDraft). */
export function draftText(doc: Y.Doc, withDraft: Y.Doc): DraftText {
  const before = blocksOf(doc)
  const changed = [...blocksOf(withDraft)].flatMap(([id, text]) => (before.get(id) === text ? [] : [text]))
  const title = setTitle(withDraft)
  // Part of the draft builds on what is not here yet.
  const waits = withDraft.store.pendingStructs !== null || withDraft.store.pendingDs !== null
  const parts = title === setTitle(doc) ? changed : [title, ...changed]
  return {
    text: parts.filter((part) => part.trim() !== '').join('\n\n'),
    differs: waits || !Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(withDraft)),
  }
}
