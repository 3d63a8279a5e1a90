import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { removeFile, replaceFile } from './durable-file.ts'

/*
 * While the database is closed, a small file beside it, the seal, records the digest of its bytes at closing. It
 * reveals damage at rest even where nothing else depends on the bytes: in a title, a name, an unused page.
 */

/** The largest file that is sealed: closing must not take long. */
const MOST_BYTES = 4 * 1024 ** 3
const CHUNK_BYTES = 4 * 1024 * 1024

/** Seals a database that was just closed, unless part of it is still in a write-ahead log. */
export function seal(database: string): void {
  try {
    if (hasLog(database) || statSync(database).size > MOST_BYTES) return
    replaceFile(sealOf(database), `${digestOf(database)}\n`)
  } catch {
    // For example a full disk: without a seal nothing is claimed.
  }
}

/** Removes the seal, before the database is opened for writing. Idempotent. */
export function breakSeal(database: string): void {
  removeFile(sealOf(database))
}

/**
 * Returns true if the database is sealed and its bytes have changed since. A database that is opened meanwhile counts
 * as intact.
 */
export function isSealBroken(database: string): boolean {
  const sealed = readSeal(database)
  if (sealed === null || hasLog(database) || digestOf(database) === sealed) return false
  return readSeal(database) === sealed
}

/** Returns true if the database is sealed, no part of it is in a write-ahead log, and its bytes are as at closing. */
export function isSealIntact(database: string): boolean {
  const sealed = readSeal(database)
  return sealed !== null && !hasLog(database) && digestOf(database) === sealed
}

function sealOf(database: string): string {
  return `${database}.seal`
}

function readSeal(database: string): string | null {
  try {
    return readFileSync(sealOf(database), 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function hasLog(database: string): boolean {
  const log = statSync(`${database}-wal`, { throwIfNoEntry: false })
  return log !== undefined && log.size > 0
}

/** Returns the SHA-256 of a file, in hexadecimal. */
export function digestOf(path: string): string {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const bytes = readSync(file, chunk)
      if (bytes === 0) return hash.digest('hex')
      hash.update(chunk.subarray(0, bytes))
    }
  } finally {
    closeSync(file)
  }
}
