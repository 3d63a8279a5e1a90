import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { openDatabase } from '#lib/storage/sqlite/database.ts'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'
import { DOCUMENTS, documentOf, rowOf } from '../../support/known-log.ts'

let base: string
let dataDir: string
let store: Store

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'commonplace-lost-'))
  dataDir = join(base, 'data')
  store = await openStore({ dataDir })
})
afterEach(async () => {
  await store.close()
  rmSync(base, { recursive: true })
})

const NAMES = ['commonplace.db', 'commonplace.db-wal', 'commonplace.db-shm', 'commonplace.mark'] as const
const [DATABASE, LOG, , MARK] = NAMES
let heads = 0

async function commit(upto: number) {
  const from = heads
  heads = upto
  for (let seq = from + 1; seq <= upto; seq++) {
    await store.documents.commit(DOCUMENTS.map((name) => rowOf(name, seq)))
  }
}

/** Copies the files of the data folder as they are now. */
function snapshot(name: string): string {
  const folder = join(base, name)
  mkdirSync(folder)
  for (const file of NAMES) copyFileSync(join(dataDir, file), join(folder, file))
  return folder
}

/** Opens a folder as a start does. Returns the sentence if that is refused. */
function start(folder: string) {
  try {
    const database = openDatabase(folder, () => undefined, true)
    const restored = database.mark.countStart(1)
    const rows = DOCUMENTS.map((name) => database.log.load(name)?.headSeq ?? 0)
    database.close()
    return { restored, rows, refused: null }
  } catch (error) {
    return { restored: false, rows: [], refused: error instanceof Error ? error.message : String(error) }
  }
}

describe('copies of the files of a running server', () => {
  test('of any moments, in any order, with any of them missing: whole, known as older, or refused in a sentence', async () => {
    heads = 0
    for (const name of DOCUMENTS) await store.catalog.create(documentOf(name))
    await commit(30)
    const moments = [snapshot('first')]
    // Several times round the write-ahead log, ended in the middle of one.
    await commit(160)
    moments.push(snapshot('second'))
    const sources = [null, ...moments]
    const seen = { whole: 0, older: 0, refused: 0 }
    let malformed = 0
    for (let which = 0; which < 3 ** NAMES.length; which++) {
      const folder = join(base, `copy-${which}`)
      mkdirSync(folder)
      const from = NAMES.map((_, i) => sources[Math.floor(which / 3 ** i) % 3] ?? null)
      for (const [i, name] of NAMES.entries()) {
        const source = from[i]
        if (source) copyFileSync(join(source, name), join(folder, name))
      }
      const isNew = from[0] === null && from[1] === null && from[3] === null
      const what = `${which}: ${from.map((each) => each?.slice(base.length + 1) ?? 'none').join(', ')}`
      const before = existsSync(join(folder, DATABASE)) ? readFileSync(join(folder, DATABASE)) : null
      const { refused, restored, rows } = start(folder)
      if (isNew) {
        expect([what, refused]).toEqual([what, null])
      } else if (refused !== null) {
        expect([what, refused]).toEqual([
          what,
          expect.stringMatching(/^[^\n]*(restore|put|begin anew)[^\n]*\.$/),
        ])
        if (refused.includes('do not fit together')) malformed++
        // A refusal changes nothing.
        if (before) expect(readFileSync(join(folder, DATABASE)).equals(before)).toBe(true)
        seen.refused++
      } else {
        expect([what, verifyDatabase(folder).problems]).toEqual([what, []])
        expect([what, Math.min(...rows)]).not.toEqual([what, 0])
        if (from[3] === null) expect([what, restored]).toEqual([what, true])
        seen[restored ? 'older' : 'whole']++
      }
      rmSync(folder, { recursive: true })
    }
    expect(malformed).toBeGreaterThan(0)
    expect(seen.whole).toBeGreaterThan(0)
    expect(seen.older).toBeGreaterThan(0)
  }, 60_000)

  test('after a quiet moment the database file alone has everything', async () => {
    heads = 0
    for (const name of DOCUMENTS) await store.catalog.create(documentOf(name))
    await commit(3)
    const alone = () => {
      const folder = mkdtempSync(join(base, 'alone-'))
      copyFileSync(join(dataDir, DATABASE), join(folder, DATABASE))
      return start(folder)
    }
    expect(alone().refused).toContain('put the missing files back')
    await expect.poll(() => alone().rows, { timeout: 6000, interval: 100 }).toEqual([3, 3, 3, 3])
  })
})

