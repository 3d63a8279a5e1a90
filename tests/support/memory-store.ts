import type {
  AccessFacts,
  AccessKey,
  AccessStore,
  Compaction,
  DocumentCatalog,
  DocumentStore,
  NewDocument,
  NewRow,
  RowOutcome,
  Snapshot,
  SnapshotHead,
  StoredClient,
  StoredDocument,
  StoredGrant,
  StoredRow,
  StoredSharing,
  TrashedDocument,
  Visit,
} from '#lib/collab/document-store.ts'
import type { SharedRole } from '#lib/protocol/identity.ts'
import { EMPTY_CHAIN } from '#lib/protocol/wire.ts'

interface MemoryDocument extends Omit<StoredDocument, 'snapshot'> {
  readonly createdAt: number
  readonly linkRole: SharedRole | null
  readonly updatedAt: number
  readonly snapshot: Snapshot | null
}

interface MemoryLink {
  readonly linkId: string
  readonly documentId: string
  readonly role: SharedRole
  readonly expiresAt: number | null
  readonly passwordHash: string | null
  readonly revoked: boolean
}

interface MemoryGrant extends StoredGrant {
  readonly documentId: string
}

interface Tables {
  readonly documents: Map<string, MemoryDocument>
  readonly links: Map<string, MemoryLink>
  readonly grants: Map<string, MemoryGrant>
  readonly requests: Map<string, MemoryGrant>
  /** Who has entered the password of which link. */
  readonly unlocks: Map<string, AccessKey>
  readonly visits: Map<
    string,
    { readonly userId: string; readonly documentId: string; linkId: string; at: number }
  >
}

const noTables = (): Tables => ({
  documents: new Map(),
  links: new Map(),
  visits: new Map(),
  grants: new Map(),
  requests: new Map(),
  unlocks: new Map(),
})

const copyOf = (tables: Tables): Tables => ({
  documents: new Map(tables.documents),
  links: new Map(tables.links),
  visits: new Map(tables.visits),
  grants: new Map(tables.grants),
  requests: new Map(tables.requests),
  unlocks: new Map(tables.unlocks),
})

/** A state of the store to go back to. Rows and documents in it are never changed, only replaced. */
export type MemoryCopy = Readonly<Tables>

/**
 * DocumentStore, DocumentCatalog and AccessStore in memory, for simulations; it keeps to tests/storage/contract.ts. All of it is on
 * one object, and it can be told to fail: see failNextCommit, refuse, holdCommits, copy and restore.
 */
export class MemoryStore implements DocumentStore, DocumentCatalog, AccessStore {
  #tables = noTables()
  #failing: 'before' | 'after' | null = null
  readonly #refused = new Set<string>()
  #held: Promise<void> | null = null
  /** Rows in the order in which they were accepted, whatever became of them later: what a restore has lost. */
  readonly accepted: NewRow[] = []
  reopened = 0

  /** The next commit rejects: nothing of it is written ('before'), or all of it ('after'). */
  failNextCommit(when: 'before' | 'after'): void {
    this.#failing = when
  }

  /** Refuses every row of a document, until `refused` is false. */
  refuse(documentId: string, refused = true): void {
    if (refused) this.#refused.add(documentId)
    else this.#refused.delete(documentId)
  }

  /** Commits wait, unwritten, until the returned function is called. */
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
    return copyOf(this.#tables)
  }

  /** Goes back to a copy, as a restored backup would. Marking the documents (markRestored) is the caller's. */
  restore(copy: MemoryCopy): void {
    this.#tables = copyOf(copy)
  }

  async load(documentId: string): Promise<StoredDocument | null> {
    const document = this.#tables.documents.get(documentId)
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
    const snapshot = this.#tables.documents.get(documentId)?.snapshot
    return snapshot ? copySnapshot(snapshot) : null
  }

  async readRows(documentId: string, after: number, maxBytes: number): Promise<StoredRow[]> {
    const rows: StoredRow[] = []
    let bytes = 0
    for (const row of this.#tables.documents.get(documentId)?.rows ?? []) {
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
      const document = this.#tables.documents.get(documentId)
      if (document) heads.set(documentId, { seq: document.headSeq, chain: document.headChain.slice() })
    }
    return heads
  }

