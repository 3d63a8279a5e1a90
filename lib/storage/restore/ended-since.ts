import { DatabaseSync } from 'node:sqlite'
import { inTransaction, prepare } from '../sqlite/connection.ts'

/** The numbers of sessions, tokens and users that a restore kept ended. */
export interface KeptEnded {
  readonly sessions: number
  readonly tokens: number
  readonly users: number
}

/** The sessions, tokens and users of the present database. */
interface Present {
  readonly sessions: ReadonlySet<string>
  readonly tokens: ReadonlySet<string>
  /** The users it has, and the guests that became an account of it. Of others it cannot tell what ended. */
  readonly known: ReadonlySet<string>
  readonly disabled: ReadonlyMap<string, string>
}

/**
 * Ends in the database `restored` whatever ended in the database `present` since: browser sessions and access tokens
 * that are gone there, and users who were disabled. Returns null, and does nothing, if `present` cannot be read.
 */
export function keepEnded(restored: string, present: string): KeptEnded | null {
  const now = readPresent(present)
  if (!now) return null
  const db = new DatabaseSync(restored)
  try {
    return inTransaction(db, () => ({
      sessions: endMissing(db, {
        table: 'session',
        userColumn: 'userId',
        left: now.sessions,
        known: now.known,
      }),
      tokens: endMissing(db, {
        table: 'access_tokens',
        userColumn: 'user_id',
        left: now.tokens,
        known: now.known,
      }),
      users: disable(db, now.disabled),
    }))
  } finally {
    db.close()
  }
}

function readPresent(path: string): Present | null {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
    try {
      const ids = (sql: string) => prepare<{ id: string }>(db, sql).all()
      const idsOf = (sql: string) => new Set(ids(sql).map(({ id }) => id))
      const disabled = prepare<{ id: string; at: string }>(
        db,
        'SELECT id, "disabledAt" AS at FROM "user" WHERE "disabledAt" IS NOT NULL',
      ).all()
      return {
        sessions: idsOf('SELECT id FROM session'),
        tokens: idsOf('SELECT id FROM access_tokens'),
        known: idsOf('SELECT id FROM "user" UNION SELECT of_user_id FROM aliases'),
        disabled: new Map(disabled.map(({ id, at }) => [id, at])),
      }
    } finally {
      db.close()
    }
  } catch {
    return null
  }
}

/** Deletes the rows of users in `known` whose ids are not in `left`. Returns their number. */
function endMissing(
  db: DatabaseSync,
  {
    table,
    userColumn,
    left,
    known,
  }: {
    readonly table: 'session' | 'access_tokens'
    readonly userColumn: 'userId' | 'user_id'
    readonly left: ReadonlySet<string>
    readonly known: ReadonlySet<string>
  },
): number {
  const rows = prepare<{ id: string; userId: string }>(
    db,
    `SELECT id, "${userColumn}" AS userId FROM ${table}`,
  )
  const ended = rows.all().filter(({ id, userId }) => known.has(userId) && !left.has(id))
  const end = prepare(db, `DELETE FROM ${table} WHERE id = ?`)
  for (const { id } of ended) end.run(id)
  return ended.length
}

function disable(db: DatabaseSync, disabled: ReadonlyMap<string, string>): number {
  const set = prepare(db, 'UPDATE "user" SET "disabledAt" = ? WHERE id = ? AND "disabledAt" IS NULL')
  let count = 0
  for (const [id, at] of disabled) count += Number(set.run(at, id).changes)
  return count
}
