import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as v from 'valibot'
import { DATABASE_NAME, sizeOf } from '../files/database-files.ts'
import { removeFile, replaceFile, syncFile, syncFolderOf } from '../files/durable-file.ts'
import { lacksSpace } from '../files/free-space.ts'
import { BackupRefused, type Manifest, readManifest, SECRET_NAME } from '../files/manifest.ts'
import { createPrivate, giveToOwner } from '../files/private-files.ts'
import { digestOf } from '../files/seal.ts'
import { freeStamp } from '../sqlite/backup.ts'
import { DataLock } from '../sqlite/data-lock.ts'
import { makeDataFolder } from '../sqlite/database.ts'
import { markPathOf, readMark, readProgress, writeMark } from '../sqlite/history-mark.ts'
import { PENDING_NAME } from '../sqlite/lost-data.ts'
import { verifyContent } from '../sqlite/verify.ts'
import { type KeptEnded, keepEnded } from './ended-since.ts'

export interface RestoreOptions {
  readonly dataDir: string
  /** The folder of the backup. */
  readonly folder: string
  /** True if the server gets its secret from the setting SECRET. */
  readonly hasSecretSetting: boolean
  /** True to restore a backup of data that was damaged. */
  readonly acceptDamage: boolean
  /** ms since the epoch. */
  readonly now: number
}

export interface Restored {
  /** Null if an interrupted restore was finished, and nothing else done. */
  readonly manifest: Manifest | null
  /** The folder that the present data was moved to, null if there was none. */
  readonly aside: string | null
  /**
   * The numbers of sessions, tokens and users that stayed ended. Null if there was no present database, or it could
   * not be read.
   */
  readonly ended: KeptEnded | null
  /** True if there was a present database, readable or not. */
  readonly hadDatabase: boolean
}

/** The names of folders in the data folder that a restore prepares its files in, and moves the present ones to. */
const STAGED = '.restoring-'
const ASIDE = 'replaced-'

/** How to finish a restore: each file in `staged` takes the place of the one of its name, which goes to `aside`. */
const pending = v.object({ staged: v.string(), aside: v.string() })
type Pending = v.InferOutput<typeof pending>

/**
 * Puts a backup in the place of the data in `dataDir`, after verifying it. The present data is moved aside, never
 * deleted. The next start finds that the database is an older one, and clients bring back what they have beyond it
 * (docs/decisions/0011-restored-history.md). Throws BackupRefused, and StoreUnavailable while a server runs.
 *
 * Everything is prepared beside the data first. From then on a file says how to finish: after a crash no server
 * starts until another call has done so.
 */
export function restoreBackup(options: RestoreOptions): Restored {
  const { dataDir, folder } = options
  if (resolve(folder) === resolve(dataDir)) {
    throw new BackupRefused(`${folder} is the data folder itself: name the folder of a backup.`)
  }
  // Before anything is created for a name that is misspelt.
  if (!existsSync(join(dataDir, PENDING_NAME))) readManifest(folder)
  makeDataFolder(dataDir)
  const lock = DataLock.take(dataDir, 'restore')
  try {
    if (existsSync(join(dataDir, PENDING_NAME))) {
      const aside = finish(dataDir)
      return { manifest: null, aside, ended: null, hadDatabase: true }
    }
    return replace(options, checkBackup(options))
  } finally {
    lock.release()
  }
}

/** Verifies a backup: its manifest, each file's hash, and the whole database. Throws BackupRefused. */
function checkBackup({ dataDir, folder, hasSecretSetting, acceptDamage }: RestoreOptions): Manifest {
  const manifest = readManifest(folder)
  if (!manifest.files.some(({ name }) => name === DATABASE_NAME)) {
    throw new BackupRefused(`${folder} has no ${DATABASE_NAME}.`)
  }
  for (const { name, bytes, sha256 } of manifest.files) checkFile(join(folder, name), bytes, sha256)
  const { problems } = verifyContent(join(folder, DATABASE_NAME))
  if (problems.length > 0 && !acceptDamage) {
    const list = problems.map((problem) => `\n  ${problem}`).join('')
    throw new BackupRefused(`The backup in ${folder} is damaged (--damaged restores it all the same):${list}`)
  }
  const hasSecret = manifest.secret === 'file' || hasSecretSetting || existsSync(join(dataDir, SECRET_NAME))
  if (!hasSecret) {
    throw new BackupRefused(
      `The backup in ${folder} has no secret, without which no address and no session of it works: put the file ${SECRET_NAME} into ${dataDir}, or set SECRET as it was.`,
    )
  }
  return manifest
}

