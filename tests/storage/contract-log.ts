import { describe, expect, test } from 'vitest'
import type { RowOutcome } from '#lib/collab/document-store.ts'
import { EMPTY_CHAIN } from '#lib/protocol/log-row.ts'
import type { StoreOfEachTest } from './store-under-test.ts'
import { chain, compactionOf, newDocument, newRow } from './stored-values.ts'

const OK: RowOutcome = { ok: true }
const REFUSED = { ok: false, reason: expect.any(String) }

/** The contract of a DocumentStore. */
export function logContract(store: StoreOfEachTest): void {
  describe('the log', () => {
    test('a new document is empty, at row 0, with the empty chain', async () => {
      await store.catalog.create(newDocument('d', { schemaVersion: 3 }))
      expect(await store.documents.load('d')).toEqual({
        documentId: 'd',
        lineage: 'lineage of d',
        ownerId: 'ann',
        title: '',
        schemaVersion: 3,
        headSeq: 0,
        headChain: EMPTY_CHAIN,
        baseChain: null,
        restoredAt: null,
        deletedAt: null,
        clients: [],
        snapshot: null,
        rows: [],
      })
    })

    test('an unknown document is null and not among the heads', async () => {
      await store.catalog.create(newDocument('d'))
      expect(await store.documents.load('nowhere')).toBeNull()
      expect(await store.documents.readSnapshot('nowhere')).toBeNull()
      expect(await store.documents.readRows('nowhere', 0, 100)).toEqual([])
      expect(await store.documents.heads(['nowhere', 'd'])).toEqual(
        new Map([['d', { seq: 0, chain: EMPTY_CHAIN }]]),
      )
    })

    test('a document cannot be created twice', async () => {
      await store.catalog.create(newDocument('d'))
      await expect(
        store.catalog.create(newDocument('d', { linkId: 'other', ownerId: 'eve' })),
      ).rejects.toThrow()
      expect((await store.documents.load('d'))?.ownerId).toBe('ann')
      expect(await store.factsOf('other')).toBeNull()
    })

    test('rows come back as written, oldest first, and move the head', async () => {
      await store.catalog.create(newDocument('d'))
      const first = newRow('d', 1, { entries: new Uint8Array(100_000).fill(5) })
      const second = newRow('d', 2)
      expect(await store.documents.commit([first])).toEqual([OK])
      expect(await store.documents.commit([second])).toEqual([OK])
      const loaded = await store.documents.load('d')
      expect(loaded?.rows).toEqual([first, second].map(({ documentId: _, schemaVersion: __, ...row }) => row))
      expect(loaded?.headSeq).toBe(2)
      expect(loaded?.headChain).toEqual(chain(2))
      expect(await store.documents.heads(['d'])).toEqual(new Map([['d', { seq: 2, chain: chain(2) }]]))
    })

    test('bytes are copied: later changes by the caller have no effect, and they stay usable', async () => {
      await store.catalog.create(newDocument('d'))
      const row = newRow('d', 1, { entries: new Uint8Array(50).fill(1).subarray(10, 20) })
      const done = store.documents.commit([row])
      row.entries.fill(9)
      expect(await done).toEqual([OK])
      expect(row.entries).toHaveLength(10)
      expect((await store.documents.load('d'))?.rows[0]?.entries).toEqual(new Uint8Array(10).fill(1))
    })

    test('one commit carries rows of many documents, several of one among them', async () => {
      await store.catalog.create(newDocument('a'))
      await store.catalog.create(newDocument('b'))
      const rows = [newRow('a', 1), newRow('b', 1), newRow('a', 2)]
      expect(await store.documents.commit(rows)).toEqual([OK, OK, OK])
      expect(await store.rowsOf('a')).toEqual([1, 2])
      expect(await store.rowsOf('b')).toEqual([1])
    })

    test('only the row that does not follow the head is refused', async () => {
      await store.written('a', 1)
      await store.written('b', 1)
      await store.written('c', 1)
      const rows = [newRow('a', 2), newRow('b', 3), newRow('b', 1), newRow('nowhere', 1), newRow('c', 2)]
      expect(await store.documents.commit(rows)).toEqual([OK, REFUSED, REFUSED, REFUSED, OK])
      expect(await store.rowsOf('a')).toEqual([1, 2])
      expect(await store.rowsOf('b')).toEqual([1])
      expect(await store.rowsOf('c')).toEqual([1, 2])
      expect(await store.documents.commit([newRow('b', 2)])).toEqual([OK])
    })

    test('an empty commit succeeds', async () => {
      expect(await store.documents.commit([])).toEqual([])
    })

    test('the schema version rises and never falls', async () => {
      await store.catalog.create(newDocument('d', { schemaVersion: 2 }))
      await store.documents.commit([newRow('d', 1, { schemaVersion: 4 })])
      await store.documents.commit([newRow('d', 2, { schemaVersion: 3 })])
      expect((await store.documents.load('d'))?.schemaVersion).toBe(4)
    })

    test('rows are read after a cursor, in bounded portions of at least one', async () => {
      await store.written('d', 5)
      const read = async (after: number, maxBytes: number) =>
        (await store.documents.readRows('d', after, maxBytes)).map(({ seq }) => seq)
      expect(await read(0, 1000)).toEqual([1, 2, 3, 4, 5])
      expect(await read(3, 1000)).toEqual([4, 5])
      expect(await read(1, 6)).toEqual([2, 3])
      expect(await read(1, 8)).toEqual([2, 3])
      expect(await read(1, 1)).toEqual([2])
      expect(await read(5, 1000)).toEqual([])
      expect(await store.documents.readRows('d', 4, 1)).toEqual([
        { seq: 5, chain: chain(5), at: 2005, entries: new Uint8Array([5, 7, 7]) },
      ])
    })

    test('reopening keeps everything', async () => {
      await store.written('d', 2)
      await store.documents.reopen()
      await store.documents.reopen()
      expect(await store.rowsOf('d')).toEqual([1, 2])
      expect(await store.documents.commit([newRow('d', 3)])).toEqual([OK])
    })
  })

  describe('compaction', () => {
    const clients = [
      { clientId: 5, userId: 'ann', lastN: 2 },
      { clientId: 4_294_967_295, userId: 'bob', lastN: 1 },
    ]

    test('a snapshot and its clients come back as written; rows stay until they are trimmed', async () => {
      await store.written('d', 3)
      const compaction = compactionOf('d', 2, { clients })
      await store.documents.writeCompaction(compaction)
      const loaded = await store.documents.load('d')
      const { state: _, ...head } = compaction.snapshot
      expect(loaded?.snapshot).toEqual(head)
      expect(loaded?.clients).toEqual(clients)
      expect(loaded?.rows.map((row) => row.seq)).toEqual([1, 2, 3])
      expect(await store.documents.readSnapshot('d')).toEqual(compaction.snapshot)
    })

    test('a newer snapshot replaces the older, with its clients; writing it again changes nothing', async () => {
      await store.written('d', 3)
      await store.documents.writeCompaction(compactionOf('d', 2, { clients }))
      await store.documents.writeCompaction(compactionOf('d', 3, { clients: clients.slice(1) }))
      await store.documents.writeCompaction(compactionOf('d', 3, { clients: clients.slice(1) }))
      expect(await store.documents.readSnapshot('d')).toEqual(compactionOf('d', 3).snapshot)
      expect((await store.documents.load('d'))?.clients).toEqual(clients.slice(1))
    })

    test('a snapshot older than the present one is refused, because rows before that one may be gone', async () => {
      await store.written('d', 3)
      await store.documents.writeCompaction(compactionOf('d', 3, { clients }))
      await expect(store.documents.writeCompaction(compactionOf('d', 2))).rejects.toThrow('newer snapshot')
      expect((await store.documents.readSnapshot('d'))?.seq).toBe(3)
      expect((await store.documents.load('d'))?.clients).toEqual(clients)
    })

    test('a snapshot of missing rows is refused', async () => {
      await store.written('d', 1)
      await expect(store.documents.writeCompaction(compactionOf('d', 2))).rejects.toThrow('no history')
      await expect(store.documents.writeCompaction(compactionOf('nowhere', 1))).rejects.toThrow('no history')
      expect(await store.documents.readSnapshot('d')).toBeNull()
    })

    test('trimming deletes rows that a snapshot covers, and repeating it changes nothing', async () => {
      await store.written('d', 4)
      await store.documents.writeCompaction(compactionOf('d', 3))
      expect((await store.documents.load('d'))?.baseChain).toBeNull()
      await store.documents.trim('d', 2)
      await store.documents.trim('d', 2)
      await store.documents.trim('d', 1)
      expect(await store.rowsOf('d')).toEqual([3, 4])
      expect((await store.documents.load('d'))?.baseChain).toEqual(chain(2))
      await store.documents.trim('d', 3)
      expect(await store.rowsOf('d')).toEqual([4])
      expect((await store.documents.load('d'))?.baseChain).toEqual(chain(3))
      expect(await store.documents.commit([newRow('d', 5)])).toEqual([OK])
    })

    test('trimming beyond the snapshot is refused and deletes nothing', async () => {
      await store.written('d', 4)
      await expect(store.documents.trim('d', 1)).rejects.toThrow('no snapshot')
      await store.documents.writeCompaction(compactionOf('d', 3))
      await expect(store.documents.trim('d', 4)).rejects.toThrow('no snapshot')
      await expect(store.documents.trim('nowhere', 1)).rejects.toThrow('no snapshot')
      expect(await store.rowsOf('d')).toEqual([1, 2, 3, 4])
    })

    test('a document whose rows are all trimmed continues at its head', async () => {
      await store.written('d', 2)
      await store.documents.writeCompaction(compactionOf('d', 2))
      await store.documents.trim('d', 2)
      expect((await store.documents.load('d'))?.headSeq).toBe(2)
      expect(await store.documents.commit([newRow('d', 2)])).toEqual([REFUSED])
      expect(await store.documents.commit([newRow('d', 3)])).toEqual([OK])
      expect(await store.rowsOf('d')).toEqual([3])
    })
  })
}
