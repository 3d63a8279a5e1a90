import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as passed } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'
import { Guest } from '../server/guest.ts'
import { startCuttableProxy } from '../support/cuttable-proxy.ts'
import { firstText } from '../support/paragraph.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { openWriter, until, type Writer } from '../support/writer.ts'

const ROOT = join(import.meta.dirname, '../..')
const TOKEN = /\[[^\]]+\]/g

let base: string
let server: ServerProcess
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'commonplace-rehearsal-'))
  server = await startServer({ dataDir: join(base, 'data') })
})
afterEach(async () => {
  await server.stop()
  rmSync(base, { recursive: true, force: true })
})

function run(script: string, ...args: string[]) {
  return spawn(process.execPath, [`scripts/${script}.ts`, ...args], {
    cwd: ROOT,
    env: { ...process.env, DATA_DIR: server.dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function told(script: string, ...args: string[]) {
  const child = run(script, ...args)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { out, err, code }
}

const textOf = (writer: Writer) => firstText(writer.doc)?.toString() ?? ''
const tokensIn = (writer: Writer) => new Set(textOf(writer).match(TOKEN))

/** Types numbered tokens until stopped, and records those that are saved. */
function type(writer: Writer, name: string, saved: Set<string>) {
  let isRunning = true
  const typing = (async () => {
    for (let n = 0; isRunning; n++) {
      const token = `[${name}.${n}]`
      writer.text().insert(writer.text().length, token)
      writer.provider.flushed().then(
        () => saved.add(token),
        () => undefined, // the server is killed before the answer
      )
      await passed(10) // a typing pace: the pause is the input, not a wait for something
    }
  })()
  return () => {
    isRunning = false
    return typing
  }
}

test('a backup made while four clients type, restored after kill -9: nothing saved is lost, and open pages bring back the rest', async () => {
  const proxy = await startCuttableProxy(server.url)
  const owner = new Guest(server.url)
  const address = await owner.createDocument()
  const first = await openWriter(proxy.url, address, { guest: owner })
  first.text()
  await first.provider.flushed()
  const writers = [first]
  for (let i = 1; i < 4; i++)
    writers.push(await openWriter(proxy.url, address, { guest: new Guest(server.url) }))
  const saved = new Set<string>()
  const stops = writers.map((writer, i) => type(writer, String(i), saved))
  await until(first.provider, () => saved.size >= 40, 20_000)

  const folder = join(base, 'backup')
  const before = new Set(saved)
  expect(await told('backup', folder)).toMatchObject({ err: '', code: 0 })
  const during = saved.size
  await until(first.provider, () => saved.size >= during + 40, 20_000)
  expect(await told('restore', folder)).toMatchObject({
    err: expect.stringContaining(`is in use by a server, process ${server.pid}`),
    code: 1,
  })
  await Promise.all(stops.map((stop) => stop()))
  await server.kill('SIGKILL')

  // A stranger is the first to see the restored server: the pages stay away.
  proxy.cut()
  const { out, err, code } = await told('restore', folder)
  expect([err, code]).toEqual(['', 0])
  const [, aside = ''] = /The data of before is in (\S+);/.exec(out) ?? []
  expect(verifyDatabase(aside).problems).toEqual([])
  await server.restart()
  expect(server.logs()).toContain('store.restored')
  const stranger = await openWriter(server.url, address)
  const restored = tokensIn(stranger)
  for (const token of before) expect(restored).toContain(token)

  expect([...saved].filter((token) => !restored.has(token))).not.toEqual([])
  proxy.restore()
  await until(
    [stranger.provider, ...writers.map(({ provider }) => provider)],
    () => [...saved].every((token) => textOf(stranger).includes(token)),
    20_000,
  )
  for (const writer of [...writers, stranger]) await writer.close()
  await proxy.close()
  await server.kill('SIGTERM')
  expect(verifyDatabase(server.dataDir).problems).toEqual([])
}, 60_000)

test('a backup that is killed is no backup, and is not written over', async () => {
  await new Guest(server.url).createDocument()
  const folder = join(base, 'cut')
  const child = run('backup', folder)
  const ended = once(child, 'close')
  await expect
    .poll(() => existsSync(folder) && readdirSync(folder).length > 0, { interval: 1, timeout: 15_000 })
    .toBe(true)
  child.kill('SIGKILL')
  await ended
  if (!existsSync(join(folder, 'backup.json'))) {
    expect(await told('backup', folder)).toMatchObject({
      err: expect.stringContaining('interrupted backup'),
      code: 1,
    })
    await server.kill('SIGTERM')
    expect(await told('restore', folder)).toMatchObject({
      err: expect.stringContaining('not a whole backup'),
      code: 1,
    })
  }
  expect(verifyDatabase(server.dataDir).problems).toEqual([])
}, 60_000)

test('a second server on the folder is refused in one sentence', async () => {
  const second = await startServer({ dataDir: server.dataDir }).catch((error: Error) => error.message)
  expect(second).toMatch(
    new RegExp(`is in use by a server, process ${server.pid} on \\S+, since \\S+: stop it first\\.\\n$`),
  )
}, 60_000)
