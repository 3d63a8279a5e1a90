import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DamagedDocument } from '#lib/collab/document-store.ts'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { storeContract } from '../contract.ts'
import { chain, compactionOf, newDocument, newRow } from '../stored-values.ts'

let dataDir: string
let opened: Store[]

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-store-'))
  opened = []
})
afterEach(async () => {
  for (const store of opened) await store.close()
  await rm(dataDir, { recursive: true })
})

const open = async (folder = dataDir) => {
  const store = await openStore({ dataDir: folder })
  opened.push(store)
  return store
}

const databasePath = () => join(dataDir, 'commonplace.db')

/** Changes the database behind the store's back. */
const meddle = (work: (db: DatabaseSync) => void) => {
  const db = new DatabaseSync(databasePath())
  work(db)
  db.close()
}

const headOf = async (store: Store, documentId: string) =>
  (await store.documents.heads([documentId])).get(documentId)?.seq

/** Opens a store with documents a, b and c at row 1. */
const withThree = async () => {
  const store = await open()
  for (const documentId of ['a', 'b', 'c']) await store.catalog.create(newDocument(documentId))
  await store.documents.commit(['a', 'b', 'c'].map((documentId) => newRow(documentId, 1)))
  return store
}

describe('the SQLite store meets the contract', () => {
  storeContract(open)
})

describe('durability', () => {
  test('a store that was closed is found again as it was', async () => {
    const first = await withThree()
    await first.documents.writeCompaction(compactionOf('a', 1))
    const seen = await first.documents.load('a')
    await first.close()
    const second = await open()
    expect(await second.documents.load('a')).toEqual(seen)
    expect(await headOf(second, 'b')).toBe(1)
  })

  test('closing answers earlier requests, leaves one whole file, and may be repeated', async () => {
    const store = await withThree()
    const pending = [2, 3, 4].map((seq) => store.documents.commit([newRow('a', seq)]))
    await Promise.all([store.close(), store.close()])
    expect(await Promise.all(pending)).toEqual([[{ ok: true }], [{ ok: true }], [{ ok: true }]])
    expect(existsSync(`${databasePath()}-wal`)).toBe(false)
    await expect(store.documents.load('a')).rejects.toThrow('closed')
    expect(await headOf(await open(), 'a')).toBe(4)
  })

  test('commits sent together are written in order', async () => {
    const store = await withThree()
    const rows = Array.from({ length: 50 }, (_, i) => newRow('a', i + 2))
    const outcomes = await Promise.all(rows.map((row) => store.documents.commit([row])))
    expect(outcomes.flat().every(({ ok }) => ok)).toBe(true)
    expect(await headOf(store, 'a')).toBe(51)
  })

  test('if the thread dies, pending requests reject, and the store continues with another thread', async () => {
    let worker: Worker | undefined
    process.once('worker', (started) => {
      worker = started
    })
    const store = await withThree()
    const transaction = store.accounts.transaction().execute(async () => {
      const waiting = store.documents.load('a')
      await Promise.all([
        expect(waiting).rejects.toThrow('the storage thread has stopped'),
        expect(worker?.terminate()).resolves.toBe(1),
      ])
    })
    await expect(transaction).rejects.toThrow('no longer open')
    await store.documents.reopen()
    expect(await store.documents.commit([newRow('a', 2)])).toEqual([{ ok: true }])
    expect(await headOf(store, 'a')).toBe(2)
    expect(store.restored).toBe(false)
  })
})

describe('commits that go wrong', () => {
  test('a row that the database rejects is refused; the others of its commit are kept', async () => {
    const store = await withThree()
    meddle((db) =>
      db.prepare('INSERT INTO document_log VALUES (?, 2, ?, 0, ?)').run('b', chain(9), new Uint8Array([1])),
    )
    const rows = [newRow('a', 2), newRow('b', 2), newRow('c', 2)]
    const outcomes = await store.documents.commit(rows)
    expect(outcomes).toEqual([
      { ok: true },
      { ok: false, reason: expect.stringContaining('UNIQUE') },
      { ok: true },
    ])
    expect(await headOf(store, 'a')).toBe(2)
    expect(await headOf(store, 'b')).toBe(1)
    expect(await headOf(store, 'c')).toBe(2)
  })

  test('a commit that fails as a whole leaves nothing; it can be sent again after reopening', async () => {
    const store = await withThree()
    meddle((db) => db.exec('ALTER TABLE document_log RENAME TO hidden'))
    const rows = [newRow('a', 2), newRow('b', 2)]
    await expect(store.documents.commit(rows)).rejects.toThrow('document_log')
    meddle((db) => db.exec('ALTER TABLE hidden RENAME TO document_log'))
    await store.documents.reopen()
    expect(await headOf(store, 'a')).toBe(1)
    expect(await store.documents.commit(rows)).toEqual([{ ok: true }, { ok: true }])
  })
})

