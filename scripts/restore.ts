import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readSettings } from '#lib/process/settings.ts'
import { restoreBackup } from '#lib/storage/restore/restore-backup.ts'

/*
 * `npm run restore -- FOLDER [--damaged]`: verifies the backup in a folder and puts it in the place of the data in
 * DATA_DIR, which is moved aside. The server must not be running. Finishes a restore that was interrupted. Exits with
 * code 1 and a sentence if nothing was restored.
 */

const SENTENCES = ['BackupRefused', 'StoreUnavailable', 'BadSetting']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { damaged: { type: 'boolean', default: false } },
})
const [folder] = positionals
if (folder === undefined || positionals.length > 1) {
  console.error('From which folder? npm run restore -- /somewhere/else/2026-11-30')
  process.exit(1)
}
try {
  process.umask(0o077)
  const { dataDir, secret } = readSettings(process.env)
  const { manifest, aside, ended, hadDatabase } = restoreBackup({
    dataDir,
    folder: resolve(folder),
    hasSecretSetting: secret !== null,
    acceptDamage: values.damaged,
    now: Date.now(),
  })
  if (manifest === null) {
    console.log('The restore that was interrupted is finished; nothing else was restored.')
  } else {
    const { documents, rows, users } = manifest.counts
    console.log(
      `${dataDir}: ${documents} documents, ${rows} rows, ${users} users, as of ${manifest.createdAt}`,
    )
  }
  if (aside !== null) console.log(`The data of before is in ${aside}; delete it when it is no longer needed.`)
  if (ended !== null) {
    console.log(
      `Ended since and still ended: ${ended.sessions} sessions, ${ended.tokens} access tokens, ${ended.users} users.`,
    )
  } else if (hadDatabase && manifest !== null) {
    console.log('The data of before cannot be read: sessions and tokens that ended since are valid again.')
  }
  if (manifest?.secret === 'setting')
    console.log('The backup belongs to the SECRET that was set at its time.')
} catch (error) {
  if (!(error instanceof Error && SENTENCES.includes(error.name))) throw error
  console.error(error.message)
  process.exitCode = 1
}
