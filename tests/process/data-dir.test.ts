import { chmodSync, mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareDataDir } from '#lib/process/data-dir.ts'
import { sentenceFor } from '#lib/process/settings.ts'
import { openStore } from '#lib/storage/open-store.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'commonplace-dir-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const modeOf = (path: string) => statSync(path).mode & 0o7777

test('an existing folder and the database in it are closed to other users', async () => {
  const dataDir = join(dir, 'data')
  expect(prepareDataDir(dataDir)).toBe(true)
  await (await openStore({ dataDir })).close()
  const files = ['commonplace.db', 'commonplace.mark', 'commonplace.db.seal', 'commonplace.lock']
  for (const name of files) chmodSync(join(dataDir, name), 0o644)
  chmodSync(dataDir, 0o755)

  expect(prepareDataDir(dataDir)).toBe(true)
  const store = await openStore({ dataDir })
  expect(modeOf(dataDir)).toBe(0o700)
  for (const name of ['commonplace.db', 'commonplace.db-wal', 'commonplace.db-shm', 'commonplace.mark'])
    expect([name, modeOf(join(dataDir, name))]).toEqual([name, 0o600])
  await store.close()
  expect(modeOf(join(dataDir, 'commonplace.db.seal'))).toBe(0o600)
})

test('files that a crash left are closed too', async () => {
  mkdirSync(join(dir, 'data'))
  for (const name of ['commonplace.db', 'commonplace.db-wal']) {
    writeFileSync(join(dir, 'data', name), '')
    chmodSync(join(dir, 'data', name), 0o644)
  }
  const store = await openStore({ dataDir: join(dir, 'data') })
  for (const name of ['commonplace.db', 'commonplace.db-wal'])
    expect(modeOf(join(dir, 'data', name))).toBe(0o600)
  await store.close()
})

test('a folder that is shared by design keeps its mode, and is reported', () => {
  const shared = join(dir, 'shared')
  mkdirSync(shared)
  chmodSync(shared, 0o1777)
  expect(prepareDataDir(shared)).toBe(false)
  expect(modeOf(shared)).toBe(0o1777)
})

test('a folder that holds other things keeps its mode, and is reported', () => {
  const shared = join(dir, 'srv')
  mkdirSync(join(shared, 'www'), { recursive: true })
  mkdirSync(join(shared, 'lost+found'))
  chmodSync(shared, 0o755)
  expect(prepareDataDir(shared)).toBe(false)
  expect(modeOf(shared)).toBe(0o755)
  rmdirSync(join(shared, 'www'))
  expect(prepareDataDir(shared)).toBe(true)
})

test('a full disk is a sentence, whoever met it first', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  expect(sentenceFor(full)).toBe('The disk is full: free some space and start again.')
  expect(sentenceFor(Object.assign(full, { path: '/data/secret' }))).toContain('/data/secret')
})
