import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** The name of the database file in the data folder. */
export const DATABASE_NAME = 'commonplace.db'

/** The first bytes of a write-ahead log that has frames, without the last bit. */
const LOG_MAGIC = 0x377f0682

/** Identifies the files of a database in the file system: a copy of them has others. */
export interface FileIdentity {
  readonly database: string
  /** Null if there is no write-ahead log. */
  readonly log: string | null
}

export function identityOf(database: string): FileIdentity {
  return { database: identity(database) ?? '', log: identity(`${database}-wal`) }
}

/** Returns the size of a file in bytes, 0 if it is missing. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** Returns true if the write-ahead log of a database holds something. Its file is filled with zeros before that. */
export function hasFrames(database: string): boolean {
  if (sizeOf(`${database}-wal`) <= 32) return false
  const file = openSync(`${database}-wal`, 'r')
  try {
    const magic = Buffer.alloc(4)
    readSync(file, magic, 0, 4, 0)
    return (magic.readUInt32BE() & ~1) >>> 0 === LOG_MAGIC
  } finally {
    closeSync(file)
  }
}

/** A number alone is not enough: file systems give the number of a deleted file to the next one. */
function identity(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.ino}:${Math.floor(found.birthtimeMs)}` : null
}
