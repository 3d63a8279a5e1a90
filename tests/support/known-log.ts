import { createHash } from 'node:crypto'
import type { Compaction, NewRow } from '#lib/collab/document-store.ts'
import type { NewDocument } from '#lib/library/store.ts'
import { CHAIN_BYTES, chainAfter, EMPTY_CHAIN, encodeEntries } from '#lib/protocol/log-row.ts'
import { seededRandom } from './random.ts'

/*
 * A log whose every byte follows from document and number: a reader after a cut knows the right content without
 * having been told.
 */

export const DOCUMENTS = ['ash', 'birch', 'cedar', 'dogwood'] as const
export type DocumentName = (typeof DOCUMENTS)[number]

/** Entries of this kind count and advance cursors, but are never decoded. */
const OPAQUE = 1

/** Returns bytes: mostly the size of a few keystrokes, sometimes of a paste that fills pages of its own. */
function bytesOf(name: string, most: number): Uint8Array {
  const seed = createHash('sha256').update(name).digest()
  const random = seededRandom(seed.readUInt32LE())
  const size = 1 + Math.floor(random() ** 6 * most)
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += seed.length) seed.copy(bytes, at)
  if (size >= 4) bytes.writeUInt32LE(size, size - 4)
  return bytes
}

function entriesOf(document: DocumentName, seq: number): Uint8Array {
  const user = seq === 1 ? `writer of ${document}` : ''
  const updates = [bytesOf(`${document} ${seq}`, 40_000)]
  return encodeEntries([{ kind: OPAQUE, clientId: clientOf(document), n: seq, user, updates }])
}

function clientOf(document: DocumentName): number {
  return 1 + DOCUMENTS.indexOf(document)
}

function stateOf(document: DocumentName, seq: number): Uint8Array {
  return bytesOf(`state of ${document} ${seq}`, 100_000)
}

const chains = new Map<DocumentName, Uint8Array[]>()

function chainOf(document: DocumentName, seq: number): Uint8Array {
  const known = chains.get(document) ?? [EMPTY_CHAIN]
  chains.set(document, known)
  for (let next = known.length; next <= seq; next++) {
    known.push(chainAfter(chainHash, known[next - 1] ?? EMPTY_CHAIN, next, entriesOf(document, next)))
  }
  return known[seq] ?? EMPTY_CHAIN
}

export function documentOf(document: DocumentName): NewDocument {
  const owner = `writer of ${document}`
  const link = { linkId: `link of ${document}`, linkRole: 'editor' } as const
  const lineage = `lineage of ${document}`
  return { documentId: document, lineage, ownerId: owner, schemaVersion: 1, createdAt: 1000, ...link }
}

export function rowOf(document: DocumentName, seq: number): NewRow {
  const chain = chainOf(document, seq)
  return {
    documentId: document,
    seq,
    chain,
    at: 1000 + seq,
    entries: entriesOf(document, seq),
    schemaVersion: 1,
  }
}

export function compactionOf(document: DocumentName, seq: number): Compaction {
  const state = stateOf(document, seq)
  return {
    documentId: document,
    // No structs: the entries hold none.
    snapshot: { seq, chain: chainOf(document, seq), vector: new Uint8Array([0]), state, bytes: state.length },
    clients: [{ clientId: clientOf(document), userId: `writer of ${document}`, lastN: seq }],
    at: 2000 + seq,
  }
}

/** Hashes like the server. */
export function chainHash(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest().subarray(0, CHAIN_BYTES))
}
