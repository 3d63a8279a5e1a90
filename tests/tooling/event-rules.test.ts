import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')
const CONNECTION = 'lib/server/sockets/document-connection.ts'
const UPDATE = 'lib/protocol/messages/update.ts'
let folder: string

beforeEach(async () => {
  // Beside the code, so that its imports lead where they lead; nothing reads this folder.
  folder = await mkdtemp(join(repository, 'lib/.planted-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Returns what the compiler says of a copy of `file` with `change` made to it. */
async function compile(file: string, change: (source: string) => string): Promise<string> {
  const source = await readFile(join(repository, file), 'utf8')
  const planted = change(source).replace(
    /from '(\.[^']*)'/g,
    (_all, path: string) => `from '${join('../..', dirname(file), path)}'`,
  )
  await writeFile(join(folder, 'planted.ts'), planted)
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

test.each([CONNECTION, UPDATE])(
  '[ACC8] %s compiles as it is',
  async (file) => {
    expect(await compile(file, (source) => source)).not.toContain('error')
  },
  60_000,
)

test('[ACC8] a message without a handler does not compile', async () => {
  const said = await compile(CONNECTION, (source) => source.replace("'access:ask'(", "'access:demand'("))
  expect(said).toContain('access:ask')
}, 60_000)

test.each(['role', 'rate'])(
  '[ACC8] a message whose rule names no %s does not compile',
  async (field) => {
    const said = await compile(UPDATE, (source) => source.replace(new RegExp(`^  ${field}: .*\\n`, 'm'), ''))
    expect(said).toContain(`'${field}' is missing`)
  },
  60_000,
)

test('[ACC8] a role for a message that names no room does not compile', async () => {
  const said = await compile(UPDATE, (source) =>
    source.replace('  body: decodeBatch,\n', '  body: (bytes: Uint8Array) => ({ length: bytes.length }),\n'),
  )
  expect(said).toContain("does not satisfy the expected type 'UpRule'")
}, 60_000)
