import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'
import { compactionOf, documentOf, rowOf } from '../../support/known-log.ts'

let dataDir: string
let store: Store

/** Writes ash up to row 6, with a snapshot at 4 and rows from 3 on, and birch up to row 3. */
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-verify-'))
  store = await openStore({ dataDir })
  for (const name of ['ash', 'birch'] as const) await store.catalog.create(documentOf(name))
  for (let seq = 1; seq <= 6; seq++) await store.documents.commit([rowOf('ash', seq)])
  for (let seq = 1; seq <= 3; seq++) await store.documents.commit([rowOf('birch', seq)])
  await store.documents.writeCompaction(compactionOf('ash', 4))
  await store.documents.trim('ash', 2)
})
afterEach(async () => {
  await store.close()
  await rm(dataDir, { recursive: true })
})

const meddle = (sql: string, foreignKeys = true) => {
  const db = new DatabaseSync(join(dataDir, 'commonplace.db'), { enableForeignKeyConstraints: foreignKeys })
  expect(db.prepare(sql).run().changes).toBe(1)
  db.close()
}

/** Returns SQL for a blob with its last byte changed. */
const flipped = (column: string) =>
  `CAST(substr(${column}, 1, length(${column}) - 1) || iif(substr(${column}, -1) = x'00', x'01', x'00') AS BLOB)`

describe('verifying the database', () => {
  test('finds nothing in an intact one, while the server has it open and after', async () => {
    const sound = { problems: [], documents: 2, rows: 7, snapshots: 1 }
    expect(verifyDatabase(dataDir)).toEqual(sound)
    await store.close()
    expect(verifyDatabase(dataDir)).toEqual(sound)
  })

  test('reports that there is none', () => {
    expect(verifyDatabase(join(dataDir, 'nowhere')).problems).toEqual([
      expect.stringContaining('there is no'),
    ])
  })

  test.each([
    ['a row', `UPDATE document_log SET entries = ${flipped('entries')} WHERE seq = 5`],
    [
      'the oldest row kept, before the snapshot',
      `UPDATE document_log SET entries = ${flipped('entries')} WHERE document_id = 'ash' AND seq = 3`,
    ],
    ["a row's chain", `UPDATE document_log SET chain = ${flipped('chain')} WHERE seq = 6`],
    ['a missing row', `DELETE FROM document_log WHERE document_id = 'ash' AND seq = 5`],
    ['the last row missing', `DELETE FROM document_log WHERE document_id = 'ash' AND seq = 6`],
    ['the head', `UPDATE documents SET head_seq = 5 WHERE id = 'ash'`],
    ["the head's chain", `UPDATE documents SET head_chain = ${flipped('head_chain')} WHERE id = 'ash'`],
    ['the chain before the oldest row', `UPDATE documents SET base_chain = head_chain WHERE id = 'ash'`],
    ["a document's weight", "UPDATE documents SET bytes = bytes + 1 WHERE id = 'ash'"],
    ['the snapshot', `UPDATE document_snapshots SET state = ${flipped('state')}`],
    ["the snapshot's vector", `UPDATE document_snapshots SET vector = ${flipped('vector')}`],
    ["the snapshot's number", 'UPDATE document_snapshots SET upto_seq = 5'],
    ["a client's last batch", 'UPDATE document_clients SET last_n = last_n + 1'],
    ["a client's person", "UPDATE document_clients SET user_id = 'somebody else'"],
  ])('finds %s, and names only its document', (_what, sql) => {
    meddle(sql)
    const { problems } = verifyDatabase(dataDir)
    expect(problems.length).toBeGreaterThan(0)
    for (const problem of problems) expect(problem).toMatch(/^document ash: /)
  })

  test('finds any changed bit of a file that was closed, and none while it is open or was not closed', async () => {
    const change = () => {
      const file = openSync(join(dataDir, 'commonplace.db'), 'r+')
      // This byte is in the unused middle of the first page.
      writeSync(file, new Uint8Array([1]), 0, 1, 3000)
      closeSync(file)
    }
    await store.close()
    change()
    expect(verifyDatabase(dataDir).problems).toEqual(['the file: it is not as it was when it was closed'])
    store = await openStore({ dataDir })
    expect(verifyDatabase(dataDir).problems).toEqual([])
    await store.documents.commit([rowOf('ash', 7)])
    expect(verifyDatabase(dataDir).problems).toEqual([])
    await store.close()
    expect(verifyDatabase(dataDir).problems).toEqual([])
  })

  test('finds a reference to nothing, and a schema that is not ours', () => {
    meddle("UPDATE links SET document_id = 'gone' WHERE document_id = 'birch'", false)
    expect(verifyDatabase(dataDir).problems).toEqual([expect.stringMatching(/^references: .*links/)])
    const db = new DatabaseSync(join(dataDir, 'commonplace.db'))
    db.exec('DROP INDEX visits_link')
    db.close()
    expect(verifyDatabase(dataDir).problems).toEqual([
      expect.stringMatching(/^the schema: lacks index visits_link/),
      expect.stringMatching(/^references: /),
    ])
  })
})
