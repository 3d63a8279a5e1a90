import {
  type Compaction,
  DOCUMENT_COST,
  type DocumentStore,
  type NewRow,
  ROW_COST,
  type RowOutcome,
  type Snapshot,
  type StoredClient,
  type StoredDocument,
  type StoredRow,
} from '#lib/collab/document-store.ts'
import type {
  DocumentCatalog,
  NewDocument,
  OwnedCount,
  OwnerUse,
  TrashedDocument,
  Visit,
} from '#lib/library/store.ts'
import { MemoryAccess } from './memory-access.ts'
import {
  byText,
  copyOf,
  copyRow,
  copySnapshot,
  emptyDocument,
  headOf,
  keyOf,
  type MemoryCopy,
  type MemoryDocument,
  newLink,
} from './memory-tables.ts'

/**
 * DocumentStore, DocumentCatalog and AccessStore in memory, for simulations; it satisfies tests/storage/contract.ts.
 * One object implements all three (sharing and access: memory-access.ts), and it can be told to fail: see
 * failNextCommit, refuse, holdCommits, copy and restore.
 */
export class MemoryStore extends MemoryAccess implements DocumentStore, DocumentCatalog {
  #failing: 'before' | 'after' | null = null
  readonly #refused = new Set<string>()
  #held: Promise<void> | null = null
  /**
   * Rows in the order in which they were accepted, whatever happened to them later: shows what a restore has lost.
   */
  readonly accepted: NewRow[] = []
  reopened = 0

  /** Makes the next commit reject, with nothing written ('before') or everything written ('after'). */
  failNextCommit(when: 'before' | 'after'): void {
    this.#failing = when
  }

  /** Refuses every row of a document, until `refused` is false. */
  refuse(documentId: string, refused = true): void {
    if (refused) this.#refused.add(documentId)
    else this.#refused.delete(documentId)
  }

