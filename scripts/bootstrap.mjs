// Prepares the checkout for `npm start`, `npm run dev`, `npm run check` and `npm test`: does whatever is missing and
// prints each step; prints nothing if nothing is missing. npm runs it before anything is installed and on the machine's
// own Node, so it is plain JavaScript and imports nothing but Node.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 20
const root = fileURLToPath(new URL('..', import.meta.url))
const notes = join(root, 'node_modules', '.bootstrap')
const lock = join(root, '.bootstrap.lock')
const at = (...parts) => join(root, ...parts)

/** The steps of each purpose, in order. */
const needs = {
  build: [dependencies, build],
  start: [dependencies, build],
  dev: [dependencies],
  check: [dependencies, routeTypes],
  test: [dependencies, build, chromium, firefox, chineseFont],
  'bench:editor': [dependencies, chromium, chineseFont],
}

/** How to find each browser of the tests: its names on each system, and its package for apt-get. */
const browsers = {
  chromium: {
    named: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    at: [],
    package: 'chromium',
    oldest: 0,
    setting: 'CHROMIUM_PATH',
  },
  firefox: {
    named: ['firefox-esr', 'firefox'],
    at: ['/Applications/Firefox.app/Contents/MacOS/firefox', '/snap/bin/firefox'],
    package: 'firefox-esr',
    // Older ones lack features that the tests use.
    oldest: 153,
    setting: 'FIREFOX_PATH',
  },
}

/** The command that runs now. */
let running

/** A reason to stop, told in one sentence. */
class Stop extends Error {}

try {
  const steps = needs[process.argv[2]]
  if (!steps) throw new Stop(`bootstrap: one of ${Object.keys(needs).join(', ')} is needed as argument.`)
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    throw new Stop(`Node ${OLDEST_NODE} or newer is needed, and this is ${process.versions.node}.`)
  }
  await alone(async () => {
    for (const step of steps) await step()
  })
} catch (error) {
  if (!(error instanceof Stop)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function dependencies() {
  const wanted = JSON.parse(readFileSync(at('package.json'), 'utf8'))
  const pinned = wanted.dependencies.node
  const { dependencies, devDependencies, allowScripts } = wanted
  const stamp = hashOf(
    [at('package-lock.json'), at('.npmrc')],
    dependencies,
    devDependencies,
    allowScripts,
    platform(),
  )
  if (noted('installed') === stamp && existsSync(at('node_modules/.bin/node'))) return

  // A lock file written where the registry has only some platforms' optional binaries lacks the others. `npm ci` then
  // fails and `install` does not; if this platform's are missing, the exact pins hold. --no-save leaves the lock file
  // as it is.
  const foreign = !readFileSync(at('package-lock.json'), 'utf8').includes(`/swc-${platform()}`)
  const options = [
    '--no-save',
    '--include=dev',
    '--loglevel=error',
    ...(foreign ? ['--no-package-lock'] : []),
  ]
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  await run('Installing dependencies', [...npm, 'install', ...options])

  const found = spawnSync(at('node_modules/.bin/node'), ['--version'], { encoding: 'utf8' }).stdout?.trim()
  if (found !== `v${pinned}`) {
    throw new Stop(
      `Node ${pinned} did not come with the dependencies (found: ${found || 'none'}): npm must be allowed to run install scripts (npm config get ignore-scripts).`,
    )
  }
  note('installed', stamp)
}

async function build() {
  const basePath = process.env.BASE_PATH ?? ''
  if (!/^(\/[\w.~-]+)*$/.test(basePath)) {
    throw new Stop(`BASE_PATH must be empty or a path like /docs, not ${JSON.stringify(basePath)}.`)
  }
  const sources = [
    ...filesUnder('app'),
    ...filesUnder('lib'),
    ...['next.config.ts', 'tsconfig.json', 'package-lock.json'].map((file) => at(file)),
  ]
  const stamp = hashOf(sources, basePath)
  if (noted('built') === stamp && existsSync(at('.next/BUILD_ID'))) return
  rmSync(join(notes, 'built'), { force: true })
  await run('Building', [at('node_modules/.bin/node'), at('node_modules/next/dist/bin/next'), 'build'])
  note('built', stamp)
}

/** Generates the types that Next makes for pages and for imported CSS; a build makes them too. */
async function routeTypes() {
  if (existsSync(at('next-env.d.ts')) || !existsSync(at('app'))) return
  await run('Making route types', [
    at('node_modules/.bin/node'),
    at('node_modules/next/dist/bin/next'),
    'typegen',
  ])
}

function chromium() {
  return browser('chromium', [downloadBrowser, installBrowser])
}

/** Finds Firefox. The system's comes first: Playwright's own is not what people have. */
function firefox() {
  return browser('firefox', [installBrowser, downloadBrowser])
}

/** Records where a browser is, after trying each of `ways` to get one. */
async function browser(name, ways) {
  const { setting, oldest } = browsers[name]
  const called = name === 'firefox' ? `Firefox (${oldest} or newer)` : 'Chromium'
  const set = process.env[setting]
  if (set) {
    if (!fits(set, oldest)) throw new Stop(`${setting} must be a ${called} that starts, and ${set} does not.`)
    return
  }
  const known = noted(name)
  if (known && existsSync(known)) return

  let found = foundBrowser(name)
  for (const way of ways) {
    if (!found) await way(name)
    found ??= foundBrowser(name)
  }
  if (!found) throw new Stop(`No ${called} for the browser tests: install one, or name one in ${setting}.`)
  note(name, found)
}

async function downloadBrowser(name) {
  const playwright = [at('node_modules/.bin/node'), at('node_modules/@playwright/test/cli.js')]
  await run(`Downloading a browser for the tests: ${name}`, [...playwright, 'install', name], 'try')
}

function installBrowser(name) {
  return installPackage(name, browsers[name].package)
}

/** Ensures that pages and prints show Chinese: a letter without a font is missing from a printed page. */
async function chineseFont() {
  // Where fontconfig is missing (macOS, Windows) the system brings its own fonts.
  const isMissing = () => spawnSync('fc-list', [':lang=zh-tw'], { encoding: 'utf8' }).stdout?.trim() === ''
  if (!isMissing()) return
  await installPackage('Chinese font', 'fonts-noto-cjk')
  if (isMissing()) throw new Stop('No font with Chinese characters for the browser tests: install one.')
}

/** Installs a package of the system if this process may. */
async function installPackage(what, name) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return
  const aptGet = ['apt-get', '-o', 'DPkg::Lock::Timeout=120']
  await run(`Installing the system's ${what}: package lists`, [...aptGet, 'update'], 'try')
  const install = [...aptGet, 'install', '-y', '--no-install-recommends', name]
  await run(`Installing the system's ${what}`, install, 'try')
}

function foundBrowser(name) {
  const { named, oldest, at: places } = browsers[name]
  const folders = (process.env.PATH ?? '').split(':').concat('/usr/bin')
  const inPath = folders.flatMap((folder) => named.map((called) => join(folder, called)))
  const ask = `import('@playwright/test').then((browsers) => console.log(browsers.${name}.executablePath()))`
  const downloaded = spawnSync(at('node_modules/.bin/node'), ['-e', ask], {
    cwd: root,
    encoding: 'utf8',
  }).stdout.trim()
  const all = [...inPath, ...places, downloaded]
  return all.find((path) => path !== '' && existsSync(path) && fits(path, oldest))
}

/** Returns true if it starts and is not older than that. */
function fits(path, oldest) {
  const { status, stdout } = spawnSync(path, ['--version'], { timeout: 20_000, encoding: 'utf8' })
  return status === 0 && (oldest === 0 || Number(/(\d+)\./.exec(stdout)?.[1]) >= oldest)
}

/**
 * Runs a command, showing its output only if it fails. A failure ends the bootstrap, or with 'try' is only reported.
 */
async function run(what, [command, ...args], onFailure = 'stop') {
  process.stdout.write(`${what} … `)
  const begun = Date.now()
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000',
    DEBIAN_FRONTEND: 'noninteractive',
  }
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running = child
  const printed = []
  child.stdout.on('data', (bytes) => printed.push(bytes))
  child.stderr.on('data', (bytes) => printed.push(bytes))
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      printed.push(Buffer.from(error.message))
      resolve(1)
    })
    child.on('close', resolve)
  })
  running = undefined
  if (code === 0) {
    console.log(`done (${Math.round((Date.now() - begun) / 1000)} s)`)
    return
  }
  console.log('failed')
  if (onFailure === 'try') return
  process.stderr.write(Buffer.concat(printed))
  throw new Stop(`${what} failed: what ${relative(root, command) || command} said stands above.`)
}

