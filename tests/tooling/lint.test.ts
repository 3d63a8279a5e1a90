import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')
let tree: string

beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'lint-'))
  await mkdir(join(tree, 'scripts'))
  await mkdir(join(tree, 'lib/collab'), { recursive: true })
  await mkdir(join(tree, 'lib/client'), { recursive: true })
  for (const file of ['biome.json', 'scripts/no-randomness.grit', 'scripts/no-direct-storage.grit']) {
    await copyFile(join(repository, file), join(tree, file))
  }
})
afterEach(() => rm(tree, { recursive: true, force: true }))

/** Lints a file with that text. */
async function lint(file: string, text: string): Promise<{ ok: boolean; said: string }> {
  await writeFile(join(tree, file), text)
  const biome = join(repository, 'node_modules/.bin/biome')
  return new Promise((resolve) => {
    execFile(biome, ['lint', '--vcs-enabled=false', '.'], { cwd: tree }, (error, stdout, stderr) =>
      resolve({ ok: error === null, said: stdout + stderr }),
    )
  })
}

test.each([
  ['export const at = Date.now()', 'Time is passed in'],
  ['setTimeout(() => undefined, 1)', 'Time is passed in'],
  ['export const die = Math.random()', 'Randomness is passed in'],
  ['export const id = crypto.randomUUID()', 'Randomness and hashing are passed in'],
])('the rules have no clock and no chance: %s is found', async (text, said) => {
  const outcome = await lint('lib/collab/planted.ts', `${text}\n`)
  expect(outcome.ok).toBe(false)
  expect(outcome.said).toContain(said)
})

test('elsewhere there is time', async () => {
  const { ok } = await lint('lib/client/planted.ts', 'export const at = Date.now() + Math.random()\n')
  expect(ok).toBe(true)
})

test.each([
  'export const names = () => indexedDB.databases()',
  'export const last = () => sessionStorage.getItem("last")',
  'export const tell = () => new BroadcastChannel("x").close()',
  'export const locks = () => navigator.locks',
  'export const id = () => crypto.randomUUID()',
])('only one module reaches what browsers store: %s is found', async (text) => {
  const outcome = await lint('lib/client/planted.ts', `${text}\n`)
  expect(outcome.ok).toBe(false)
  expect(outcome.said).toContain('browser-storage.ts')
})

test.each([
  ['export const one = (two: any) => two\n', 'noExplicitAny'],
  ['export const one = (two?: string) => two!.length\n', 'noNonNullAssertion'],
  ["export * from './other.ts'\n", 'noReExportAll'],
])('%s is found', async (text, rule) => {
  const outcome = await lint('lib/client/planted.ts', text)
  expect(outcome.ok).toBe(false)
  expect(outcome.said).toContain(rule)
})
