import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { reasonOf } from '#lib/protocol/errors.ts'
import { DATABASE_NAME, identityOf, sizeOf } from '../files/database-files.ts'
import { replaceFile, syncFile } from '../files/durable-file.ts'
import { lacksSpace } from '../files/free-space.ts'
import { BackupRefused, MANIFEST_NAME, type Manifest, manifestText, SECRET_NAME } from '../files/manifest.ts'
import { createPrivate, giveToOwner } from '../files/private-files.ts'
import { digestOf } from '../files/seal.ts'
import { prepare } from './connection.ts'
import { isRestorePending } from './lost-data.ts'
import { schemaVersionOf } from './migrations.ts'
import { verifyContent } from './verify.ts'

export interface BackupOptions {
  readonly dataDir: string
  /** The folder to write to: missing or empty. */
  readonly folder: string
  /** *file*: the secret is copied too. */
  readonly secret: Manifest['secret']
  /** True to back up data with damage, which is then named in the manifest. */
  readonly acceptDamage: boolean
  /** ms since the epoch. */
  readonly now: number
}

/** The folder in the data folder for copies made before an upgrade, and the number of them that are kept. */
const UPGRADES_NAME = 'before-upgrade'
const UPGRADES_KEPT = 3
/** The names of such copies. Nothing else in that folder is touched. */
const UPGRADE = /^\d{8}T\d{6}Z-schema-\d+$/
const PACKAGE = new URL('../../../package.json', import.meta.url)

/**
 * Copies the data to a folder while a server may be running on it, and verifies the copy. It holds every edit
 * acknowledged before the call. Throws BackupRefused, and then leaves nothing behind.
 *
 * One read transaction of SQLite makes the copy: writers go on, and their write-ahead log grows until it is done. The
 * manifest comes last, so that an interrupted backup is never taken for a whole one.
 */
export function makeBackup(options: BackupOptions): Manifest {
  const { dataDir, folder } = options
  const source = join(dataDir, DATABASE_NAME)
  if (isRestorePending(dataDir)) {
    throw new BackupRefused(`A restore of ${dataDir} was interrupted: run npm run restore again first.`)
  }
  if (sizeOf(source) === 0) throw new BackupRefused(`There is no ${source} to back up.`)
  if (options.secret === 'file' && !existsSync(join(dataDir, SECRET_NAME))) {
    throw new BackupRefused(
      `There is no ${join(dataDir, SECRET_NAME)}: set SECRET as for the server, or use --without-secret.`,
    )
  }
  const isNew = makeEmpty(folder)
  try {
    return write(options, source)
  } catch (error) {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true })
    if (isNew) rmSync(folder, { recursive: true })
    if (error instanceof BackupRefused) throw error
    throw new BackupRefused(`No backup was made: ${reasonOf(error)}.`)
  }
}

/**
 * Copies the database before migrations change it, as a backup without the secret, and deletes the oldest such
 * copies. The newest copy of each schema is the last to go, so that an upgrade that fails at every start does not
 * replace those of earlier ones. Throws BackupRefused if the copy cannot be made.
 */
export function copyBeforeUpgrade(dataDir: string, schema: number, now: number): void {
  const upgrades = join(dataDir, UPGRADES_NAME)
  makeFolder(upgrades)
  // A copy without a manifest was interrupted.
  const known = readdirSync(upgrades).filter((name) => UPGRADE.test(name))
  const whole = known.filter((name) => existsSync(join(upgrades, name, MANIFEST_NAME))).toSorted()
  const newest = new Set(new Map(whole.map((name) => [name.slice(name.indexOf('-')), name])).values())
  const byWorth = [...whole.filter((name) => !newest.has(name)), ...whole.filter((name) => newest.has(name))]
  const kept = new Set(byWorth.slice(1 - UPGRADES_KEPT))
  for (const name of known) if (!kept.has(name)) rmSync(join(upgrades, name), { recursive: true })
  const end = `-schema-${schema}`
  const folder = join(upgrades, `${freeStamp(now, (name) => existsSync(join(upgrades, name + end)))}${end}`)
  makeBackup({ dataDir, folder, secret: 'left-out', acceptDamage: true, now })
}

