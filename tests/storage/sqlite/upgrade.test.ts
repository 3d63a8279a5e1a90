import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lacksSpace } from '#lib/storage/files/free-space.ts'
import { openStore } from '#lib/storage/open-store.ts'
import { restoreBackup } from '#lib/storage/restore/restore-backup.ts'
import { openDatabase } from '#lib/storage/sqlite/database.ts'
import { migrate, SCHEMA_VERSION, schemaVersionOf } from '#lib/storage/sqlite/migrations.ts'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'commonplace-upgrade-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const openFile = () => new DatabaseSync(join(dataDir, 'commonplace.db'))

/** Makes the database of the release before the backup command, with one document. */
function makeOlder(): void {
  const db = openFile()
  migrate(db, 4)
  db.exec(`INSERT INTO documents (id, lineage, owner_id, created_at, updated_at, head_chain, schema_version)
    VALUES ('a', 'l', 'ann', 1, 1, zeroblob(16), 1)`)
  db.close()
}

test('before its first migration a database is copied, as a backup that can be restored', async () => {
  makeOlder()
  await (await openStore({ dataDir })).close()
  const [copy = ''] = readdirSync(join(dataDir, 'before-upgrade'))
  expect(copy).toMatch(/^\d{8}T\d{6}Z-schema-4$/)
  expect(verifyDatabase(dataDir)).toMatchObject({ problems: [], documents: 1 })
  const folder = join(dataDir, 'before-upgrade', copy)
  expect(verifyDatabase(folder)).toMatchObject({ problems: [], documents: 1 })

  const options = { dataDir, folder, hasSecretSetting: true, acceptDamage: false, now: 0 }
  expect(restoreBackup(options).manifest).toMatchObject({ schema: 4, secret: 'left-out' })
  const db = openFile()
  expect(schemaVersionOf(db)).toBe(4)
  db.close()
  await (await openStore({ dataDir })).close()
  expect(readdirSync(join(dataDir, 'before-upgrade'))).toHaveLength(2)
})

test('an upgrade that fails at every start leaves the database and its first copies as they were', async () => {
  makeOlder()
  const upgrades = join(dataDir, 'before-upgrade')
  const others = ['mine', '20200101T000000Z-schema-3', '20200202T000000Z-schema-2']
  for (const name of others) mkdirSync(join(upgrades, name), { recursive: true })
  for (const name of others) writeFileSync(join(upgrades, name, 'backup.json'), '{}')
  rmSync(join(upgrades, 'mine', 'backup.json'))
  const db = openFile()
  // Makes the last step fail.
  db.exec('CREATE INDEX unlocks_user ON unlocks (user_id)')
  db.close()
  for (let i = 0; i < 4; i++) {
    expect(() => openDatabase(dataDir, () => undefined)).toThrow('unlocks_user')
    const failed = openFile()
    expect(schemaVersionOf(failed)).toBe(4)
    failed.close()
  }
  const kept = readdirSync(upgrades)
  expect(kept).toContain('mine')
  expect(kept.filter((name) => name.endsWith('-schema-4'))).not.toHaveLength(0)
  expect(kept.filter((name) => /-schema-[23]$/.test(name))).not.toHaveLength(0)
  expect(kept).toHaveLength(4)
})

test('a new database and one of this version are not copied', async () => {
  await (await openStore({ dataDir })).close()
  await (await openStore({ dataDir })).close()
  expect(readdirSync(dataDir)).not.toContain('before-upgrade')
})

test('a database that cannot be copied is not migrated', () => {
  makeOlder()
  writeFileSync(join(dataDir, 'before-upgrade'), 'a file where the folder should be')
  expect(() => openDatabase(dataDir, () => undefined)).toThrow(
    'The database is copied before it is upgraded, and that failed. ',
  )
  const after = openFile()
  expect(schemaVersionOf(after)).toBe(4)
  after.close()
})

test('a copy that does not fit is named with what it needs and what is free', () => {
  expect(lacksSpace(dataDir, 1e18)).toMatch(/^needs \d+ MB in \S+, and \d+ MB are free$/)
  expect(lacksSpace(dataDir, 1)).toBeNull()
})

test('a database of a newer format is refused in a sentence', async () => {
  await (await openStore({ dataDir })).close()
  const db = openFile()
  db.exec("UPDATE meta SET value = 1 WHERE key = 'format'")
  db.close()
  await expect(openStore({ dataDir })).rejects.toThrow('newer version of Commonplace (its format is 1')
  expect(SCHEMA_VERSION).toBeGreaterThanOrEqual(5)
})
