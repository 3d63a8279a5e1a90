import * as Y from 'yjs'
import { cleanName } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { decodeEntries, ENTRY_BODY_UPDATE } from '#lib/protocol/log-row.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { contentBytes } from './content-bytes.ts'
import { contentDigest } from './content-digest.ts'
import { checkSchema, type SchemaFinding } from './schema-check.ts'
import { titleOf } from './title.ts'

/**
 * A history to fold: a snapshot's state (a Yjs v1 update; null to start from the beginning) and the encoded entries
 * of the rows after it, in order. `ours` is true if we know the document's schema version; a newer one cannot be
 * checked.
 */
export interface FoldJob {
  readonly state: Uint8Array | null
  readonly rows: readonly Uint8Array[]
  readonly ours: boolean
}

/**
 * The result of a fold. `state`: a Yjs v1 update, garbage collected. `vector`: its state vector. `title`: as shown in
 * lists, '' if there is none. The finding is about `state`, which still contains the breaches: the next entry of the
 * log deletes them.
 */
export interface FoldResult extends SchemaFinding {
  readonly state: Uint8Array
  readonly vector: Uint8Array
  readonly title: string
}

/**
 * Folds a snapshot and the rows after it into one state, through a garbage-collecting Y.Doc: `Y.mergeUpdates` keeps
 * deleted content and is quadratic (8,000 keystrokes: 0.8 s and 59 KB against 41 ms and 9 KB). Throws if structs are
 * left pending: such a history must not be replaced by a snapshot.
 */
export function foldDocument(job: FoldJob): FoldResult {
  return withDocument(job, (doc) => {
    const state = Y.encodeStateAsUpdate(doc)
    const vector = Y.encodeStateVector(doc)
    // Take the title after the check: content about to be deleted must not appear in lists.
    const finding = findingOf(doc, job)
    return { state, vector, title: titleOf(doc), ...finding }
  })
}

/** Checks the document against the schema without folding it. Throws as foldDocument does. */
export function checkDocument(job: FoldJob): SchemaFinding {
  return withDocument(job, (doc) => findingOf(doc, job))
}

/** Returns the digest of the document's content (lib/document/content-digest.ts). Throws as foldDocument does. */
export function digestDocument(job: FoldJob): string {
  return withDocument(job, (doc) => {
    const walk = contentBytes(doc)
    let step = walk.next()
    while (!step.done) step = walk.next()
    return contentDigest(step.value)
  })
}

/** A document's content as one update of a new Y.Doc, without its history. */
export interface DocumentCopy {
  /** A Yjs v1 update; null if there is no content. */
  readonly update: Uint8Array | null
  /** The client id of everything in the update. */
  readonly clientId: number
  /** As shown in lists, '' if there is none. */
  readonly title: string
}

/**
 * Copies what a document shows, under another title ('' for none). Deleted text and its authors do not come along, nor
 * does content that breaks the schema. Throws as foldDocument does.
 */
export function copyDocument({ title, ...job }: FoldJob & { readonly title: string }): DocumentCopy {
  return withDocument(job, (doc) => {
    findingOf(doc, job)
    const copy = new Y.Doc()
    const blocks = doc.getXmlFragment(ROOTS.body).toArray()
    const name = cleanName(title, LIMITS.titleLength)
    copy.transact(() => {
      if (name !== '') copy.getText(ROOTS.title).insert(0, name)
      copy.getXmlFragment(ROOTS.body).insert(
        0,
        blocks.flatMap((block) => (block instanceof Y.XmlHook ? [] : [block.clone()])),
      )
    })
    const isEmpty = name === '' && blocks.length === 0
    const update = isEmpty ? null : Y.encodeStateAsUpdate(copy)
    const made = { update, clientId: copy.clientID, title: titleOf(copy) }
    copy.destroy()
    return made
  })
}

function findingOf(doc: Y.Doc, { ours }: FoldJob): SchemaFinding {
  return ours ? checkSchema(doc) : { breaches: [], update: null }
}

function withDocument<T>(job: FoldJob, read: (doc: Y.Doc) => T): T {
  // The guid is never used, and generating a random one costs more than folding a short document.
  const doc = new Y.Doc({ guid: '' })
  try {
    doc.transact(() => {
      if (job.state) Y.applyUpdate(doc, job.state)
      for (const row of job.rows) {
        for (const entry of decodeEntries(row)) {
          if (entry.kind !== ENTRY_BODY_UPDATE) continue
          for (const update of entry.updates) Y.applyUpdate(doc, update)
        }
      }
    })
    if (doc.store.pendingStructs || doc.store.pendingDs)
      throw new Error('updates are missing their predecessors')
    return read(doc)
  } finally {
    doc.destroy()
  }
}
