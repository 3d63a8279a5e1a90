import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { type RestoreOptions, restoreBackup } from '#lib/storage/restore/restore-backup.ts'
import { type BackupOptions, makeBackup } from '#lib/storage/sqlite/backup.ts'
import { openDatabase } from '#lib/storage/sqlite/database.ts'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'
import { DOCUMENTS, documentOf, rowOf } from '../../support/known-log.ts'

/** Renames are the steps of a restore; the one with number `at` fails, as if the process had been killed there. */
const cut = vi.hoisted(() => ({ at: 0, done: 0 }))
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const renameSync: typeof fs.renameSync = (from, to) => {
    if (++cut.done === cut.at) throw new Error('cut')
    fs.renameSync(from, to)
  }
  return { ...fs, renameSync, default: { ...fs, renameSync } }
})

const SECRET = 'x'.repeat(43)
let base: string
let dataDir: string
let store: Store

/** A store with every document at row 3, and a secret. */
beforeEach(async () => {
  cut.at = 0
  base = mkdtempSync(join(tmpdir(), 'commonplace-backup-'))
  dataDir = join(base, 'data')
  store = await openStore({ dataDir })
  writeFileSync(join(dataDir, 'secret'), SECRET, { mode: 0o600 })
  for (const name of DOCUMENTS) await store.catalog.create(documentOf(name))
  await commit(1, 3)
})
afterEach(async () => {
  await store.close()
  rmSync(base, { recursive: true, force: true })
})

async function commit(from: number, upto: number) {
  for (let seq = from; seq <= upto; seq++) {
    await store.documents.commit(DOCUMENTS.map((name) => rowOf(name, seq)))
  }
}

const folder = () => join(base, 'backup')
const backup = (more: Partial<BackupOptions> = {}) =>
  makeBackup({ dataDir, folder: folder(), secret: 'file', acceptDamage: false, now: 1_000_000, ...more })
const restore = (more: Partial<RestoreOptions> = {}) =>
  restoreBackup({
    dataDir,
    folder: folder(),
    hasSecretSetting: false,
    acceptDamage: false,
    now: 2_000_000,
    ...more,
  })
const sentenceOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return null
}
/** Opens a folder as a start does, without a thread. */
const start = (of: string) => {
  let restored = false
  let heads: (number | undefined)[] = []
  const refused = sentenceOf(() => {
    const database = openDatabase(of, () => undefined, true)
    restored = database.mark.countStart(1)
    heads = DOCUMENTS.map((name) => database.log.load(name)?.headSeq)
    database.close()
  })
  return { refused, restored, heads }
}
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
const headsOf = async (of: Store) =>
  Promise.all(DOCUMENTS.map(async (name) => (await of.documents.load(name))?.headSeq))

