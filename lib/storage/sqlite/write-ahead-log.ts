import { closeSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { prepare } from './connection.ts'

/** SQLite writes the log back and begins it anew after 1,000 pages; the commit that comes to them may go beyond a little. */
const PAGES = 1024
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/**
 * Brings the write-ahead log to the size that it comes to anyway, filled with zeros. A flush of a growing file writes
 * the file's length besides (0.22 ms CPU a commit against 0.13); SQLite uses the same bytes again after each
 * checkpoint. Zeros behind the log's end are no frames: a frame has a page number, and checksums that go on from the
 * one before. Repeating is harmless; a disk without room is left as it is.
 */
export function growLog(db: DatabaseSync, path: string): void {
  const { page_size: pageBytes = 0 } = prepare<{ page_size: number }>(db, 'PRAGMA page_size').get() ?? {}
  const full = HEADER_BYTES + PAGES * (FRAME_HEADER_BYTES + pageBytes)
  if (sizeOf(`${path}-wal`) >= full) return
  // As the one writer: nobody else makes the log longer meanwhile.
  db.exec('BEGIN IMMEDIATE')
  try {
    fill(`${path}-wal`, full)
  } finally {
    db.exec('ROLLBACK')
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function fill(path: string, full: number): void {
  let log: number | null = null
  try {
    const present = sizeOf(path)
    if (present >= full) return
    log = openSync(path, 'r+')
    writeSync(log, new Uint8Array(full - present), 0, full - present, present)
    fsyncSync(log)
  } catch {
    // Commits will say what the disk lacks.
  } finally {
    if (log !== null) closeSync(log)
  }
}
