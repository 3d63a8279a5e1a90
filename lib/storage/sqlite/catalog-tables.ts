import type { DatabaseSync } from 'node:sqlite'
import { DOCUMENT_COST, ROW_COST } from '#lib/collab/document-store.ts'
import type {
  DocumentCatalog,
  ListedDocument,
  NewDocument,
  OwnedCount,
  OwnerUse,
  TrashedDocument,
  Visit,
} from '#lib/library/store.ts'
import { EMPTY_CHAIN } from '#lib/protocol/log-row.ts'
import { inTransaction, prepare } from './connection.ts'
import type { Synchronous } from './synchronous.ts'

/** DocumentCatalog over one connection, in the storage thread. The port documents each method. */
export class CatalogTables implements Synchronous<DocumentCatalog> {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  create(document: NewDocument): void {
    const { documentId, lineage, ownerId, schemaVersion, createdAt, linkId, linkRole, first } = document
    inTransaction(this.#db, () => {
      prepare(
        this.#db,
        `INSERT INTO documents
           (id, lineage, owner_id, created_at, updated_at, head_chain, schema_version, title, head_seq, bytes)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9)`,
      ).run(
        documentId,
        lineage,
        ownerId,
        createdAt,
        first?.chain ?? EMPTY_CHAIN,
        schemaVersion,
        first?.title ?? '',
        first ? 1 : 0,
        first ? first.entries.length + ROW_COST : 0,
      )
      if (first) {
        prepare(
          this.#db,
          'INSERT INTO document_log (document_id, seq, chain, at, entries) VALUES (?, 1, ?, ?, ?)',
        ).run(documentId, first.chain, createdAt, first.entries)
      }
      prepare(this.#db, 'INSERT INTO links (id, document_id, role) VALUES (?, ?, ?)').run(
        linkId,
        documentId,
        linkRole,
      )
    })
  }

  setTitles(titles: ReadonlyMap<string, string>): void {
    const set = prepare(this.#db, 'UPDATE documents SET title = ? WHERE id = ?')
    inTransaction(this.#db, () => {
      for (const [documentId, title] of titles) set.run(title, documentId)
    })
  }

  recordVisits(visits: readonly Visit[]): void {
    const record = prepare(
      this.#db,
      `INSERT INTO visits (user_id, document_id, link_id, visited_at)
       SELECT ?1, document_id, id, ?4 FROM links WHERE id = ?3 AND document_id = ?2
       ON CONFLICT DO UPDATE SET link_id = excluded.link_id, visited_at = excluded.visited_at`,
    )
    inTransaction(this.#db, () => {
      for (const { userId, documentId, linkId, at } of visits) record.run(userId, documentId, linkId, at)
    })
  }

  listFor(userId: string, limit: number): ListedDocument[] {
    return prepare<Omit<ListedDocument, 'owned'> & { ownerId: string }>(
      this.#db,
      `SELECT documents.id AS documentId, title, owner_id AS ownerId, link_id AS linkId,
         updated_at AS updatedAt, visited_at AS visitedAt
       FROM visits JOIN documents ON documents.id = visits.document_id
       WHERE user_id = ? AND deleted_at IS NULL
       ORDER BY visited_at DESC, documents.id LIMIT ?`,
    )
      .all(userId, limit)
      .map(({ ownerId, ...listed }) => ({ ...listed, owned: ownerId === userId }))
  }

  forgetVisit(userId: string, documentId: string): void {
    prepare(this.#db, 'DELETE FROM visits WHERE user_id = ? AND document_id = ?').run(userId, documentId)
  }

  delete(documentId: string, ownerId: string, at: number): boolean {
    const { changes } = prepare(
      this.#db,
      'UPDATE documents SET deleted_at = ? WHERE id = ? AND owner_id = ? AND deleted_at IS NULL',
    ).run(at, documentId, ownerId)
    return changes === 1
  }

  trashOf(ownerId: string): TrashedDocument[] {
    return prepare<TrashedDocument>(
      this.#db,
      `SELECT documents.id AS documentId, title, min(links.id) AS linkId, deleted_at AS deletedAt
       FROM documents JOIN links ON links.document_id = documents.id
       WHERE owner_id = ? AND deleted_at IS NOT NULL
       GROUP BY documents.id ORDER BY deleted_at DESC, documents.id`,
    ).all(ownerId)
  }

  undelete(documentId: string, ownerId: string): boolean {
    const { changes } = prepare(
      this.#db,
      'UPDATE documents SET deleted_at = NULL WHERE id = ? AND owner_id = ? AND deleted_at IS NOT NULL',
    ).run(documentId, ownerId)
    return changes === 1
  }

  erase(documentId: string, ownerId: string): boolean {
    const { changes } = prepare(
      this.#db,
      'DELETE FROM documents WHERE id = ? AND owner_id = ? AND deleted_at IS NOT NULL',
    ).run(documentId, ownerId)
    return changes === 1
  }

  eraseDeleted(deletedBefore: number): string | null {
    const erased = prepare<{ id: string }>(
      this.#db,
      `DELETE FROM documents WHERE id = (
         SELECT id FROM documents WHERE deleted_at < ? ORDER BY deleted_at, id LIMIT 1
       ) RETURNING id`,
    ).get(deletedBefore)
    return erased?.id ?? null
  }

  countOwned(ownerId: string): OwnedCount {
    const counted = prepare<OwnedCount>(
      this.#db,
      `SELECT count(*) FILTER (WHERE deleted_at IS NULL) AS listed,
         count(*) FILTER (WHERE deleted_at IS NOT NULL) AS inTrash
       FROM documents WHERE owner_id = ?`,
    ).get(ownerId)
    return counted ?? { listed: 0, inTrash: 0 }
  }

  ownerUse(documentId: string): OwnerUse | null {
    const owner = prepare<{ ownerId: string; isGuest: number }>(
      this.#db,
      `SELECT owner_id AS ownerId, coalesce("isAnonymous", "user"."id" IS NULL) AS isGuest
       FROM documents LEFT JOIN "user" ON "user"."id" = owner_id WHERE documents.id = ?`,
    ).get(documentId)
    if (!owner) return null
    return { ownerId: owner.ownerId, isGuest: owner.isGuest === 1, bytes: this.usedBy(owner.ownerId) }
  }

  usedBy(ownerId: string): number {
    const used = prepare<{ bytes: number }>(
      this.#db,
      'SELECT coalesce(sum(bytes + ?), 0) AS bytes FROM documents WHERE owner_id = ?',
    ).get(DOCUMENT_COST, ownerId)
    return used?.bytes ?? 0
  }

  eraseUntouched(createdBefore: number): string[] {
    return prepare<{ id: string }>(
      this.#db,
      'DELETE FROM documents WHERE head_seq = 0 AND created_at < ? RETURNING id',
    )
      .all(createdBefore)
      .map(({ id }) => id)
  }
}