  async writeCompaction({ documentId, snapshot, clients }: Compaction): Promise<void> {
    const document = this.#tables.documents.get(documentId)
    if (!document || snapshot.seq > document.headSeq) {
      throw new Error(`no history up to row ${snapshot.seq} to write a snapshot of`)
    }
    if (document.snapshot && document.snapshot.seq > snapshot.seq) {
      throw new Error(`a newer snapshot, at row ${document.snapshot.seq}, is present`)
    }
    const sorted = clients.map((client): StoredClient => ({ ...client }))
    sorted.sort((a, b) => a.clientId - b.clientId)
    this.#tables.documents.set(documentId, { ...document, snapshot: copySnapshot(snapshot), clients: sorted })
  }

  async trim(documentId: string, upto: number): Promise<void> {
    const document = this.#tables.documents.get(documentId)
    if (!document?.snapshot || document.snapshot.seq < upto) {
      throw new Error(`no snapshot covers the rows up to ${upto}`)
    }
    const baseChain = document.rows.find((row) => row.seq === upto)?.chain ?? document.baseChain
    const rows = document.rows.filter((row) => row.seq > upto)
    this.#tables.documents.set(documentId, { ...document, baseChain, rows })
  }

  async reopen(): Promise<void> {
    this.reopened++
  }

  async create(created: NewDocument): Promise<void> {
    const { documentId, lineage, ownerId, schemaVersion, createdAt, linkId, linkRole } = created
    const { documents, links } = this.#tables
    if (documents.has(documentId) || links.has(linkId)) throw new Error('the document or link exists')
    documents.set(documentId, {
      documentId,
      lineage,
      ownerId,
      title: '',
      schemaVersion,
      headSeq: 0,
      headChain: EMPTY_CHAIN,
      baseChain: null,
      restoredAt: null,
      deletedAt: null,
      clients: [],
      snapshot: null,
      rows: [],
      createdAt,
      updatedAt: createdAt,
      linkRole: 'editor',
    })
    links.set(linkId, newLink(linkId, documentId, linkRole))
  }

  async setTitle(documentId: string, title: string): Promise<void> {
    const document = this.#tables.documents.get(documentId)
    if (document) this.#tables.documents.set(documentId, { ...document, title })
  }

