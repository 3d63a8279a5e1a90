import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { BadSetting, codeOf } from './settings.ts'

const STICKY = 0o1000
const OTHERS = 0o077
/** The files of a data folder, and those that a file system or a folder in a repository has. */
const OWN =
  /^(commonplace\..*|secret(\..*)?|before-upgrade|replaced-.*|\.restoring-.*|\.try-.*|lost\+found|\.git.*)$/

/**
 * Creates the data folder if it is missing, checks that it is writable, and makes it unreadable for other users of
 * the machine. Returns false if it stays readable for them: it is another user's, shared by design (`/tmp`), used for
 * other things too (`/srv`), or on a file system without modes. Throws BadSetting if it cannot be written. Idempotent.
 */
export function prepareDataDir(dataDir: string): boolean {
  try {
    makeFolder(dataDir)
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    rmdirSync(mkdtempSync(join(dataDir, '.try-')))
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new BadSetting(`The disk of DATA_DIR ${dataDir} is full: free some space and start again.`)
    throw new BadSetting(`DATA_DIR must be a folder that can be written, and ${dataDir} is not (${code}).`)
  }
  return closeToOthers(dataDir)
}

function closeToOthers(folder: string): boolean {
  // Windows has no modes; there a new folder inherits the rights of the one around it.
  if (process.platform === 'win32') return true
  const { mode } = statSync(folder)
  if ((mode & OTHERS) === 0) return true
  if ((mode & STICKY) !== 0 || dirname(folder) === folder) return false
  if (readdirSync(folder).some((name) => !OWN.test(name))) return false
  try {
    chmodSync(folder, 0o700)
  } catch {
    // Another user's folder, or a file system without modes.
  }
  return (statSync(folder).mode & OTHERS) === 0
}

/**
 * Makes a folder and its parents. Node's own recursive mkdir never returns on a file system that makes no folders
 * (/proc).
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}
