import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = import.meta.dirname
const NOTE = join(FOLDER, 'node_modules/.installed')

/** Installs the peers if they are missing or the versions changed. Says so on standard error. Throws if npm fails. */
export function installPeers(): void {
  const wanted = createHash('sha256')
    .update(readFileSync(join(FOLDER, 'package.json')))
    .update(readFileSync(join(FOLDER, 'package-lock.json')))
    .digest('hex')
  if (existsSync(NOTE) && readFileSync(NOTE, 'utf8') === wanted) return
  console.error('Installing the peers that are measured beside us …')
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  const [program = 'npm', ...args] = npm
  // No scripts: the peers are plain JavaScript or come built (see servers/sqlite-driver.mjs for the exception).
  const options = ['install', '--no-save', '--ignore-scripts', '--loglevel=error']
  const { status } = spawnSync(program, [...args, ...options], { cwd: FOLDER, stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error(`npm could not install the peers in ${FOLDER}`)
  writeFileSync(NOTE, wanted)
}
