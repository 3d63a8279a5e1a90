import type { Snapshot, SnapshotHead, StoredDocument, StoredRow } from '#lib/collab/document-store.ts'
import type { AccessKey, NewDocument, StoredGrant } from '#lib/library/store.ts'
import type { SharedRole } from '#lib/protocol/identity.ts'
import { EMPTY_CHAIN } from '#lib/protocol/log-row.ts'

/* The data of memory-store.ts, structured like the tables of lib/storage. */

export interface MemoryDocument extends Omit<StoredDocument, 'snapshot'> {
  readonly createdAt: number
  readonly linkRole: SharedRole | null
  readonly updatedAt: number
  readonly snapshot: Snapshot | null
}

export interface MemoryLink {
  readonly linkId: string
  readonly documentId: string
  readonly role: SharedRole
  readonly expiresAt: number | null
  readonly passwordHash: string | null
  readonly revoked: boolean
}

export interface MemoryGrant extends StoredGrant {
  readonly documentId: string
}

export interface Tables {
  readonly documents: Map<string, MemoryDocument>
  readonly links: Map<string, MemoryLink>
  readonly grants: Map<string, MemoryGrant>
  readonly requests: Map<string, MemoryGrant>
  /** The users that have entered the password of a link. */
  readonly unlocks: Map<string, AccessKey>
  readonly visits: Map<
    string,
    { readonly userId: string; readonly documentId: string; linkId: string; at: number }
  >
}

export const noTables = (): Tables => ({
  documents: new Map(),
  links: new Map(),
  visits: new Map(),
  grants: new Map(),
  requests: new Map(),
  unlocks: new Map(),
})

export const copyOf = (tables: Tables): Tables => ({
  documents: new Map(tables.documents),
  links: new Map(tables.links),
  visits: new Map(tables.visits),
  grants: new Map(tables.grants),
  requests: new Map(tables.requests),
  unlocks: new Map(tables.unlocks),
})

/** A state of the store to return to. Rows and documents in it are never changed, only replaced. */
export type MemoryCopy = Readonly<Tables>

export function keyOf(...parts: string[]): string {
  return JSON.stringify(parts)
}

/** Returns a newly created document. */
export function emptyDocument(created: NewDocument): MemoryDocument {
  const { documentId, lineage, ownerId, schemaVersion, createdAt, first } = created
  return {
    documentId,
    lineage,
    ownerId,
    title: first?.title ?? '',
    schemaVersion,
    headSeq: first ? 1 : 0,
    headChain: first?.chain.slice() ?? EMPTY_CHAIN,
    baseChain: null,
    restoredAt: null,
    deletedAt: null,
    clients: [],
    snapshot: null,
    rows: first
      ? [{ seq: 1, chain: first.chain.slice(), at: createdAt, entries: first.entries.slice() }]
      : [],
    createdAt,
    updatedAt: createdAt,
    linkRole: 'editor',
  }
}

export function newLink(linkId: string, documentId: string, role: SharedRole): MemoryLink {
  return { linkId, documentId, role, expiresAt: null, passwordHash: null, revoked: false }
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function copyRow({ seq, at, chain, entries }: StoredRow): StoredRow {
  return { seq, at, chain: chain.slice(), entries: entries.slice() }
}

export function headOf({ seq, chain, vector, bytes }: SnapshotHead): SnapshotHead {
  return { seq, chain: chain.slice(), vector: vector.slice(), bytes }
}

export function copySnapshot(snapshot: Snapshot): Snapshot {
  return { ...headOf(snapshot), state: snapshot.state.slice(), bytes: snapshot.state.length }
}
