import { hkdfSync, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BadSetting } from './settings.ts'

/**
 * Returns the server's secret: the setting SECRET, or the file `secret` in the data folder, which the first start
 * creates and only this user can read. Losing it ends every session and invalidates every address. Throws BadSetting
 * if the file contains no secret.
 */
export function readSecret(setting: string | null, dataDir: string): string {
  if (setting !== null) return setting
  const path = join(dataDir, 'secret')
  if (!existsSync(path)) createSecret(path)
  chmodSync(path, 0o600)
  const kept = readFileSync(path, 'utf8').trim()
  if (kept.length < 32)
    throw new BadSetting(`SECRET is damaged in ${path}: restore that file from a backup, or set SECRET.`)
  return kept
}

/** Creates the file as a whole or not at all. Of two servers starting in one folder, one does and the other reads it. */
function createSecret(path: string): void {
  const unnamed = `${path}.${process.pid}`
  rmSync(unnamed, { force: true })
  writeFileSync(unnamed, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(unnamed, path)
  } catch {
    // The other server was first, or the file system has no links.
    if (!existsSync(path)) renameSync(unnamed, path)
  } finally {
    rmSync(unnamed, { force: true })
  }
}

/** Returns a 32-byte key for one purpose. Anything signed for one purpose is invalid for every other. */
export function keyFor(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'commonplace', purpose, 32))
}
