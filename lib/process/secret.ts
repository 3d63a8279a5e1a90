import { hkdfSync, randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BadSetting } from './settings.ts'

/**
 * Returns the server's secret: the setting SECRET, else the file `secret` of the data folder, made on the first start and
 * readable by this user alone. Losing it ends every session and every address given out. Throws BadSetting if the file
 * holds no secret.
 */
export function readSecret(setting: string | null, dataDir: string): string {
  if (setting !== null) return setting
  const path = join(dataDir, 'secret')
  try {
    // wx: of two servers starting on one folder, one makes the file and the other reads it.
    writeFileSync(path, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  chmodSync(path, 0o600)
  const kept = readFileSync(path, 'utf8').trim()
  if (kept.length < 32)
    throw new BadSetting(`SECRET is damaged in ${path}: restore that file from a backup, or set SECRET.`)
  return kept
}

/** Returns a key of 32 bytes for one purpose: what is signed for one purpose is invalid for every other. */
export function keyFor(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'commonplace', purpose, 32))
}
