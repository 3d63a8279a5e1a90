import { setPriority } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readSettings } from '#lib/process/settings.ts'
import { BackupRefused } from '#lib/storage/files/manifest.ts'
import { makeBackup } from '#lib/storage/sqlite/backup.ts'

/*
 * `npm run backup -- FOLDER [--without-secret] [--damaged]`: copies the data in DATA_DIR to a folder that is empty or
 * missing, while the server may be running, and verifies the copy. Exits with code 1 and a sentence if there is no
 * backup then.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'without-secret': { type: 'boolean', default: false },
    damaged: { type: 'boolean', default: false },
  },
})
const [folder] = positionals
if (folder === undefined || positionals.length > 1) {
  console.error('To which folder? npm run backup -- /somewhere/else/2026-11-30')
  process.exit(1)
}
try {
  // The server and the people on it come first.
  setPriority(10)
  process.umask(0o077)
  const { dataDir, secret } = readSettings(process.env)
  const { counts, problems } = makeBackup({
    dataDir,
    folder: resolve(folder),
    secret: values['without-secret'] ? 'left-out' : secret === null ? 'file' : 'setting',
    acceptDamage: values.damaged,
    now: Date.now(),
  })
  const { documents, rows, users } = counts
  for (const problem of problems) console.log(problem)
  const state = problems.length === 0 ? 'verified' : `${problems.length} problems that the data has too`
  console.log(`${resolve(folder)}: ${documents} documents, ${rows} rows, ${users} users; ${state}`)
  if (secret !== null) console.log('SECRET is a setting of the server: keep it as well.')
  else if (values['without-secret']) console.log('The secret is not in it: keep that file as well.')
} catch (error) {
  if (!(error instanceof BackupRefused) && !(error instanceof Error && error.name === 'BadSetting'))
    throw error
  console.error(error.message)
  process.exitCode = 1
}