  async recordVisits(visits: readonly Visit[]): Promise<void> {
    for (const visit of visits) {
      const { userId, documentId, linkId } = visit
      if (this.#tables.links.get(linkId)?.documentId !== documentId) continue
      this.#tables.visits.set(keyOf(userId, documentId), visit)
    }
  }

  async listFor(userId: string, limit: number) {
    return [...this.#tables.visits.values()]
      .filter((visit) => visit.userId === userId)
      .sort((a, b) => b.at - a.at || (a.documentId < b.documentId ? -1 : 1))
      .flatMap(({ documentId, linkId, at }) => {
        const document = this.#tables.documents.get(documentId)
        if (!document || document.deletedAt !== null) return []
        const { title, ownerId, updatedAt } = document
        return [{ documentId, title, owned: ownerId === userId, linkId, updatedAt, visitedAt: at }]
      })
      .slice(0, limit)
  }

  async forgetVisit(userId: string, documentId: string): Promise<void> {
    this.#tables.visits.delete(keyOf(userId, documentId))
  }

  async delete(documentId: string, ownerId: string, at: number): Promise<boolean> {
    const document = this.#tables.documents.get(documentId)
    if (!document || document.ownerId !== ownerId || document.deletedAt !== null) return false
    this.#tables.documents.set(documentId, { ...document, deletedAt: at })
    return true
  }

  async trashOf(ownerId: string): Promise<TrashedDocument[]> {
    const { documents, links } = this.#tables
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
    if (document) this.#tables.documents.set(documentId, { ...document, deletedAt: null })
    return document !== null
  }

  async erase(documentId: string, ownerId: string): Promise<boolean> {
    if (!this.#trashed(documentId, ownerId)) return false
    this.#erase(documentId)
    return true
  }

  async eraseDeleted(deletedBefore: number): Promise<string | null> {
    const deletedAt = (document: MemoryDocument) => document.deletedAt ?? Number.POSITIVE_INFINITY
    const [oldest] = [...this.#tables.documents.values()]
      .filter((document) => deletedAt(document) < deletedBefore)
      .sort((a, b) => deletedAt(a) - deletedAt(b) || byText(a.documentId, b.documentId))
    if (!oldest) return null
    this.#erase(oldest.documentId)
    return oldest.documentId
  }

  async countOwned(ownerId: string): Promise<number> {
    const documents = [...this.#tables.documents.values()]
    return documents.filter((each) => each.ownerId === ownerId && each.deletedAt === null).length
  }

  async eraseUntouched(createdBefore: number): Promise<string[]> {
    const untouched = [...this.#tables.documents.values()].filter(
      ({ headSeq, createdAt }) => headSeq === 0 && createdAt < createdBefore,
    )
    for (const { documentId } of untouched) this.#erase(documentId)
    return untouched.map(({ documentId }) => documentId)
  }

  async facts(keys: readonly AccessKey[]): Promise<(AccessFacts | null)[]> {
    const { documents, links, grants, unlocks } = this.#tables
    return keys.map(({ linkId, userId }) => {
      const link = links.get(linkId)
      const document = link && documents.get(link.documentId)
      if (!document) return null
      const { documentId, ownerId, title, deletedAt, linkRole } = document
      const { role, expiresAt, passwordHash, revoked } = link
      const unlocked = unlocks.has(keyOf(linkId, userId))
      return {
        ...{ documentId, ownerId, title, deletedAt, linkRole },
        grant: grants.get(keyOf(documentId, userId))?.role ?? null,
        link: { linkId, role, expiresAt, hasPassword: passwordHash !== null, revoked, unlocked },
      }
    })
  }

  async sharing(documentId: string): Promise<StoredSharing> {
    const { links, grants, requests } = this.#tables
    const given = (table: Map<string, MemoryGrant>): StoredGrant[] =>
      [...table.values()]
        .filter((each) => each.documentId === documentId)
        .map(({ userId, role, at }) => ({ userId, role, at }))
        .sort((a, b) => a.at - b.at || byText(a.userId, b.userId))
    return {
      links: [...links.values()]
        .filter((link) => link.documentId === documentId && !link.revoked)
        .map(({ linkId, role, expiresAt, passwordHash }) => ({
          ...{ linkId, role, expiresAt },
          hasPassword: passwordHash !== null,
        }))
        .sort((a, b) => byText(a.linkId, b.linkId)),
      grants: given(grants),
      requests: given(requests),
    }
  }

  async visitors(documentId: string, limit: number): Promise<AccessKey[]> {
    return [...this.#tables.visits.values()]
      .filter((visit) => visit.documentId === documentId)
      .sort((a, b) => b.at - a.at || byText(a.userId, b.userId))
      .slice(0, limit)
      .map(({ linkId, userId }) => ({ linkId, userId }))
  }

  async setLinkRole(documentId: string, role: SharedRole | null): Promise<void> {
    const document = this.#tables.documents.get(documentId)
    if (document) this.#tables.documents.set(documentId, { ...document, linkRole: role })
  }

  async ensureLinks(
    documentId: string,
    made: readonly { linkId: string; role: SharedRole }[],
  ): Promise<void> {
    const { documents, links } = this.#tables
    if (!documents.has(documentId)) throw new Error('no such document')
    for (const { linkId, role } of made) {
      if (!this.#liveLink(documentId, role)) links.set(linkId, newLink(linkId, documentId, role))
    }
  }

  async changeLink(
    linkId: string,
    change: { readonly expiresAt?: number | null; readonly passwordHash?: string | null },
  ): Promise<void> {
    const { links, unlocks } = this.#tables
    const link = links.get(linkId)
    if (!link) return
    links.set(linkId, { ...link, ...change })
    if (change.passwordHash === undefined) return
    for (const [key, unlock] of unlocks) if (unlock.linkId === linkId) unlocks.delete(key)
  }

  async replaceLink(documentId: string, role: SharedRole, linkId: string, at: number): Promise<void> {
    const { documents, links, visits } = this.#tables
    const document = documents.get(documentId)
    if (!document) return
    const old = this.#liveLink(documentId, role)
    if (old) links.set(old.linkId, { ...old, revoked: true })
    const made = newLink(linkId, documentId, role)
    const expiresAt = old?.expiresAt ?? null
    links.set(linkId, {
      ...made,
      expiresAt: expiresAt !== null && expiresAt > at ? expiresAt : null,
      passwordHash: old?.passwordHash ?? null,
    })
    const key = keyOf(document.ownerId, documentId)
    const visit = visits.get(key)
    if (old && visit?.linkId === old.linkId) visits.set(key, { ...visit, linkId })
  }

  async passwordHash(linkId: string): Promise<string | null> {
    return this.#tables.links.get(linkId)?.passwordHash ?? null
  }

  async unlock(userId: string, linkId: string): Promise<void> {
    const { links, unlocks } = this.#tables
    if (links.has(linkId)) unlocks.set(keyOf(linkId, userId), { linkId, userId })
  }

  async grant(documentId: string, userId: string, role: SharedRole | null, at: number): Promise<void> {
    const { grants } = this.#tables
    await this.dropRequest(documentId, userId)
    if (role === null) grants.delete(keyOf(documentId, userId))
    else this.#give(grants, { documentId, userId, role, at })
  }

  async request(documentId: string, userId: string, role: SharedRole, at: number): Promise<void> {
    this.#give(this.#tables.requests, { documentId, userId, role, at })
  }

  async dropRequest(documentId: string, userId: string): Promise<void> {
    this.#tables.requests.delete(keyOf(documentId, userId))
  }

  async nextExpiry(at: number): Promise<number | null> {
    const ends = this.#ends().filter(({ expiresAt }) => expiresAt > at)
    return ends.length === 0 ? null : Math.min(...ends.map(({ expiresAt }) => expiresAt))
  }

  async expiredIn(after: number, upto: number): Promise<string[]> {
    const ended = this.#ends().filter(({ expiresAt }) => expiresAt > after && expiresAt <= upto)
    return [...new Set(ended.map(({ documentId }) => documentId))].sort(byText)
  }

  #ends(): { documentId: string; expiresAt: number }[] {
    return [...this.#tables.links.values()].flatMap(({ documentId, expiresAt, revoked }) =>
      expiresAt === null || revoked ? [] : [{ documentId, expiresAt }],
    )
  }

  #liveLink(documentId: string, role: SharedRole): MemoryLink | undefined {
    const links = [...this.#tables.links.values()]
    return links.find((link) => link.documentId === documentId && link.role === role && !link.revoked)
  }

  #give(table: Map<string, MemoryGrant>, grant: MemoryGrant): void {
    const { documentId, userId } = grant
    if (this.#tables.documents.has(documentId)) table.set(keyOf(documentId, userId), grant)
  }

  #trashed(documentId: string, ownerId: string): MemoryDocument | null {
    const document = this.#tables.documents.get(documentId)
    return document?.ownerId === ownerId && document.deletedAt !== null ? document : null
  }

  #erase(documentId: string): void {
    const { documents, links, visits, grants, requests, unlocks } = this.#tables
    documents.delete(documentId)
    for (const [key, { linkId }] of unlocks) {
      if (links.get(linkId)?.documentId === documentId) unlocks.delete(key)
    }
    for (const table of [links, visits, grants, requests]) {
      for (const [key, row] of table) if (row.documentId === documentId) table.delete(key)
    }
  }

  async markRestored(at: number): Promise<void> {
    const { documents } = this.#tables
    for (const [documentId, document] of documents) documents.set(documentId, { ...document, restoredAt: at })
  }

  #write(row: NewRow): RowOutcome {
    const { documentId, seq, chain, at, schemaVersion } = row
    if (this.#refused.has(documentId)) return { ok: false, reason: 'injected: refused' }
    const document = this.#tables.documents.get(documentId)
    if (!document) return { ok: false, reason: 'the document does not exist' }
    if (document.deletedAt !== null) return { ok: false, reason: 'the document is deleted' }
    if (seq !== document.headSeq + 1) {
      return { ok: false, reason: `row ${seq} does not follow the head, ${document.headSeq}` }
    }
    this.accepted.push(row)
    this.#tables.documents.set(documentId, {
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

function keyOf(...parts: string[]): string {
  return JSON.stringify(parts)
}

function newLink(linkId: string, documentId: string, role: SharedRole): MemoryLink {
  return { linkId, documentId, role, expiresAt: null, passwordHash: null, revoked: false }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function copyRow({ seq, at, chain, entries }: StoredRow): StoredRow {
  return { seq, at, chain: chain.slice(), entries: entries.slice() }
}

function headOf({ seq, chain, vector, bytes }: SnapshotHead): SnapshotHead {
  return { seq, chain: chain.slice(), vector: vector.slice(), bytes }
}

function copySnapshot(snapshot: Snapshot): Snapshot {
  return { ...headOf(snapshot), state: snapshot.state.slice(), bytes: snapshot.state.length }
}
