import { ResetLinks } from '#lib/people/secrets/reset-links.ts'
import { readSecret } from '#lib/process/secret.ts'
import { readSettings } from '#lib/process/settings.ts'
import { urlOf } from '#lib/protocol/urls.ts'
import { readCredential } from '#lib/storage/sqlite/credentials.ts'

/*
 * `npm run reset-password -- user@example.org`: prints a link that sets a new password for that account, once, within
 * an hour. Reads the settings of the server (DATA_DIR, SECRET, PUBLIC_URL), which may be running, and changes
 * nothing.
 */

const [email] = process.argv.slice(2)
const settings = readSettings(process.env)
const found = email === undefined ? null : readCredential(settings.dataDir, email)
if (found === null) {
  console.error(
    email === undefined
      ? 'Whose? npm run reset-password -- somebody@example.org'
      : `There is no account ${email}.`,
  )
  process.exitCode = 1
} else {
  const secret = readSecret(settings.secret, settings.dataDir)
  const token = new ResetLinks(secret, Date.now).issue(found.userId, found.passwordHash)
  const origin = settings.publicOrigin ?? `http://${settings.host}:${settings.port}`
  console.log(urlOf(origin, { to: 'reset', token }))
}
