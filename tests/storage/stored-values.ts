import type { Compaction, NewRow } from '#lib/collab/document-store.ts'
import type { NewDocument } from '#lib/library/store.ts'
import { CHAIN_BYTES } from '#lib/protocol/log-row.ts'

/* The values that tests store. */

export const newDocument = (documentId: string, more: Partial<NewDocument> = {}): NewDocument => ({
  documentId,
  lineage: `lineage of ${documentId}`,
  ownerId: 'ann',
  schemaVersion: 1,
  createdAt: 1000,
  linkId: `link of ${documentId}`,
  linkRole: 'editor',
  ...more,
})

export const chain = (fill: number) => new Uint8Array(CHAIN_BYTES).fill(fill)

export const newRow = (documentId: string, seq: number, more: Partial<NewRow> = {}): NewRow => ({
  documentId,
  seq,
  chain: chain(seq),
  at: 2000 + seq,
  entries: new Uint8Array([seq, 7, 7]),
  schemaVersion: 1,
  ...more,
})

export const compactionOf = (
  documentId: string,
  seq: number,
  more: Partial<Compaction> = {},
): Compaction => ({
  documentId,
  snapshot: {
    seq,
    chain: chain(seq),
    vector: new Uint8Array([1, 9, seq]),
    state: new Uint8Array([1, 2, 3, seq]),
    bytes: 4,
  },
  clients: [],
  at: 5000,
  ...more,
})