describe('a backup', () => {
  test('has all rows at its moment, is whole, private, and described by its manifest', async () => {
    const { counts, files, problems } = backup()
    expect(counts).toEqual({ documents: 4, rows: 12, snapshots: 0, users: 0 })
    expect(problems).toEqual([])
    expect(files.map(({ name }) => name)).toEqual(['commonplace.db', 'secret'])
    expect(readdirSync(folder()).toSorted()).toEqual(['backup.json', 'commonplace.db', 'secret'])
    expect(verifyDatabase(folder()).problems).toEqual([])
    expect(modeOf(folder())).toBe('700')
    for (const name of readdirSync(folder()))
      expect([name, modeOf(join(folder(), name))]).toEqual([name, '600'])
    expect(readFileSync(join(folder(), 'secret'), 'utf8')).toBe(SECRET)
  })

  test('without the secret does not have it; a missing secret is no backup', () => {
    backup({ secret: 'left-out' })
    expect(readdirSync(folder())).not.toContain('secret')
    rmSync(join(dataDir, 'secret'))
    expect(sentenceOf(() => backup({ folder: join(base, 'other') }))).toContain('--without-secret')
    expect(existsSync(join(base, 'other'))).toBe(false)
  })

  test('goes only into a folder that is empty, which it closes to others', () => {
    mkdirSync(folder())
    chmodSync(folder(), 0o755)
    backup()
    expect(modeOf(folder())).toBe('700')
    expect(sentenceOf(backup)).toContain('holds a backup: name a folder that is empty')
    rmSync(join(folder(), 'backup.json'))
    expect(sentenceOf(backup)).toContain('holds an interrupted backup')
    expect(sentenceOf(() => backup({ folder: dataDir }))).toContain(dataDir)
    expect(sentenceOf(() => backup({ folder: base }))).toContain('is not empty')
  })

  test('of damaged data is refused and leaves nothing, unless the damage is accepted', async () => {
    const db = new DatabaseSync(join(dataDir, 'commonplace.db'))
    db.exec(`UPDATE documents SET head_chain = zeroblob(16) WHERE id = 'ash'`)
    db.close()
    expect(sentenceOf(backup)).toMatch(/damaged \(--damaged .*\n {2}document ash: /)
    expect(existsSync(folder())).toBe(false)
    expect(backup({ acceptDamage: true }).problems).toEqual([expect.stringContaining('document ash: ')])
    await store.close()
    expect(sentenceOf(restore)).toContain('document ash: ')
    expect(restore({ acceptDamage: true }).aside).not.toBeNull()
  })
})

describe('a restore', () => {
  test('brings everything back, keeps what was there aside, and is known to the next start', async () => {
    backup()
    await commit(4, 6)
    await store.close()
    writeFileSync(join(dataDir, 'secret'), 'y'.repeat(43))
    const { aside, manifest } = restore()
    expect(manifest?.counts.rows).toBe(12)
    expect(readFileSync(join(dataDir, 'secret'), 'utf8')).toBe(SECRET)
    expect(readFileSync(join(aside ?? '', 'secret'), 'utf8')).toBe('y'.repeat(43))
    expect(verifyDatabase(aside ?? '').rows).toBe(24)
    expect(modeOf(aside ?? '')).toBe('700')
    store = await openStore({ dataDir })
    expect(store.restored).toBe(true)
    expect(await headsOf(store)).toEqual([3, 3, 3, 3])
    expect(modeOf(join(dataDir, 'commonplace.db'))).toBe('600')
  })

  test('of a backup no older than the data is a restore too, also twice within a second', async () => {
    await store.close()
    backup()
    const first = restore().aside
    const second = restore().aside
    expect(second).not.toBe(first)
    expect(verifyDatabase(first ?? '').rows).toBe(12)
    store = await openStore({ dataDir })
    expect(store.restored).toBe(true)
  })

  test('works on a machine that has nothing', async () => {
    backup()
    const other = join(base, 'other')
    expect(restore({ dataDir: other })).toMatchObject({ aside: null, ended: null, hadDatabase: false })
    const found = await openStore({ dataDir: other })
    expect(found.restored).toBe(true)
    expect(await headsOf(found)).toEqual([3, 3, 3, 3])
    await found.close()
  })

  test('is refused while a server runs, and changes nothing', async () => {
    backup()
    expect(sentenceOf(restore)).toContain('is in use by a server')
    expect(await headsOf(store)).toEqual([3, 3, 3, 3])
  })

  test.each([
    ['has no manifest', () => rmSync(join(folder(), 'backup.json')), 'not a whole backup'],
    ['lacks a file', () => rmSync(join(folder(), 'secret')), 'is missing'],
    [
      'has one changed bit',
      () => {
        const path = join(folder(), 'commonplace.db')
        const bytes = readFileSync(path)
        bytes[3000] = (bytes[3000] ?? 0) ^ 1
        writeFileSync(path, bytes)
      },
      'is not as it was written',
    ],
    ['is of a newer format', () => writeFileSync(join(folder(), 'backup.json'), '{"format":2}'), 'newer'],
    ['has a broken manifest', () => writeFileSync(join(folder(), 'backup.json'), '{'), 'cannot be read'],
  ])('of a backup that %s is refused, and changes nothing', async (_what, damage, sentence) => {
    backup()
    await store.close()
    damage()
    const before = readdirSync(dataDir).toSorted()
    expect(sentenceOf(restore)).toContain(sentence)
    expect(readdirSync(dataDir).toSorted()).toEqual(before)
  })

  test('of a backup without the secret needs one in place', async () => {
    backup({ secret: 'left-out' })
    const other = join(base, 'other')
    expect(sentenceOf(() => restore({ dataDir: other }))).toContain('has no secret')
    expect(restore({ dataDir: other, hasSecretSetting: true }).manifest).not.toBeNull()
    await store.close()
    restore()
    expect(readFileSync(join(dataDir, 'secret'), 'utf8')).toBe(SECRET)
  })

  test('that was cut anywhere is never a mixture: no server starts until another call has finished it', async () => {
    backup()
    await commit(4, 6)
    await store.close()
    const original = join(base, 'original')
    cpSync(dataDir, original, { recursive: true })
    let cuts = 0
    for (let at = 1; ; at++) {
      const copy = join(base, `cut-${at}`)
      cpSync(original, copy, { recursive: true })
      cut.done = 0
      cut.at = at
      const failure = sentenceOf(() => restore({ dataDir: copy }))
      cut.at = 0
      if (failure === null) break
      cuts++
      expect(failure).toBe('cut')
      const started = start(copy)
      if (started.refused !== null) {
        expect(started.refused).toContain('run npm run restore again')
        expect(sentenceOf(() => backup({ dataDir: copy, folder: join(base, 'no') }))).toContain('interrupted')
        const { manifest, aside } = restore({ dataDir: copy })
        expect(manifest).toBeNull()
        expect(verifyDatabase(aside ?? '').rows).toBe(24)
        expect(start(copy)).toEqual({ refused: null, restored: true, heads: [3, 3, 3, 3] })
      } else {
        expect(started.heads).toEqual([6, 6, 6, 6])
      }
      expect(existsSync(join(copy, 'commonplace.restore'))).toBe(false)
    }
    expect(cuts).toBeGreaterThan(5)
  })
})

describe('what ended since the backup', () => {
  const addUser = async (id: string) => {
    const at = new Date(0).toISOString()
    const none = { image: null, isAnonymous: 0, guestName: null, hue: null, role: null, disabledAt: null }
    const user = {
      id,
      name: id,
      email: `${id}@example.org`,
      emailVerified: 0,
      createdAt: at,
      updatedAt: at,
      ...none,
    }
    await store.accounts.insertInto('user').values(user).execute()
    for (const n of [1, 2]) {
      const session = {
        id: `${id}-s${n}`,
        token: `${id}-t${n}`,
        userId: id,
        expiresAt: at,
        createdAt: at,
        updatedAt: at,
      }
      await store.accounts
        .insertInto('session')
        .values({ ...session, ipAddress: null, userAgent: null })
        .execute()
      const token = { id: `${id}-k${n}`, user_id: id, name: 'k', scope: 'read', sha256: `${id}${n}` }
      await store.accounts
        .insertInto('access_tokens')
        .values({ ...token, created_at: 0, expires_at: 9, used_at: null })
        .execute()
    }
  }
  const idsIn = (table: 'session' | 'access_tokens') =>
    store.accounts.selectFrom(table).select('id').orderBy('id').execute()

  test('stays ended: sessions, access tokens, users; all others remain', async () => {
    await addUser('ann')
    await addUser('bob')
    backup()
    await store.accounts.deleteFrom('session').where('id', '=', 'ann-s1').execute()
    await store.accounts.deleteFrom('access_tokens').where('id', '=', 'ann-k2').execute()
    await store.accounts
      .updateTable('user')
      .set({ disabledAt: '2026-11-30T00:00:00.000Z' })
      .where('id', '=', 'bob')
      .execute()
    await store.close()
    expect(restore().ended).toEqual({ sessions: 1, tokens: 1, users: 1 })
    store = await openStore({ dataDir })
    expect((await idsIn('session')).map(({ id }) => id)).toEqual(['ann-s2', 'bob-s1', 'bob-s2'])
    expect((await idsIn('access_tokens')).map(({ id }) => id)).toEqual(['ann-k1', 'bob-k1', 'bob-k2'])
    const bob = await store.accounts.selectFrom('user').selectAll().where('id', '=', 'bob').executeTakeFirst()
    expect(bob?.disabledAt).toBe('2026-11-30T00:00:00.000Z')
  })

  test('is not judged by a site that never knew the users, nor by one that cannot be read', async () => {
    await addUser('ann')
    backup()
    const other = join(base, 'other')
    await (await openStore({ dataDir: other })).close()
    expect(restore({ dataDir: other }).ended).toEqual({ sessions: 0, tokens: 0, users: 0 })
    await store.close()
    writeFileSync(join(dataDir, 'commonplace.db'), 'not a database'.repeat(100))
    expect(restore()).toMatchObject({ ended: null, hadDatabase: true })
    store = await openStore({ dataDir })
    expect(await idsIn('session')).toHaveLength(2)
  })
})

test('a copy that was cut before its manifest is cleared away at the next upgrade', async () => {
  await store.close()
  const upgrades = join(dataDir, 'before-upgrade')
  mkdirSync(join(upgrades, '20200101T000000Z-schema-1'), { recursive: true })
  copyFileSync(join(dataDir, 'commonplace.db'), join(upgrades, '20200101T000000Z-schema-1', 'commonplace.db'))
  const { copyBeforeUpgrade } = await import('#lib/storage/sqlite/backup.ts')
  for (let now = 0; now < 5; now++) copyBeforeUpgrade(dataDir, 4, now * 1000)
  expect(readdirSync(upgrades)).toEqual([2, 3, 4].map((n) => `19700101T00000${n}Z-schema-4`))
  expect(readdirSync(join(upgrades, '19700101T000004Z-schema-4')).toSorted()).toEqual([
    'backup.json',
    'commonplace.db',
  ])
})
