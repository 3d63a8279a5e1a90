import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Replaces a small file as a whole or not at all; only this user can read it. It is on disk when this returns.
 */
export function replaceFile(path: string, text: string): void {
  synced(`${path}.tmp`, 'w', (file) => writeSync(file, text))
  renameSync(`${path}.tmp`, path)
  syncFolderOf(path)
}

/** Removes a file durably. Idempotent. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  syncFolderOf(path)
}

/** Syncs a file and its name. */
export function syncFile(path: string): void {
  synced(path, 'r+')
  syncFolderOf(path)
}

/** Syncs the folder of a file: the file's name is on disk only then. Windows cannot open a folder. */
export function syncFolderOf(path: string): void {
  if (process.platform !== 'win32') synced(dirname(path), 'r')
}

function synced(path: string, flags: string, write?: (file: number) => void): void {
  const file = openSync(path, flags, 0o600)
  try {
    write?.(file)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