/**
 * Returns a time as a part of a file's name that sorts by time: `20261130T194000Z`. It is a later one if that is
 * taken, so that nothing is ever written over older data.
 */
export function freeStamp(now: number, isTaken: (stamp: string) => boolean): string {
  for (let second = now; ; second += 1000) {
    const stamp = new Date(second).toISOString().replaceAll(/[-:]|\.\d+/g, '')
    if (!isTaken(stamp)) return stamp
  }
}

/** Makes a private folder. Throws BackupRefused. Idempotent. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new BackupRefused(`${folder} cannot be created: ${reasonOf(error)}.`)
  }
  giveToOwner(folder)
}

/** Returns true if the folder was created. Throws BackupRefused if it holds anything. */
function makeEmpty(folder: string): boolean {
  if (!existsSync(folder)) {
    makeFolder(folder)
    return true
  }
  if (!statSync(folder).isDirectory()) throw new BackupRefused(`${folder} is not a folder.`)
  const [found] = readdirSync(folder)
  if (found !== undefined) {
    const isBackup = existsSync(join(folder, MANIFEST_NAME))
    const isCut = !isBackup && existsSync(join(folder, DATABASE_NAME))
    const what = isBackup ? 'holds a backup' : isCut ? 'holds an interrupted backup' : 'is not empty'
    throw new BackupRefused(`${folder} ${what}: name a folder that is empty or does not exist.`)
  }
  try {
    chmodSync(folder, 0o700)
  } catch {
    // Another user's folder, or a file system without modes: the files in it are still closed.
  }
  return false
}

function write({ dataDir, folder, secret, acceptDamage, now }: BackupOptions, source: string): Manifest {
  const target = join(folder, DATABASE_NAME)
  const before = identityOf(source).database
  const schema = copyDatabase(source, target)
  const verified = verifyContent(target)
  if (verified.problems.length > 0 && !acceptDamage) {
    const problems = verified.problems.map((problem) => `\n  ${problem}`).join('')
    throw new BackupRefused(
      `No backup was made, because the data is damaged (--damaged makes one all the same):${problems}`,
    )
  }
  const names = [DATABASE_NAME] as Manifest['files'][number]['name'][]
  if (secret === 'file') {
    const copy = join(folder, SECRET_NAME)
    createPrivate(copy)
    copyFileSync(join(dataDir, SECRET_NAME), copy)
    syncFile(copy)
    names.push(SECRET_NAME)
  }
  if (identityOf(source).database !== before) {
    throw new BackupRefused(`The data in ${dataDir} was replaced meanwhile: make the backup again.`)
  }
  const { documents, rows, snapshots, problems } = verified
  const manifest = {
    createdAt: new Date(now).toISOString(),
    version: String(JSON.parse(readFileSync(PACKAGE, 'utf8')).version),
    store: 'sqlite' as const,
    schema,
    secret,
    counts: { documents, rows, snapshots, users: countUsers(target) },
    problems: [...problems],
    files: names.map((name) => {
      const path = join(folder, name)
      return { name, bytes: sizeOf(path), sha256: digestOf(path) }
    }),
  }
  replaceFile(join(folder, MANIFEST_NAME), manifestText(manifest))
  giveToOwner(join(folder, MANIFEST_NAME))
  return { format: 1, ...manifest }
}

/** Copies the database as of one moment into one file, which is on disk then. Returns its schema's version. */
function copyDatabase(source: string, target: string): number {
  const db = new DatabaseSync(source, { readOnly: true, timeout: 5000 })
  try {
    const size = prepare<{ bytes: number }>(
      db,
      'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
    ).get()
    const lack = lacksSpace(join(target, '..'), size?.bytes ?? 0)
    if (lack !== null) throw new BackupRefused(`A copy of the database ${lack}.`)
    createPrivate(target)
    prepare(db, 'VACUUM INTO ?').run(target)
    syncFile(target)
    return schemaVersionOf(db)
  } finally {
    db.close()
  }
}

function countUsers(database: string): number {
  const db = new DatabaseSync(database, { readOnly: true })
  try {
    return prepare<{ users: number }>(db, 'SELECT count(*) AS users FROM "user"').get()?.users ?? 0
  } finally {
    db.close()
  }
}
