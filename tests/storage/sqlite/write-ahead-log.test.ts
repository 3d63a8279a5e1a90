import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'
import { documentOf, rowOf } from '../../support/known-log.ts'
import { compactionOf, newDocument, newRow } from '../stored-values.ts'

let dataDir: string
let store: Store | null

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'commonplace-log-'))
  store = null
})
afterEach(async () => {
  await store?.close()
  rmSync(dataDir, { recursive: true })
})

const path = () => join(dataDir, 'commonplace.db')
const logBytes = () => statSync(`${path()}-wal`).size

const open = async () => {
  store = await openStore({ dataDir })
  return store
}

const openWithDocument = async () => {
  const opened = await open()
  await opened.catalog.create(newDocument('a'))
  return opened
}

const commitRows = async ({ documents }: Store, from: number, to: number) => {
  for (let seq = from; seq <= to; seq++) await documents.commit([newRow('a', seq)])
}

describe('the write-ahead log', () => {
  test('has its full size from the start and keeps it through checkpoints, so that no flush writes a length', async () => {
    const opened = await openWithDocument()
    const full = logBytes()
    expect(full).toBeGreaterThan(1000 * 4096)
    await commitRows(opened, 1, 1200)
    expect(statSync(path()).size).toBeGreaterThan(10 * 4096) // at least one checkpoint
    expect(logBytes()).toBe(full)
    await opened.documents.reopen()
    expect(logBytes()).toBe(full)
    expect((await opened.documents.heads(['a'])).get('a')?.seq).toBe(1200)
  })

  test('contains every commit after a crash, whatever follows its end', async () => {
    const opened = await open()
    await opened.catalog.create(documentOf('ash'))
    for (let seq = 1; seq <= 20; seq++) await opened.documents.commit([rowOf('ash', seq)])
    const copy = `${dataDir}-copy`
    cpSync(dataDir, copy, { recursive: true })
    try {
      expect(verifyDatabase(copy)).toEqual({ problems: [], documents: 1, rows: 20, snapshots: 0 })
    } finally {
      rmSync(copy, { recursive: true })
    }
  })
})

describe('free pages', () => {
  const fillAndTrim = async (opened: Store) => {
    await commitRows(opened, 1, 3)
    const entries = new Uint8Array(1_000_000)
    for (let seq = 4; seq <= 7; seq++) await opened.documents.commit([{ ...newRow('a', seq), entries }])
    await opened.documents.writeCompaction(compactionOf('a', 7))
    await opened.documents.trim('a', 7)
  }

  test('are given back after a trim', async () => {
    const opened = await openWithDocument()
    await fillAndTrim(opened)
    await opened.close()
    expect(statSync(path()).size).toBeLessThan(300_000)
    expect(verifyDatabase(dataDir).problems).toEqual([])
  })

  test('are kept by a database created before auto_vacuum, which otherwise works as well', async () => {
    await (await openWithDocument()).close()
    const db = new DatabaseSync(path())
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM')
    db.close()
    const opened = await open()
    await fillAndTrim(opened)
    await opened.close()
    expect(statSync(path()).size).toBeGreaterThan(3_000_000)
    expect((await open()).restored).toBe(false)
  })
})