describe('a site is never started as an empty one', () => {
  const stop = async () => {
    heads = 0
    for (const name of DOCUMENTS) await store.catalog.create(documentOf(name))
    await commit(3)
    await store.close()
  }

  test('if its database is missing, empty, or a new one, and names the way to begin anew', async () => {
    await stop()
    const path = join(dataDir, DATABASE)
    rmSync(path)
    const sentence = `${path} is empty, and the mark beside it says that it was in use and 12 rows`
    expect(start(dataDir).refused).toContain(sentence)
    writeFileSync(path, '')
    expect(start(dataDir).refused).toContain(sentence)
    new DatabaseSync(path).close()
    const fresh = await openStore({ dataDir: join(base, 'fresh') })
    await fresh.close()
    copyFileSync(join(base, 'fresh', DATABASE), path)
    expect(start(dataDir).refused).toContain(sentence)
    await expect(openStore({ dataDir })).rejects.toMatchObject({ name: 'StoreUnavailable' })
    rmSync(path)
    rmSync(join(dataDir, MARK))
    expect(start(dataDir).refused).toBeNull()
  })

  test('if only its write-ahead log is left, which stays', async () => {
    heads = 0
    await store.catalog.create(documentOf('ash'))
    const folder = snapshot('log')
    rmSync(join(folder, DATABASE))
    const log = readFileSync(join(folder, LOG))
    expect(start(folder).refused).toContain('has no database it belongs to')
    expect(readFileSync(join(folder, LOG)).equals(log)).toBe(true)
  })

  test('but one whose documents were all erased starts, and is not taken for an older copy', async () => {
    heads = 0
    for (const name of DOCUMENTS) await store.catalog.create(documentOf(name))
    await commit(2)
    for (const name of DOCUMENTS) {
      await store.catalog.delete(name, documentOf(name).ownerId, 1)
      await store.catalog.erase(name, documentOf(name).ownerId)
    }
    await store.close()
    expect(start(dataDir)).toMatchObject({ refused: null, restored: false })
  })
})

describe('a crash refuses no start', () => {
  const some = async () => {
    heads = 0
    for (const name of DOCUMENTS) await store.catalog.create(documentOf(name))
    await commit(3)
  }
  /** Damages one document, as a failing disk does. */
  const damage = (folder: string) => {
    const db = new DatabaseSync(join(folder, DATABASE))
    db.exec(`UPDATE document_log SET entries = x'ff' WHERE document_id = '${DOCUMENTS[0]}' AND seq = 2`)
    db.close()
  }

  test('between the new log and the mark that names it, whatever was damaged before', async () => {
    await some()
    await store.close()
    damage(dataDir)
    const mark = readFileSync(join(dataDir, MARK), 'utf8')
    const database = openDatabase(dataDir, () => undefined, true)
    database.prove()
    const files = JSON.parse(readFileSync(join(dataDir, MARK), 'utf8')).files
    expect(files.log).not.toBe(JSON.parse(mark).files.log)
    expect(files.log).toContain(`${statSync(join(dataDir, LOG)).ino}:`)
    database.release()
  })

  test('in a copy with its log that was whole but for a document damaged before', async () => {
    await some()
    await store.close()
    damage(dataDir)
    store = await openStore({ dataDir })
    await store.documents.commit([rowOf('birch', 4)])
    expect(start(snapshot('moved'))).toMatchObject({ refused: null })
  })

  test('if an administrator changed the schema or left a reference to nothing', async () => {
    await some()
    const db = new DatabaseSync(join(dataDir, DATABASE), { enableForeignKeyConstraints: false })
    db.exec('CREATE INDEX mine ON documents (created_at)')
    db.exec("INSERT INTO grants VALUES ('nothing', 'u', 'editor', 1)")
    db.close()
    // The files are the same ones after a crash of the process: only the lock is free again.
    expect(start(dataDir)).toMatchObject({ refused: null })
  })
})
