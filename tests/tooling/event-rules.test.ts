import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')
const FOLDER = 'server/sockets'
const TABLE = `lib/${FOLDER}/document-connection.ts`
let folder: string

beforeEach(async () => {
  // In lib, so that its imports resolve; nothing reads a folder whose name starts with a dot.
  folder = await mkdtemp(join(repository, 'lib/.planted-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Returns the compiler's output for the event table changed by `work`. */
async function compile(work: (source: string) => string): Promise<string> {
  const source = await readFile(join(repository, TABLE), 'utf8')
  const planted = work(source)
  await writeFile(join(folder, 'planted.ts'), planted.replaceAll("from './", `from '../${FOLDER}/`))
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: ['planted.ts'], exclude: [] }),
  )
  const tsc = join(repository, 'node_modules/.bin/tsc')
  return new Promise((resolve) => {
    execFile(tsc, ['--noEmit', '--incremental', 'false', '-p', folder], (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}

test('[ACC8] the table of events compiles as it is', async () => {
  expect(await compile((source) => source)).not.toContain('error')
}, 60_000)

test('[ACC8] an event without a rule does not compile', async () => {
  const said = await compile((source) => source.replace("'access:ask': {", "'access:demand': {"))
  expect(said).toContain('access:demand')
}, 60_000)

test('[ACC8] an event whose rule names no role does not compile', async () => {
  const said = await compile((source) => source.replace("      role: 'editor',\n", ''))
  expect(said).toContain("Property 'role' is missing")
}, 60_000)
