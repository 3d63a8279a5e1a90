import { chmodSync, chownSync, closeSync, existsSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The ends of the names of a database's files: the database, its write-ahead log, the log's index, its seal. */
const FILES = ['', '-wal', '-shm', '.seal'] as const

/**
 * Creates a database's file if it is missing, and makes it and the files beside it unreadable for other users of the
 * machine. SQLite gives new files beside the database its mode. Leaves modes that cannot be changed. Idempotent.
 */
export function makePrivate(database: string): void {
  if (!existsSync(database)) createPrivate(database)
  for (const end of FILES) {
    const path = `${database}${end}`
    try {
      if (existsSync(path)) chmodSync(path, 0o600)
    } catch {
      // Another user's file, or a file system without modes. A disk that fails is met when the file is opened.
    }
  }
}

/** Creates an empty file that only the owner of its folder can read. */
export function createPrivate(path: string): void {
  closeSync(openSync(path, 'wx', 0o600))
  giveToOwner(path)
}

/**
 * Gives a file or folder that root created to the owner of the folder it is in, who runs the server. Leaves it where
 * that is not allowed, as on a network disk and to the root of a container without capabilities.
 */
export function giveToOwner(path: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  try {
    chownSync(path, uid, gid)
  } catch {
    // The file is usable: this process created it.
  }
}
