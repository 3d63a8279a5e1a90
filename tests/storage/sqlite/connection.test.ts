import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configure, openConnection } from '#lib/storage/sqlite/connection.ts'

test('a connection is configured so that a commit is on disk before it returns', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'commonplace-connection-'))
  const db = openConnection(join(folder, 'a.db'))
  configure(db)
  const setting = (name: string) => db.prepare(`PRAGMA ${name}`).get()?.[name]
  expect(setting('journal_mode')).toBe('wal')
  expect(setting('synchronous')).toBe(2)
  expect(setting('fullfsync')).toBe(1)
  expect(setting('foreign_keys')).toBe(1)
  expect(db.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 5000 })
  db.close()
  await rm(folder, { recursive: true })
})