function checkFile(path: string, bytes: number, sha256: string): void {
  if (!existsSync(path)) throw new BackupRefused(`The backup is not whole: ${path} is missing.`)
  if (sizeOf(path) === bytes && digestOf(path) === sha256) return
  throw new BackupRefused(`The backup is damaged: ${path} is not as it was written.`)
}

function replace({ dataDir, folder, now }: RestoreOptions, manifest: Manifest): Restored {
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith(STAGED)) rmSync(join(dataDir, name), { recursive: true })
  }
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
  const lack = lacksSpace(dataDir, bytes)
  if (lack !== null) throw new BackupRefused(`The restore ${lack}.`)
  const staged = mkdtempSync(join(dataDir, STAGED))
  try {
    giveToOwner(staged)
    for (const file of manifest.files) {
      const path = join(staged, file.name)
      createPrivate(path)
      copyFileSync(join(folder, file.name), path)
      checkFile(path, file.bytes, file.sha256)
    }
    const database = join(dataDir, DATABASE_NAME)
    const hadDatabase = sizeOf(database) > 0
    const ended = hadDatabase ? keepEnded(join(staged, DATABASE_NAME), database) : null
    markRestored(join(staged, DATABASE_NAME), database)
    for (const name of readdirSync(staged)) syncFile(join(staged, name))
    const isTaken = (stamp: string) => existsSync(join(dataDir, ASIDE + stamp))
    const order: Pending = { staged: basename(staged), aside: ASIDE + freeStamp(now, isTaken) }
    replaceFile(join(dataDir, PENDING_NAME), `${JSON.stringify(order)}\n`)
    giveToOwner(join(dataDir, PENDING_NAME))
    return { manifest, aside: finish(dataDir), ended, hadDatabase }
  } catch (error) {
    if (!existsSync(join(dataDir, PENDING_NAME))) rmSync(staged, { recursive: true, force: true })
    throw error
  }
}

/** Writes a mark that is ahead of the prepared database, so that the next start takes it for an older one. */
function markRestored(staged: string, present: string): void {
  const db = new DatabaseSync(staged)
  try {
    const { starts, rows } = readProgress(db)
    writeMark(staged, { starts: Math.max(starts, readMark(present)?.starts ?? 0) + 1, rows })
  } finally {
    db.close()
  }
  giveToOwner(markPathOf(staged))
}

/**
 * Moves the present files aside and the prepared ones into their place. Idempotent after a crash at any point: a file
 * that is no longer prepared is in place. Returns the folder with the files moved aside, null if there were none.
 */
function finish(dataDir: string): string | null {
  const order = v.parse(pending, JSON.parse(readFileSync(join(dataDir, PENDING_NAME), 'utf8')))
  // Names of folders in the data folder, whoever wrote the file.
  const staged = join(dataDir, basename(order.staged))
  const aside = join(dataDir, basename(order.aside))
  mkdirSync(aside, { recursive: true, mode: 0o700 })
  giveToOwner(aside)
  const move = (name: string) => {
    if (existsSync(join(dataDir, name)) && !existsSync(join(aside, name))) {
      renameSync(join(dataDir, name), join(aside, name))
    }
  }
  // The database last: until then no file of the present data is without the one that it needs.
  for (const end of ['-wal', '-shm', '.seal']) move(`${DATABASE_NAME}${end}`)
  const names = existsSync(staged) ? readdirSync(staged) : []
  for (const name of names.toSorted((a) => (a === DATABASE_NAME ? 1 : -1))) {
    move(name)
    renameSync(join(staged, name), join(dataDir, name))
  }
  syncFolderOf(join(dataDir, DATABASE_NAME))
  syncFolderOf(join(aside, DATABASE_NAME))
  if (existsSync(staged)) rmdirSync(staged)
  removeFile(join(dataDir, PENDING_NAME))
  if (readdirSync(aside).length > 0) return aside
  rmdirSync(aside)
  return null
}
