import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { reasonOf } from '#lib/protocol/errors.ts'

/** The name of a backup's manifest. It is written last: a folder without one is not a whole backup. */
export const MANIFEST_NAME = 'backup.json'

/** The name of the secret's file, in the data folder and in a backup (lib/process/secret.ts). */
export const SECRET_NAME = 'secret'

/** The `format` of the manifests that this version writes and reads. */
const FORMAT = 1

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const manifest = v.object({
  format: v.literal(FORMAT),
  /** The time at which the backup was begun, ISO 8601. It has every edit acknowledged before. */
  createdAt: v.string(),
  /** The version of the Commonplace that made it. */
  version: v.string(),
  store: v.literal('sqlite'),
  /** The number of migrations done in the database. */
  schema: count,
  /**
   * *file*: the backup has the file. *setting*: the server has it from the setting SECRET. *left-out*: it must be kept
   * elsewhere.
   */
  secret: v.picklist(['file', 'setting', 'left-out']),
  counts: v.object({ documents: count, rows: count, snapshots: count, users: count }),
  /** The damage that the data had when it was copied, as `npm run verify` reports it; usually empty. */
  problems: v.array(v.string()),
  /** The files by name, with their SHA-256 in hexadecimal. */
  files: v.array(
    v.object({
      name: v.picklist(['commonplace.db', SECRET_NAME]),
      bytes: count,
      sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    }),
  ),
})

export type Manifest = v.InferOutput<typeof manifest>

export function manifestText(content: Omit<Manifest, 'format'>): string {
  return `${JSON.stringify({ format: FORMAT, ...content } satisfies Manifest, null, 2)}\n`
}

/** Returns the manifest of a backup. Throws BackupRefused if the folder is not a whole backup of a known format. */
export function readManifest(folder: string): Manifest {
  let text: string
  try {
    text = readFileSync(join(folder, MANIFEST_NAME), 'utf8')
  } catch {
    throw new BackupRefused(
      `${folder} is not a whole backup: it has no ${MANIFEST_NAME}, which npm run backup writes last.`,
    )
  }
  try {
    return v.parse(manifest, JSON.parse(text))
  } catch (error) {
    throw new BackupRefused(
      `${join(folder, MANIFEST_NAME)} cannot be read, or is of a newer version: ${reasonOf(error)}.`,
    )
  }
}

/** Thrown if a backup cannot be made or restored. The message is for the administrator. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused'
}
