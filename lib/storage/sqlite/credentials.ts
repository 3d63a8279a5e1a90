import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DATABASE_NAME } from '../files/database-files.ts'
import { prepare } from './connection.ts'

/** An account's user and the hash of its password, null if it has no password. */
export interface Credential {
  readonly userId: string
  readonly passwordHash: string | null
}

/**
 * Reads the account with an e-mail, also while a server is running. Returns null if there is none. Writes nothing.
 */
export function readCredential(dataDir: string, email: string): Credential | null {
  const path = join(dataDir, DATABASE_NAME)
  if (!existsSync(path)) return null
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  try {
    const found = prepare<Credential>(
      db,
      `SELECT "user"."id" AS userId, "password" AS passwordHash
       FROM "user" LEFT JOIN "account" ON "account"."userId" = "user"."id" AND "providerId" = 'credential'
       WHERE "email" = ? AND "isAnonymous" = 0`,
    ).get(email.toLowerCase())
    return found ?? null
  } finally {
    db.close()
  }
}
