import type { DatabaseSync } from 'node:sqlite'
import type {
  AccessFacts,
  AccessKey,
  AccessStore,
  StoredGrant,
  StoredLink,
  StoredSharing,
} from '#lib/library/store.ts'
import type { SharedRole } from '#lib/protocol/identity.ts'
import { inTransaction, prepare, type Statement } from './connection.ts'
import type { Synchronous } from './synchronous.ts'

type FactColumns = Omit<AccessFacts, 'link'> &
  Pick<StoredLink, 'linkId' | 'expiresAt'> & {
    readonly role: SharedRole
    readonly hasPassword: number
    readonly revoked: number
    readonly unlocked: number
  }

/** AccessStore over one connection, in the storage thread. The port documents each method. */
export class AccessTables implements Synchronous<AccessStore> {
  readonly #db: DatabaseSync
  readonly #facts: Statement<FactColumns>

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#facts = prepare(
      db,
      `SELECT documents.id AS documentId, lineage, owner_id AS ownerId, title, deleted_at AS deletedAt,
         link_role AS linkRole, grants.role AS "grant", links.id AS linkId, links.role AS role,
         expires_at AS expiresAt, password_hash IS NOT NULL AS hasPassword, revoked_at IS NOT NULL AS revoked,
         unlocks.user_id IS NOT NULL AS unlocked
       FROM links JOIN documents ON documents.id = links.document_id
         LEFT JOIN grants ON grants.document_id = documents.id AND grants.user_id = ?2
         LEFT JOIN unlocks ON unlocks.link_id = links.id AND unlocks.user_id = ?2
       WHERE links.id = ?1`,
    )
  }

  facts(keys: readonly AccessKey[]): (AccessFacts | null)[] {
    return keys.map(({ linkId, userId }) => {
      const found = this.#facts.get(linkId, userId)
      if (!found) return null
      const { linkId: _, role, expiresAt, hasPassword, revoked, unlocked, ...facts } = found
      const link = { linkId, role, expiresAt, hasPassword: hasPassword === 1 }
      return { ...facts, link: { ...link, revoked: revoked === 1, unlocked: unlocked === 1 } }
    })
  }

  sharing(documentId: string): StoredSharing {
    const links = prepare<Omit<StoredLink, 'hasPassword'> & { hasPassword: number }>(
      this.#db,
      `SELECT id AS linkId, role, expires_at AS expiresAt, password_hash IS NOT NULL AS hasPassword
       FROM links WHERE document_id = ? AND revoked_at IS NULL ORDER BY id`,
    )
      .all(documentId)
      .map((link) => ({ ...link, hasPassword: link.hasPassword === 1 }))
    return {
      links,
      grants: this.#given('grants', documentId),
      requests: this.#given('access_requests', documentId),
    }
  }

  visitors(documentId: string, limit: number): AccessKey[] {
    return prepare<AccessKey>(
      this.#db,
      `SELECT link_id AS linkId, user_id AS userId FROM visits
       WHERE document_id = ? ORDER BY visited_at DESC, user_id LIMIT ?`,
    ).all(documentId, limit)
  }

  setLinkRole(documentId: string, role: SharedRole | null): void {
    prepare(this.#db, 'UPDATE documents SET link_role = ? WHERE id = ?').run(role, documentId)
  }

  ensureLinks(documentId: string, links: readonly { linkId: string; role: SharedRole }[]): void {
    const make = prepare(
      this.#db,
      `INSERT INTO links (id, document_id, role) VALUES (?, ?, ?)
       ON CONFLICT (document_id, role) WHERE revoked_at IS NULL DO NOTHING`,
    )
    inTransaction(this.#db, () => {
      for (const { linkId, role } of links) make.run(linkId, documentId, role)
    })
  }

  changeLink(
    linkId: string,
    change: { readonly expiresAt?: number | null; readonly passwordHash?: string | null },
  ): void {
    const { expiresAt, passwordHash } = change
    inTransaction(this.#db, () => {
      if (expiresAt !== undefined) {
        prepare(this.#db, 'UPDATE links SET expires_at = ? WHERE id = ?').run(expiresAt, linkId)
      }
      if (passwordHash === undefined) return
      prepare(this.#db, 'UPDATE links SET password_hash = ? WHERE id = ?').run(passwordHash, linkId)
      prepare(this.#db, 'DELETE FROM unlocks WHERE link_id = ?').run(linkId)
    })
  }

  replaceLink(documentId: string, role: SharedRole, linkId: string, at: number): void {
    inTransaction(this.#db, () => {
      const old = prepare<{ id: string; expiresAt: number | null; passwordHash: string | null }>(
        this.#db,
        `UPDATE links SET revoked_at = ? WHERE document_id = ? AND role = ? AND revoked_at IS NULL
         RETURNING id, expires_at AS expiresAt, password_hash AS passwordHash`,
      ).get(at, documentId, role)
      const expiresAt = old?.expiresAt ?? null
      prepare(
        this.#db,
        `INSERT INTO links (id, document_id, role, expires_at, password_hash)
         SELECT ?1, id, ?3, ?4, ?5 FROM documents WHERE id = ?2`,
      ).run(
        linkId,
        documentId,
        role,
        expiresAt !== null && expiresAt > at ? expiresAt : null,
        old?.passwordHash ?? null,
      )
      if (!old) return
      prepare(
        this.#db,
        `UPDATE visits SET link_id = ?1 WHERE link_id = ?2
           AND user_id = (SELECT owner_id FROM documents WHERE id = ?3)`,
      ).run(linkId, old.id, documentId)
    })
  }

  passwordHash(linkId: string): string | null {
    const link = prepare<{ hash: string | null }>(
      this.#db,
      'SELECT password_hash AS hash FROM links WHERE id = ?',
    ).get(linkId)
    return link?.hash ?? null
  }

  unlock(userId: string, linkId: string): void {
    prepare(
      this.#db,
      `INSERT INTO unlocks (user_id, link_id) SELECT ?, id FROM links WHERE id = ? ON CONFLICT DO NOTHING`,
    ).run(userId, linkId)
  }

  grant(documentId: string, userId: string, role: SharedRole | null, at: number): void {
    inTransaction(this.#db, () => {
      this.dropRequest(documentId, userId)
      if (role === null) {
        prepare(this.#db, 'DELETE FROM grants WHERE document_id = ? AND user_id = ?').run(documentId, userId)
      } else {
        this.#give('grants', documentId, userId, role, at)
      }
    })
  }

  request(documentId: string, userId: string, role: SharedRole, at: number): void {
    this.#give('access_requests', documentId, userId, role, at)
  }

  dropRequest(documentId: string, userId: string): void {
    prepare(this.#db, 'DELETE FROM access_requests WHERE document_id = ? AND user_id = ?').run(
      documentId,
      userId,
    )
  }

  nextExpiry(at: number): number | null {
    const next = prepare<{ at: number | null }>(
      this.#db,
      'SELECT min(expires_at) AS at FROM links WHERE expires_at > ? AND revoked_at IS NULL',
    ).get(at)
    return next?.at ?? null
  }

  expiredIn(after: number, upto: number): string[] {
    return prepare<{ documentId: string }>(
      this.#db,
      `SELECT DISTINCT document_id AS documentId FROM links
       WHERE expires_at > ? AND expires_at <= ? AND revoked_at IS NULL ORDER BY document_id`,
    )
      .all(after, upto)
      .map(({ documentId }) => documentId)
  }

  #given(table: 'grants' | 'access_requests', documentId: string): StoredGrant[] {
    return prepare<StoredGrant>(
      this.#db,
      `SELECT user_id AS userId, role, at FROM ${table} WHERE document_id = ? ORDER BY at, user_id`,
    ).all(documentId)
  }

  #give(
    table: 'grants' | 'access_requests',
    documentId: string,
    userId: string,
    role: SharedRole,
    at: number,
  ): void {
    prepare(
      this.#db,
      `INSERT INTO ${table} (document_id, user_id, role, at) SELECT id, ?, ?, ? FROM documents WHERE id = ?
       ON CONFLICT DO UPDATE SET role = excluded.role, at = excluded.at`,
    ).run(userId, role, at, documentId)
  }
}