  /** Makes commits wait, unwritten, until the returned function is called. */
  holdCommits(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = this.#held
    const held = Promise.all([before, promise]).then(() => {
      if (this.#held === held) this.#held = null
    })
    this.#held = held
    return resolve
  }

  copy(): MemoryCopy {
    return copyOf(this.tables)
  }

  /** Returns to a copy, as a restored backup would, and marks every document as restored at `at`. */
  restore(copy: MemoryCopy, at: number): void {
    this.tables = copyOf(copy)
    const { documents } = this.tables
    for (const [documentId, document] of documents) documents.set(documentId, { ...document, restoredAt: at })
  }

  async load(documentId: string): Promise<StoredDocument | null> {
    const document = this.tables.documents.get(documentId)
    if (!document) return null
    const {
      createdAt: _,
      updatedAt: __,
      linkRole: ___,
      snapshot,
      rows,
      headChain,
      baseChain,
      ...rest
    } = document
    return {
      ...rest,
      headChain: headChain.slice(),
      baseChain: baseChain?.slice() ?? null,
      snapshot: snapshot && headOf(snapshot),
      rows: rows.map(copyRow),
    }
  }

  async readSnapshot(documentId: string): Promise<Snapshot | null> {
    const snapshot = this.tables.documents.get(documentId)?.snapshot
    return snapshot ? copySnapshot(snapshot) : null
  }

  async readRows(documentId: string, after: number, maxBytes: number): Promise<StoredRow[]> {
    const rows: StoredRow[] = []
    let bytes = 0
    for (const row of this.tables.documents.get(documentId)?.rows ?? []) {
      if (row.seq <= after) continue
      bytes += row.entries.length
      if (rows.length > 0 && bytes > maxBytes) break
      rows.push(copyRow(row))
    }
    return rows
  }

  async commit(rows: readonly NewRow[]): Promise<RowOutcome[]> {
    const copies = rows.map((row) => ({ ...row, ...copyRow(row) }))
    if (this.#held !== null) await this.#held
    const failing = this.#failing
    this.#failing = null
    if (failing === 'before') throw new Error('injected: the commit failed before it was written')
    const outcomes = copies.map((row) => this.#write(row))
    if (failing === 'after') throw new Error('injected: the commit failed after it was written')
    return outcomes
  }

  async heads(documentIds: readonly string[]): Promise<Map<string, { seq: number; chain: Uint8Array }>> {
    const heads = new Map<string, { seq: number; chain: Uint8Array }>()
    for (const documentId of documentIds) {
      const document = this.tables.documents.get(documentId)
      if (document) heads.set(documentId, { seq: document.headSeq, chain: document.headChain.slice() })
    }
    return heads
  }

  async writeCompaction({ documentId, snapshot, clients }: Compaction): Promise<void> {
    const document = this.tables.documents.get(documentId)
    if (!document || snapshot.seq > document.headSeq) {
      throw new Error(`no history up to row ${snapshot.seq} to write a snapshot of`)
    }
    if (document.snapshot && document.snapshot.seq > snapshot.seq) {
      throw new Error(`a newer snapshot, at row ${document.snapshot.seq}, is present`)
    }
    const sorted = clients.map((client): StoredClient => ({ ...client }))
    sorted.sort((a, b) => a.clientId - b.clientId)
    this.tables.documents.set(documentId, { ...document, snapshot: copySnapshot(snapshot), clients: sorted })
  }

  async trim(documentId: string, upto: number): Promise<void> {
    const document = this.tables.documents.get(documentId)
    if (!document?.snapshot || document.snapshot.seq < upto) {
      throw new Error(`no snapshot covers the rows up to ${upto}`)
    }
    const baseChain = document.rows.find((row) => row.seq === upto)?.chain ?? document.baseChain
    const rows = document.rows.filter((row) => row.seq > upto)
    this.tables.documents.set(documentId, { ...document, baseChain, rows })
  }

  async reopen(): Promise<void> {
    this.reopened++
  }

  async create(created: NewDocument): Promise<void> {
    const { documentId, linkId, linkRole } = created
    const { documents, links } = this.tables
    if (documents.has(documentId) || links.has(linkId)) throw new Error('the document or link exists')
    documents.set(documentId, emptyDocument(created))
    links.set(linkId, newLink(linkId, documentId, linkRole))
  }

  async setTitles(titles: ReadonlyMap<string, string>): Promise<void> {
    for (const [documentId, title] of titles) {
      const document = this.tables.documents.get(documentId)
      if (document) this.tables.documents.set(documentId, { ...document, title })
    }
  }

  async recordVisits(visits: readonly Visit[]): Promise<void> {
    for (const visit of visits) {
      const { userId, documentId, linkId } = visit
      if (this.tables.links.get(linkId)?.documentId !== documentId) continue
      this.tables.visits.set(keyOf(userId, documentId), visit)
    }
  }

  async listFor(userId: string, limit: number) {
    return [...this.tables.visits.values()]
      .filter((visit) => visit.userId === userId)
      .sort((a, b) => b.at - a.at || (a.documentId < b.documentId ? -1 : 1))
      .flatMap(({ documentId, linkId, at }) => {
        const document = this.tables.documents.get(documentId)
        if (!document || document.deletedAt !== null) return []
        const { title, ownerId, updatedAt } = document
        return [{ documentId, title, owned: ownerId === userId, linkId, updatedAt, visitedAt: at }]
      })
      .slice(0, limit)
  }

  async forgetVisit(userId: string, documentId: string): Promise<void> {
    this.tables.visits.delete(keyOf(userId, documentId))
  }

  async delete(documentId: string, ownerId: string, at: number): Promise<boolean> {
    const document = this.tables.documents.get(documentId)
    if (!document || document.ownerId !== ownerId || document.deletedAt !== null) return false
    this.tables.documents.set(documentId, { ...document, deletedAt: at })
    return true
  }

  async trashOf(ownerId: string): Promise<TrashedDocument[]> {
    const { documents, links } = this.tables
    return [...documents.values()]
      .flatMap(({ documentId, title, ownerId: owner, deletedAt }) => {
        const [linkId] = [...links.values()]
          .filter((link) => link.documentId === documentId)
          .map((link) => link.linkId)
          .sort(byText)
        if (owner !== ownerId || deletedAt === null || linkId === undefined) return []
        return [{ documentId, title, linkId, deletedAt }]
      })
      .sort((a, b) => b.deletedAt - a.deletedAt || byText(a.documentId, b.documentId))
  }

  async undelete(documentId: string, ownerId: string): Promise<boolean> {
    const document = this.#trashed(documentId, ownerId)
    if (document) this.tables.documents.set(documentId, { ...document, deletedAt: null })
    return document !== null
  }

  async erase(documentId: string, ownerId: string): Promise<boolean> {
    if (!this.#trashed(documentId, ownerId)) return false
    this.#erase(documentId)
    return true
  }

  async eraseDeleted(deletedBefore: number): Promise<string | null> {
    const deletedAt = (document: MemoryDocument) => document.deletedAt ?? Number.POSITIVE_INFINITY
    const [oldest] = [...this.tables.documents.values()]
      .filter((document) => deletedAt(document) < deletedBefore)
      .sort((a, b) => deletedAt(a) - deletedAt(b) || byText(a.documentId, b.documentId))
    if (!oldest) return null
    this.#erase(oldest.documentId)
    return oldest.documentId
  }

  async countOwned(ownerId: string): Promise<OwnedCount> {
    const owned = [...this.tables.documents.values()].filter((each) => each.ownerId === ownerId)
    const listed = owned.filter(({ deletedAt }) => deletedAt === null).length
    return { listed, inTrash: owned.length - listed }
  }

  /** Without tables of users, every owner is a guest. */
  async ownerUse(documentId: string): Promise<OwnerUse | null> {
    const ownerId = this.tables.documents.get(documentId)?.ownerId
    return ownerId === undefined ? null : { ownerId, isGuest: true, bytes: await this.usedBy(ownerId) }
  }

  async usedBy(ownerId: string): Promise<number> {
    let bytes = 0
    for (const { ownerId: owner, rows, snapshot } of this.tables.documents.values()) {
      if (owner !== ownerId) continue
      bytes += DOCUMENT_COST + (snapshot ? snapshot.state.length + snapshot.vector.length : 0)
      for (const { entries } of rows) bytes += entries.length + ROW_COST
    }
    return bytes
  }

  async eraseUntouched(createdBefore: number): Promise<string[]> {
    const untouched = [...this.tables.documents.values()].filter(
      ({ headSeq, createdAt }) => headSeq === 0 && createdAt < createdBefore,
    )
    for (const { documentId } of untouched) this.#erase(documentId)
    return untouched.map(({ documentId }) => documentId)
  }

  #trashed(documentId: string, ownerId: string): MemoryDocument | null {
    const document = this.tables.documents.get(documentId)
    return document?.ownerId === ownerId && document.deletedAt !== null ? document : null
  }

  #erase(documentId: string): void {
    const { documents, links, visits, grants, requests, unlocks } = this.tables
    documents.delete(documentId)
    for (const [key, { linkId }] of unlocks) {
      if (links.get(linkId)?.documentId === documentId) unlocks.delete(key)
    }
    for (const table of [links, visits, grants, requests]) {
      for (const [key, row] of table) if (row.documentId === documentId) table.delete(key)
    }
  }

  #write(row: NewRow): RowOutcome {
    const { documentId, seq, chain, at, schemaVersion } = row
    if (this.#refused.has(documentId)) return { ok: false, reason: 'injected: refused' }
    const document = this.tables.documents.get(documentId)
    if (!document) return { ok: false, reason: 'the document does not exist' }
    if (document.deletedAt !== null) return { ok: false, reason: 'the document is deleted' }
    if (seq !== document.headSeq + 1) {
      return { ok: false, reason: `row ${seq} does not follow the head, ${document.headSeq}` }
    }
    this.accepted.push(row)
    this.tables.documents.set(documentId, {
      ...document,
      headSeq: seq,
      headChain: chain,
      updatedAt: at,
      schemaVersion: Math.max(document.schemaVersion, schemaVersion),
      rows: [...document.rows, copyRow(row)],
    })
    return { ok: true }
  }
}