describe('damage', () => {
  /** Flips one bit of a column of a's snapshot. */
  const flip = (column: 'state' | 'vector' | 'chain') =>
    meddle((db) => {
      const row = db
        .prepare(`SELECT ${column} AS bytes FROM document_snapshots WHERE document_id = 'a'`)
        .get()
      const bytes = row?.bytes
      if (!(bytes instanceof Uint8Array)) throw new Error('no snapshot to damage')
      bytes[2] = (bytes[2] ?? 0) ^ 1
      db.prepare(`UPDATE document_snapshots SET ${column} = ? WHERE document_id = 'a'`).run(bytes)
    })

  const withSnapshots = async () => {
    const store = await withThree()
    await store.documents.writeCompaction(compactionOf('a', 1))
    await store.documents.writeCompaction(compactionOf('b', 1))
    return store
  }

  test('a damaged snapshot is never returned; other documents are not affected', async () => {
    const store = await withSnapshots()
    flip('state')
    const error = await store.documents.readSnapshot('a').catch((thrown) => thrown)
    expect(error).toBeInstanceOf(DamagedDocument)
    expect(error.documentId).toBe('a')
    expect(await store.documents.readSnapshot('b')).toEqual(compactionOf('b', 1).snapshot)
  })

  test.each(['vector', 'chain'] as const)(
    'a damaged %s is found before anything builds on it',
    async (column) => {
      const store = await withSnapshots()
      flip(column)
      await expect(store.documents.load('a')).rejects.toThrow(DamagedDocument)
      await expect(store.documents.readSnapshot('a')).rejects.toThrow(DamagedDocument)
      await expect(store.documents.trim('a', 1)).rejects.toThrow(DamagedDocument)
      expect((await store.documents.load('b'))?.snapshot?.seq).toBe(1)
    },
  )

  test('writing the snapshot again repairs it', async () => {
    const store = await withSnapshots()
    flip('state')
    await store.documents.writeCompaction(compactionOf('a', 1))
    expect(await store.documents.readSnapshot('a')).toEqual(compactionOf('a', 1).snapshot)
  })
})

describe('a folder that cannot be used is named in one sentence', () => {
  const message = async (folder = dataDir) => {
    const error = await openStore({ dataDir: folder }).catch((thrown) => thrown)
    expect(error).toMatchObject({ name: 'StoreUnavailable', dataDir: folder })
    expect(error.message).not.toContain('\n')
    return error.message
  }

  test('a folder that cannot be made', async () => {
    const folder = join(dataDir, 'file', 'data')
    await writeFile(join(dataDir, 'file'), '')
    expect(await message(folder)).toContain(`The data folder ${folder} cannot be written`)
  })

  test('a file that is not a database', async () => {
    await writeFile(databasePath(), 'shopping list\n'.repeat(100))
    expect(await message()).toBe(`The file ${databasePath()} is not a database.`)
  })

  test('another program’s database, which stays unchanged', async () => {
    meddle((db) => db.exec('CREATE TABLE birds (name TEXT)'))
    expect(await message()).toBe(`The database ${databasePath()} is another program’s database.`)
    meddle((db) => {
      expect(db.prepare('SELECT name FROM sqlite_schema').all()).toHaveLength(1)
      expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' })
    })
  })

  test('a database of a newer version', async () => {
    await (await open()).close()
    meddle((db) => db.exec('PRAGMA user_version = 999'))
    expect(await message()).toContain('was written by a newer version of Commonplace (its schema is 999')
  })
})

describe('an older copy in place of the database', () => {
  const copyPath = () => join(dataDir, 'copy.db')
  const makeCopy = () => meddle((db) => db.exec(`VACUUM INTO '${copyPath()}'`))
  const restoreCopy = () => rename(copyPath(), databasePath())

  const expectRestored = async () => {
    const before = Date.now()
    const store = await open()
    expect(store.restored).toBe(true)
    for (const id of ['a', 'b']) {
      expect((await store.documents.load(id))?.restoredAt).toBeGreaterThanOrEqual(before)
    }
    await store.close()
    expect((await open()).restored).toBe(false)
  }

  test('a start is not a restore if nothing was replaced', async () => {
    const first = await withThree()
    expect(first.restored).toBe(false)
    await first.close()
    const second = await open()
    expect(second.restored).toBe(false)
    expect((await second.documents.load('a'))?.restoredAt).toBeNull()
  })

  test('a copy of an earlier start is detected, and all its documents are marked', async () => {
    const first = await withThree()
    makeCopy()
    await first.close()
    await (await open()).close()
    await restoreCopy()
    await expectRestored()
  })

  test('a copy of the same start is detected by the rows it lacks', async () => {
    const store = await withThree()
    makeCopy()
    await store.documents.commit([newRow('a', 2)])
    await store.close()
    await restoreCopy()
    await expectRestored()
  })

  test('a database that has lost its mark counts as a copy', async () => {
    await (await withThree()).close()
    await rm(join(dataDir, 'commonplace.mark'))
    await expectRestored()
  })

  test('a mark that is behind, as after a crash, is not a restore', async () => {
    await (await withThree()).close()
    await writeFile(join(dataDir, 'commonplace.mark'), '{"starts":0,"rows":0}')
    expect((await open()).restored).toBe(false)
  })
})
