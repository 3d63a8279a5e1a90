import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const SCRIPT = join(import.meta.dirname, '../../scripts/bootstrap.mjs')
const PINNED = '24.21.0'
/** A substitute for npm that records its calls and puts a Node of that version where npm would. */
const NPM = `
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync('asked', process.argv.slice(2).join(' ') + '\\n')
mkdirSync('node_modules/.bin', { recursive: true })
writeFileSync('node_modules/.bin/node', '#!/bin/sh\\necho v' + (process.env.BRINGS ?? '${PINNED}'), { mode: 0o755 })
`
const TOO_OLD = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'18.20.1'}})`

let tree: string

beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'bootstrap-'))
  await mkdir(join(tree, 'scripts'))
  await copyFile(SCRIPT, join(tree, 'scripts/bootstrap.mjs'))
  await writeFile(join(tree, 'package.json'), JSON.stringify({ dependencies: { node: PINNED } }))
  await writeFile(join(tree, 'package-lock.json'), ownPlatforms())
  await writeFile(join(tree, '.npmrc'), '')
  await writeFile(join(tree, 'npm.mjs'), NPM)
})
afterEach(() => rm(tree, { recursive: true, force: true }))

function ownPlatforms(): string {
  return ['gnu', 'musl'].map((libc) => `/swc-${process.platform}-${process.arch}-${libc}`).join()
}

interface Outcome {
  readonly code: number
  readonly said: string
}

function bootstrap(
  purpose: string,
  env: Record<string, string> = {},
  flags: string[] = [],
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...flags, 'scripts/bootstrap.mjs', purpose],
      {
        cwd: tree,
        env: {
          ...process.env,
          npm_execpath: join(tree, 'npm.mjs'),
          CHROMIUM_PATH: '',
          FIREFOX_PATH: '',
          ...env,
        },
      },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    )
  })
}

async function asked(): Promise<string[]> {
  const lines = await readFile(join(tree, 'asked'), 'utf8').catch(() => '')
  return lines.split('\n').filter(Boolean)
}

test('installs what is missing, says so, and is silent when nothing is', async () => {
  expect(await bootstrap('dev')).toEqual({
    code: 0,
    said: expect.stringMatching(/^Installing dependencies … done/),
  })
  expect(await bootstrap('dev')).toEqual({ code: 0, said: '' })
  expect(await asked()).toEqual(['install --no-save --include=dev --loglevel=error'])
})

test('installs again when the lock changed or the folder went', async () => {
  await bootstrap('dev')
  await writeFile(join(tree, 'package-lock.json'), `${ownPlatforms()} changed`)
  await bootstrap('dev')
  await rm(join(tree, 'node_modules'), { recursive: true })
  await bootstrap('dev')
  expect(await asked()).toHaveLength(3)
})

test("a lock without this platform's binaries is not used", async () => {
  await writeFile(join(tree, 'package-lock.json'), '/swc-plan9-mips')
  await bootstrap('dev')
  expect(await asked()).toEqual([expect.stringContaining('--no-package-lock')])
})

test('two running concurrently install once', async () => {
  const outcomes = await Promise.all([bootstrap('dev'), bootstrap('dev')])
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0])
  expect(await asked()).toHaveLength(1)
})

test('a lock whose owner was killed is taken over', async () => {
  const dead = execFile(process.execPath, ['-e', ''])
  await new Promise((resolve) => dead.once('close', resolve))
  await writeFile(join(tree, '.bootstrap.lock'), String(dead.pid))
  expect((await bootstrap('dev')).code).toBe(0)
})

test('ends with one sentence when Node is too old', async () => {
  expect(await bootstrap('start', {}, ['--import', TOO_OLD])).toEqual({
    code: 1,
    said: 'Node 20 or newer is needed, and this is 18.20.1.\n',
  })
})

test.each(['docs', '/docs/', '/', 'http://x/docs'])(
  'ends with one sentence when BASE_PATH is %s',
  async (path) => {
    const { code, said } = await bootstrap('start', { BASE_PATH: path })
    expect(code).toBe(1)
    expect(said).toMatch(/^BASE_PATH must be empty or a path like \/docs, not ".*"\.$/m)
  },
)

test('ends with one sentence when CHROMIUM_PATH does not start', async () => {
  await bootstrap('dev')
  await mkdir(join(tree, '.next'))
  await writeFile(join(tree, '.next/BUILD_ID'), '')
  const { code, said } = await bootstrap('test', { CHROMIUM_PATH: '/nowhere' })
  expect(code).toBe(1)
  expect(said).toContain('CHROMIUM_PATH must be a Chromium that starts, and /nowhere does not.\n')
})

test('ends with one sentence when the Firefox of FIREFOX_PATH is too old, and takes one that is not', async () => {
  await bootstrap('dev')
  await mkdir(join(tree, '.next'))
  await writeFile(join(tree, '.next/BUILD_ID'), '')
  const firefox = join(tree, 'firefox')
  const browsers = { CHROMIUM_PATH: '/bin/true', FIREFOX_PATH: firefox }
  await writeFile(firefox, '#!/bin/sh\necho Mozilla Firefox 140.12.0esr', { mode: 0o755 })
  const old = await bootstrap('test', browsers)
  expect(old.code).toBe(1)
  expect(old.said).toContain(
    `FIREFOX_PATH must be a Firefox (153 or newer) that starts, and ${firefox} does not.\n`,
  )
  await writeFile(firefox, '#!/bin/sh\necho Mozilla Firefox 153.7.0esr', { mode: 0o755 })
  expect((await bootstrap('test', browsers)).code).toBe(0)
})

test('ends with one sentence when the pinned Node did not come', async () => {
  const { code, said } = await bootstrap('dev', { BRINGS: '24.0.0' })
  expect(code).toBe(1)
  expect(said).toContain(`Node ${PINNED} did not come with the dependencies (found: v24.0.0)`)
})

test('ends with one sentence, after what npm said, when installing fails', async () => {
  await writeFile(join(tree, 'npm.mjs'), `console.error('no network'); process.exit(1)`)
  const { code, said } = await bootstrap('dev')
  expect(code).toBe(1)
  expect(said).toMatch(/Installing dependencies … failed\nno network\nInstalling dependencies failed: .*\n$/)
})
