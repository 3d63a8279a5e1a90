import * as Y from 'yjs'
import type { SealedBatch } from '#lib/client/replica/replica-store.ts'
import { blocksOf } from '#lib/document/text.ts'
import { setTitle } from '#lib/document/title.ts'
import { decodeUpdates } from '#lib/protocol/log-row.ts'

/** The readable text of edits that are not in the document. */
export interface DraftText {
  /**
   * The changed blocks as they would read with the draft, separated by blank lines; '' if it only deletes or
   * restyles.
   */
  readonly text: string
  /** False if the document already contains all of it. */
  readonly differs: boolean
}

/** Returns a copy of a document that also contains the batches of a draft. The caller destroys it. */
export function docWithDraft(doc: Y.Doc, batches: readonly SealedBatch[]): Y.Doc {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  for (const { payload } of batches) for (const update of decodeUpdates(payload)) Y.applyUpdate(copy, update)
  return copy
}

/** Compares a document with its copy that contains the draft (`docWithDraft`). */
export function draftText(doc: Y.Doc, withDraft: Y.Doc): DraftText {
  const before = blocksOf(doc)
  const changed = [...blocksOf(withDraft)].flatMap(([id, text]) => (before.get(id) === text ? [] : [text]))
  const title = setTitle(withDraft)
  // Part of the draft builds on updates that are missing here.
  const waits = withDraft.store.pendingStructs !== null || withDraft.store.pendingDs !== null
  const parts = title === setTitle(doc) ? changed : [title, ...changed]
  return {
    text: parts.filter((part) => part.trim() !== '').join('\n\n'),
    differs: waits || !Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(withDraft)),
  }
}
