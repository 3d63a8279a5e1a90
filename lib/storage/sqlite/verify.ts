import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { DamagedDocument, damageIn, ROW_COST } from '#lib/collab/document-store.ts'
import { MalformedBody } from '#lib/protocol/body.ts'
import { reasonOf } from '#lib/protocol/errors.ts'
import { CHAIN_BYTES, decodeEntries } from '#lib/protocol/log-row.ts'
import { DATABASE_NAME } from '../files/database-files.ts'
import { isSealBroken } from '../files/seal.ts'
import { prepare } from './connection.ts'
import { LogTables } from './log-tables.ts'
import { foreignDatabase, migrate, SCHEMA_VERSION, schemaVersionOf } from './migrations.ts'

export interface Verification {
  /** One sentence per problem; empty if the database is intact. */
  readonly problems: readonly string[]
  readonly documents: number
  readonly rows: number
  readonly snapshots: number
}

/** Returns true for a problem of the database's pages: SQLite may answer anything. */
export function isOfTheFile(problem: string): boolean {
  return problem.startsWith('the file: ')
}

/** The most findings of one kind that are reported: a broken page has hundreds of consequences. */
const MOST = 20

/**
 * Verifies the whole database in `dataDir`: its seal, the pages of the file, the schema, references, and each
 * document's chain of rows, its head and the hashes of its snapshot. Writes nothing; a server may be running on it.
 */
export function verifyDatabase(dataDir: string): Verification {
  const path = join(dataDir, DATABASE_NAME)
  const verified = verifyContent(path)
  if (!existsSync(path) || !isSealBroken(path)) return verified
  return { ...verified, problems: ['the file: it is not as it was when it was closed', ...verified.problems] }
}

/**
 * Does the same as `verifyDatabase` without the seal, for a file that was replaced on purpose. `isAlone`: as if it had
 * no write-ahead log; nothing may be writing to it then.
 */
export function verifyContent(path: string, isAlone = false): Verification {
  const counts = { documents: 0, rows: 0, snapshots: 0 }
  if (!existsSync(path)) return { problems: [`there is no ${path}`], ...counts }
  const problems: string[] = []
  const look = (what: string, work: () => Iterable<string>): void => {
    try {
      let told = 0
      for (const problem of work()) if (told++ < MOST) problems.push(`${what}: ${problem}`)
    } catch (error) {
      problems.push(`${what}: ${reasonOf(error)}`)
    }
  }
  look('the file', () => {
    const file = isAlone ? new URL(`${pathToFileURL(path)}?immutable=1`) : path
    const db = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
    try {
      // One transaction, so that everything is read as of one moment.
      db.exec('BEGIN')
      const foreign = foreignDatabase(db)
      if (foreign) return [foreign]
      look('the file', () => integrity(db))
      look('the schema', () => schemaDifferences(db))
      look('references', () => danglingReferences(db))
      look('documents', () => {
        const log = tablesOf(db)
        if (!log) return []
        for (const { id } of prepare<{ id: string }>(db, 'SELECT id FROM documents').iterate()) {
          counts.documents++
          look(`document ${id}`, () => documentProblems(log, id, counts))
          look(`document ${id}`, () => sizeProblems(db, id))
        }
        return []
      })
      return []
    } finally {
      db.close()
    }
  })
  return { problems, ...counts }
}

function integrity(db: DatabaseSync): string[] {
  const said = prepare<{ integrity_check: string }>(db, `PRAGMA integrity_check(${MOST})`).all()
  return said
    .flatMap(({ integrity_check }) => integrity_check.split('\n'))
    .filter((line) => line !== 'ok' && !line.startsWith('***'))
}

/** Returns null for a database of an older schema that this version reads only after migrating it. */
function tablesOf(db: DatabaseSync): LogTables | null {
  try {
    return new LogTables(db)
  } catch (error) {
    if (schemaVersionOf(db) < SCHEMA_VERSION) return null
    throw error
  }
}

/** Compares the schema with what as many migrations make of an empty database. */
function schemaDifferences(db: DatabaseSync): string[] {
  const expected = new DatabaseSync(':memory:')
  try {
    migrate(expected, schemaVersionOf(db))
    const present = schemaOf(db)
    const right = schemaOf(expected)
    return [
      ...[...right].filter((sql) => !present.has(sql)).map((sql) => `lacks ${sql}`),
      ...[...present].filter((sql) => !right.has(sql)).map((sql) => `has ${sql}`),
    ]
  } finally {
    expected.close()
  }
}

function schemaOf(db: DatabaseSync): Set<string> {
  const objects = prepare<{ type: string; name: string; tbl: string; sql: string | null }>(
    db,
    'SELECT type, name, tbl_name AS tbl, sql FROM sqlite_schema',
  ).all()
  return new Set(
    objects
      .filter(({ name }) => !name.startsWith('sqlite_stat'))
      .map(({ type, name, tbl, sql }) => `${type} ${name} on ${tbl}: ${sql?.replaceAll(/\s+/g, ' ')}`),
  )
}

function danglingReferences(db: DatabaseSync): string[] {
  const rows = prepare<{ table: string; parent: string }>(db, 'PRAGMA foreign_key_check').all()
  return rows.map(({ table, parent }) => `a row of ${table} points at nothing in ${parent}`)
}

function* documentProblems(
  log: LogTables,
  documentId: string,
  counts: { rows: number; snapshots: number },
): Generator<string> {
  try {
    const document = log.load(documentId)
    if (!document) return
    counts.rows += document.rows.length
    const damage = damageIn(document, chainHash)
    if (damage !== null) yield damage
    for (const { seq, entries } of document.rows) {
      const unreadable = problemIn(entries)
      if (unreadable !== null) yield `row ${seq}: ${unreadable}`
    }
    if (log.readSnapshot(documentId)) counts.snapshots++
    else if (document.clients.length > 0) yield 'it has clients of a snapshot that is not there'
  } catch (error) {
    if (!(error instanceof DamagedDocument)) throw error
    yield error.message
  }
}

/** Compares the stored weight of a document with its rows and its snapshot. Older schemas have none. */
function sizeProblems(db: DatabaseSync, documentId: string): string[] {
  const column = prepare(db, "SELECT 1 FROM pragma_table_info('documents') WHERE name = 'bytes'")
  if (column.get() === undefined) return []
  const size = prepare<{ stored: number; actual: number }>(
    db,
    `SELECT bytes AS stored,
       (SELECT coalesce(sum(length(entries) + ?2), 0) FROM document_log WHERE document_id = ?1) +
       (SELECT coalesce(sum(length(state) + length(vector)), 0) FROM document_snapshots
         WHERE document_id = ?1) AS actual
     FROM documents WHERE id = ?1`,
  ).get(documentId, ROW_COST)
  if (!size || size.stored === size.actual) return []
  return [`it is stored as ${size.stored} bytes and has ${size.actual}`]
}

function problemIn(entries: Uint8Array): string | null {
  try {
    decodeEntries(entries)
    return null
  } catch (error) {
    if (error instanceof MalformedBody) return error.message
    throw error
  }
}

function chainHash(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest().subarray(0, CHAIN_BYTES))
}
