import type { DatabaseSync } from 'node:sqlite'
import { ALIASES, type IdleGuests, type KeptDocument, type OwnerCatalog } from '#lib/people/store.ts'
import { inTransaction, prepare } from './connection.ts'
import type { Synchronous } from './synchronous.ts'

/** The number of users that one step of erasing looks at. */
const LOOKED_AT = 200

/** OwnerCatalog over one connection, in the storage thread. The port documents each method. */
export class OwnerTables implements Synchronous<OwnerCatalog> {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  adoptGuest(guestId: string, accountId: string, at: number): boolean {
    return inTransaction(this.#db, () => {
      const guest = prepare(this.#db, 'SELECT 1 FROM "user" WHERE "id" = ? AND "isAnonymous" = 1').get(
        guestId,
      )
      const account = prepare(this.#db, 'SELECT 1 FROM "user" WHERE "id" = ? AND "isAnonymous" = 0').get(
        accountId,
      )
      if (!guest || !account) return false
      prepare(this.#db, 'UPDATE documents SET owner_id = ? WHERE owner_id = ?').run(accountId, guestId)
      prepare(
        this.#db,
        `INSERT INTO visits (user_id, document_id, link_id, visited_at)
         SELECT ?1, document_id, link_id, visited_at FROM visits WHERE user_id = ?2
         ON CONFLICT DO UPDATE SET link_id = excluded.link_id, visited_at = excluded.visited_at
         WHERE excluded.visited_at > visited_at`,
      ).run(accountId, guestId)
      prepare(this.#db, 'DELETE FROM visits WHERE user_id = ?').run(guestId)
      for (const table of ['grants', 'access_requests']) {
        // The higher role wins; this list is in ascending order.
        prepare(
          this.#db,
          `INSERT INTO ${table} (document_id, user_id, role, at)
           SELECT document_id, ?1, role, at FROM ${table} WHERE user_id = ?2
           ON CONFLICT DO UPDATE SET role = excluded.role, at = excluded.at
           WHERE instr('viewer commenter editor', excluded.role) > instr('viewer commenter editor', role)`,
        ).run(accountId, guestId)
        prepare(this.#db, `DELETE FROM ${table} WHERE user_id = ?`).run(guestId)
      }
      prepare(this.#db, 'UPDATE OR REPLACE unlocks SET user_id = ? WHERE user_id = ?').run(accountId, guestId)
      prepare(this.#db, 'INSERT INTO aliases (of_user_id, user_id, at) VALUES (?, ?, ?)').run(
        guestId,
        accountId,
        at,
      )
      // Also deletes the user's sessions.
      prepare(this.#db, 'DELETE FROM "user" WHERE "id" = ?').run(guestId)
      return true
    })
  }

  eraseIdleGuests(before: number, after: string): IdleGuests {
    const looked = prepare<{ id: string }>(
      this.#db,
      'SELECT "id" FROM "user" WHERE "id" > ? ORDER BY "id" LIMIT ?',
    ).all(after, LOOKED_AT)
    const last = looked.at(-1)?.id
    if (last === undefined) return { erased: 0, next: null }
    const idle = prepare<{ id: string }>(
      this.#db,
      `SELECT "id" FROM "user" WHERE "id" > ?1 AND "id" <= ?2 AND "isAnonymous" = 1 AND "createdAt" < ?3
         AND NOT EXISTS (SELECT 1 FROM documents WHERE owner_id = "user"."id")
         AND NOT EXISTS (SELECT 1 FROM visits WHERE user_id = "user"."id" AND visited_at >= ?4)
         AND NOT EXISTS (SELECT 1 FROM "session" WHERE "userId" = "user"."id" AND "updatedAt" >= ?3)`,
    ).all(after, last, new Date(before).toISOString(), before)
    if (idle.length > 0) {
      inTransaction(this.#db, () => {
        const ids = JSON.stringify(idle.map(({ id }) => id))
        for (const table of ['visits', 'grants', 'access_requests', 'unlocks']) {
          const sql = `DELETE FROM ${table} WHERE user_id IN (SELECT value FROM json_each(?))`
          prepare(this.#db, sql).run(ids)
        }
        // Also deletes the guests' sessions.
        prepare(this.#db, 'DELETE FROM "user" WHERE "id" IN (SELECT value FROM json_each(?))').run(ids)
      })
    }
    return { erased: idle.length, next: looked.length < LOOKED_AT ? null : last }
  }

  aliasesOf(userId: string): string[] {
    return prepare<{ id: string }>(
      this.#db,
      'SELECT of_user_id AS id FROM aliases WHERE user_id = ? ORDER BY at DESC LIMIT ?',
    )
      .all(userId, ALIASES)
      .map(({ id }) => id)
  }

  ownerOf(documentId: string): string | null {
    const found = prepare<{ ownerId: string }>(
      this.#db,
      'SELECT owner_id AS ownerId FROM documents WHERE id = ?',
    ).get(documentId)
    return found?.ownerId ?? null
  }

  listKept(search: string, limit: number): KeptDocument[] {
    return prepare<KeptDocument>(
      this.#db,
      `SELECT id AS documentId, title, owner_id AS ownerId, updated_at AS updatedAt, deleted_at AS deletedAt, bytes
       FROM documents WHERE instr(lower(title), lower(?)) > 0 OR ?1 = ''
       ORDER BY updated_at DESC, id LIMIT ?`,
    ).all(search, limit)
  }
}
