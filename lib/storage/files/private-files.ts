import { chmodSync, chownSync, closeSync, existsSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The ends of the names of a database's files: the database, its write-ahead log, the log's index, its seal. */
const FILES = ['', '-wal', '-shm', '.seal'] as const

/**
 * Creates a database's file if it is missing, and makes it and the files beside it unreadable for other users of the
 * machine. SQLite gives new files beside the database its mode. Leaves files of another user as they are. Idempotent.
 */
export function makePrivate(database: string): void {
  if (!existsSync(database)) createPrivate(database)
  for (const end of FILES) {
    const path = `${database}${end}`
    try {
      if (existsSync(path)) chmodSync(path, 0o600)
    } catch (error) {
      if (!isRefused(error)) throw error
    }
  }
}

/** Creates an empty file that only the owner of its folder can read. */
export function createPrivate(path: string): void {
  closeSync(openSync(path, 'wx', 0o600))
  giveToOwner(path)
}

/** Gives a file or folder that root created to the owner of the folder it is in, who runs the server. */
export function giveToOwner(path: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  chownSync(path, uid, gid)
}

/** Returns true if the mode cannot be changed: the file is another user's, or the file system has no modes. */
function isRefused(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'EPERM' || code === 'ENOTSUP' || code === 'EROFS'
}
