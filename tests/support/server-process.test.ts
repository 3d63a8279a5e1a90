import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type ServerOptions, type ServerProcess, startServer } from './server-process.ts'

const BARE = `
import { createServer } from 'node:http'
const { HOST, PORT, MOOD, NODE_ENV, DATA_DIR } = process.env
if (MOOD === 'bad') { console.error('MOOD must be good.'); process.exit(2) }
if (MOOD === 'stubborn') process.on('SIGTERM', () => console.log('no'))
createServer((request, response) => response.end(JSON.stringify({ pid: process.pid, NODE_ENV, DATA_DIR })))
  .listen(Number(PORT), HOST, () => console.log('listening at http://' + HOST + ':' + PORT))
`
let folder: string
let script: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'server-process-'))
  script = join(folder, 'bare.mjs')
  await writeFile(script, BARE)
})
afterAll(() => rm(folder, { recursive: true }))

async function start(options: ServerOptions = {}): Promise<ServerProcess> {
  const server = await startServer({ script, ...options })
  onTestFinished(() => server.stop())
  return server
}

const ask = async (server: ServerProcess) => (await fetch(server.url)).json()

test('answers at its address once started, in production and with its own data folder', async () => {
  const server = await start()
  expect(await ask(server)).toEqual({ pid: server.pid, NODE_ENV: 'production', DATA_DIR: server.dataDir })
})

test('comes back on the same address and data after kill -9', async () => {
  const server = await start()
  const first = server.pid
  expect(await server.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
  await expect(ask(server)).rejects.toThrow()
  await server.restart()
  expect(server.pid).not.toBe(first)
  expect(await ask(server)).toMatchObject({ pid: server.pid, DATA_DIR: server.dataDir })
  expect(server.logs().match(/listening/g)).toHaveLength(2)
})

test('a server that ends instead of listening is reported with its output', async () => {
  await expect(startServer({ script, env: { MOOD: 'bad' } })).rejects.toThrow('MOOD must be good.')
})

test('SIGTERM ends it with that signal when nothing handles it', async () => {
  const server = await start()
  expect(await server.kill('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' })
})
