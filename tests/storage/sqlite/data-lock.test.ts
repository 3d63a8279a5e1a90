import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '#lib/storage/open-store.ts'
import { DataLock } from '#lib/storage/sqlite/data-lock.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-lock-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

const refusal = (take: () => unknown) => {
  try {
    take()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return null
}

/** Starts another process that takes the lock and keeps it until it is killed. */
async function holdElsewhere() {
  const module = join(import.meta.dirname, '../../../lib/storage/sqlite/data-lock.ts')
  const script = `
    const { DataLock } = await import(${JSON.stringify(module)})
    globalThis.lock = DataLock.take(${JSON.stringify(dataDir)}, 'server')
    console.log('held')
    setInterval(() => {}, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

test('a folder in use is refused in a sentence that names the process, until kill -9 ends it', async () => {
  const child = await holdElsewhere()
  const sentence = `The data folder ${dataDir} is in use by a server, process ${child.pid} on ${hostname()}, since `
  expect(refusal(() => DataLock.take(dataDir, 'restore'))).toContain(sentence)
  expect(await openStore({ dataDir }).catch((error: Error) => error.name)).toBe('StoreUnavailable')
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  const lock = DataLock.take(dataDir, 'restore')
  lock.release()
})

test('a second taker in the same process is refused too, and nothing but release frees the lock', async () => {
  const lock = DataLock.take(dataDir, 'server')
  for (let i = 0; i < 3; i++) expect(refusal(() => DataLock.take(dataDir, 'server'))).toContain('in use by')
  lock.release()
  const store = await openStore({ dataDir })
  expect(refusal(() => DataLock.take(dataDir, 'restore'))).toContain(`process ${process.pid}`)
  await store.close()
  DataLock.take(dataDir, 'restore').release()
})

test('a store that could not be opened leaves no lock', async () => {
  const { DatabaseSync } = await import('node:sqlite')
  const other = new DatabaseSync(join(dataDir, 'commonplace.db'))
  other.exec('CREATE TABLE birds (name TEXT)')
  other.close()
  await expect(openStore({ dataDir })).rejects.toThrow('another program')
  DataLock.take(dataDir, 'server').release()
})

test('a lock that is no database any more is refused in a sentence that says what to do', () => {
  const path = join(dataDir, 'commonplace.lock')
  writeFileSync(path, 'x'.repeat(4096))
  expect(refusal(() => DataLock.take(dataDir, 'server'))).toBe(
    `${path} is damaged. It holds no data: delete it and start again.`,
  )
})