/** Runs `task` while no other bootstrap of this checkout runs. Takes over a lock whose owner is gone. */
async function alone(task) {
  const mine = `${lock}.${process.pid}`
  process.once('SIGINT', () => end(130))
  process.once('SIGTERM', () => end(143))
  writeFileSync(mine, String(process.pid))
  try {
    await take(mine)
  } finally {
    rmSync(mine, { force: true })
  }
  process.once('exit', () => rmSync(lock, { force: true }))
  await task()
}

async function take(mine) {
  const patience = Date.now() + 15 * 60_000
  for (let told = false; ; ) {
    try {
      // A link appears completely or not at all: no process reads a lock without an owner.
      linkSync(mine, lock)
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const owner = Number(contentsOf(lock))
    if (!isAlive(owner)) {
      rmSync(lock, { force: true })
      continue
    }
    if (Date.now() > patience)
      throw new Stop(`Process ${owner} has held ${lock} for long: end it, or delete the file.`)
    if (!told) console.log(`Waiting for another start of this checkout (process ${owner}) …`)
    told = true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function end(code) {
  running?.kill()
  process.exit(code)
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Returns the binaries that this machine needs, as package names end: `linux-x64-gnu`. */
function platform() {
  process.report.excludeNetwork = true
  const gnu = process.report.getReport().header.glibcVersionRuntime !== undefined
  const libc = process.platform === 'linux' ? (gnu ? '-gnu' : '-musl') : ''
  return `${process.platform}-${process.arch}${libc}`
}

function hashOf(files, ...more) {
  const hash = createHash('sha256').update(JSON.stringify(more))
  for (const file of files.sort()) hash.update(`\0${relative(root, file)}\0`).update(contentsOf(file) ?? '')
  return hash.digest('hex')
}

function filesUnder(folder) {
  if (!existsSync(at(folder))) return []
  return readdirSync(at(folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [at(folder, entry.name)],
  )
}

function noted(name) {
  return contentsOf(join(notes, name))
}

function note(name, text) {
  mkdirSync(notes, { recursive: true })
  writeFileSync(join(notes, name), text)
}

function contentsOf(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
