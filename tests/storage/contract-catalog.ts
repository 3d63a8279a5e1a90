import { describe, expect, test } from 'vitest'
import { DOCUMENT_COST, ROW_COST, type RowOutcome } from '#lib/collab/document-store.ts'
import type { StoreOfEachTest } from './store-under-test.ts'
import { chain, compactionOf, newDocument, newRow } from './stored-values.ts'

const OK: RowOutcome = { ok: true }
const REFUSED = { ok: false, reason: expect.any(String) }

/** The contract of a DocumentCatalog. */
export function catalogContract(store: StoreOfEachTest): void {
  describe('the catalog', () => {
    test('a link opens its document, with its role and current title', async () => {
      await store.catalog.create(newDocument('d', { linkRole: 'viewer' }))
      await store.catalog.setTitles(new Map([['d', '會議 notes']]))
      expect(await store.factsOf('link of d')).toMatchObject({
        documentId: 'd',
        ownerId: 'ann',
        title: '會議 notes',
        link: { role: 'viewer' },
      })
      expect((await store.documents.load('d'))?.title).toBe('會議 notes')
      expect(await store.factsOf('link of e')).toBeNull()
    })

    test('a document may begin with a row', async () => {
      const first = { title: 'Plan', chain: chain(1), entries: new Uint8Array([1, 7, 7]) }
      await store.catalog.create(newDocument('d', { first }))
      expect(await store.documents.load('d')).toMatchObject({
        title: 'Plan',
        headSeq: 1,
        headChain: chain(1),
        rows: [{ seq: 1, chain: chain(1), at: 1000, entries: first.entries }],
      })
      expect(await store.catalog.usedBy('ann')).toBe(DOCUMENT_COST + first.entries.length + ROW_COST)
      expect(await store.documents.commit([newRow('d', 2)])).toEqual([OK])
      expect(await store.catalog.eraseUntouched(5000)).toEqual([])
    })

    test('a list holds the documents that a user visited, newest visit first', async () => {
      await store.catalog.create(newDocument('a'))
      await store.catalog.create(newDocument('b', { ownerId: 'bob' }))
      await store.catalog.create(newDocument('c'))
      await store.catalog.setTitles(
        new Map([
          ['gone', 'kept nowhere'],
          ['b', 'Plan'],
        ]),
      )
      await store.documents.commit([newRow('b', 1)])
      await store.catalog.recordVisits([{ userId: 'bob', documentId: 'b', linkId: 'link of b', at: 10 }])
      await store.catalog.recordVisits([{ userId: 'bob', documentId: 'a', linkId: 'link of a', at: 11 }])
      await store.catalog.recordVisits([{ userId: 'bob', documentId: 'b', linkId: 'link of b', at: 12 }])
      await store.catalog.recordVisits([{ userId: 'ann', documentId: 'c', linkId: 'link of c', at: 13 }])
      const b = {
        documentId: 'b',
        title: 'Plan',
        owned: true,
        linkId: 'link of b',
        updatedAt: 2001,
        visitedAt: 12,
      }
      const a = {
        documentId: 'a',
        title: '',
        owned: false,
        linkId: 'link of a',
        updatedAt: 1000,
        visitedAt: 11,
      }
      expect(await store.catalog.listFor('bob', 10)).toEqual([b, a])
      expect(await store.catalog.listFor('bob', 1)).toEqual([b])
      expect(await store.catalog.listFor('eve', 10)).toEqual([])
    })

    test('an owner uses what their documents weigh: rows, snapshots and the trash, until they are erased', async () => {
      const used = () => store.catalog.usedBy('ann')
      expect([await used(), await store.catalog.ownerUse('d')]).toEqual([0, null])
      await store.catalog.create(newDocument('d'))
      await store.catalog.create(newDocument('e'))
      await store.catalog.create(newDocument('bob’s', { ownerId: 'bob' }))
      expect(await used()).toBe(2 * DOCUMENT_COST)
      const entries = new Uint8Array(5000)
      const rows = [1, 2, 3].map((seq) => newRow('d', seq, { entries }))
      for (const row of [...rows, newRow('bob’s', 1)]) await store.documents.commit([row])
      // A refused row weighs nothing.
      await store.documents.commit([newRow('d', 9, { entries })])
      const rowBytes = entries.length + ROW_COST
      expect(await used()).toBe(2 * DOCUMENT_COST + 3 * rowBytes)
      for (const seq of [2, 2, 3]) await store.documents.writeCompaction(compactionOf('d', seq))
      await store.documents.trim('d', 2)
      await store.documents.trim('d', 2)
      const { state, vector } = compactionOf('d', 3).snapshot
      const all = 2 * DOCUMENT_COST + rowBytes + state.length + vector.length
      await store.catalog.delete('d', 'ann', 7)
      expect(await store.catalog.ownerUse('d')).toEqual({ ownerId: 'ann', isGuest: true, bytes: all })
      await store.catalog.erase('d', 'ann')
      expect(await used()).toBe(DOCUMENT_COST)
    })

    test('a forgotten visit leaves that user’s list only', async () => {
      await store.catalog.create(newDocument('d'))
      await store.catalog.recordVisits([{ userId: 'ann', documentId: 'd', linkId: 'link of d', at: 10 }])
      await store.catalog.recordVisits([{ userId: 'bob', documentId: 'd', linkId: 'link of d', at: 11 }])
      await store.catalog.forgetVisit('bob', 'd')
      await store.catalog.forgetVisit('bob', 'd')
      expect(await store.catalog.listFor('bob', 10)).toEqual([])
      expect(await store.catalog.listFor('ann', 10)).toHaveLength(1)
    })

    test('visits to documents that no longer exist are left out, the others are kept', async () => {
      await store.catalog.create(newDocument('d'))
      await store.catalog.recordVisits([
        { userId: 'ann', documentId: 'nowhere', linkId: 'link', at: 10 },
        { userId: 'ann', documentId: 'nowhere', linkId: 'link of d', at: 10 },
        { userId: 'ann', documentId: 'd', linkId: 'link of d', at: 11 },
      ])
      expect((await store.catalog.listFor('ann', 10)).map(({ documentId }) => documentId)).toEqual(['d'])
    })

    test('only the owner deletes a document, once', async () => {
      await store.written('d', 1)
      expect(await store.catalog.delete('d', 'bob', 50)).toBe(false)
      expect(await store.catalog.delete('nowhere', 'ann', 50)).toBe(false)
      expect(await store.catalog.delete('d', 'ann', 50)).toBe(true)
      expect(await store.catalog.delete('d', 'ann', 60)).toBe(false)
      expect((await store.documents.load('d'))?.deletedAt).toBe(50)
    })

    test('a deleted document takes no rows, has no link and is in no list', async () => {
      await store.written('d', 1)
      await store.catalog.recordVisits([{ userId: 'bob', documentId: 'd', linkId: 'link of d', at: 10 }])
      await store.catalog.delete('d', 'ann', 50)
      expect(await store.documents.commit([newRow('d', 2)])).toEqual([REFUSED])
      expect(await store.factsOf('link of d')).toMatchObject({ deletedAt: 50 })
      expect(await store.catalog.listFor('bob', 10)).toEqual([])
    })

    test('documents that were never edited are erased after a while, with their links and visits', async () => {
      await store.catalog.create(newDocument('old', { createdAt: 10 }))
      await store.catalog.create(newDocument('new', { createdAt: 30 }))
      await store.catalog.create(newDocument('used', { createdAt: 10 }))
      await store.documents.commit([newRow('used', 1)])
      await store.catalog.recordVisits([{ userId: 'ann', documentId: 'old', linkId: 'link of old', at: 11 }])
      expect(await store.catalog.eraseUntouched(30)).toEqual(['old'])
      expect(await store.catalog.eraseUntouched(30)).toEqual([])
      expect(await store.documents.load('old')).toBeNull()
      expect(await store.factsOf('link of old')).toBeNull()
      expect(await store.catalog.listFor('ann', 10)).toEqual([])
      expect(await store.documents.heads(['old', 'new', 'used'])).toHaveLength(2)
    })
  })

  describe('the trash', () => {
    const trashed = async (documentId: string, at: number) => {
      await store.written(documentId, 1)
      await store.catalog.delete(documentId, 'ann', at)
    }

    test('holds what its owner deleted, last deleted first, until it is restored', async () => {
      await trashed('a', 50)
      await trashed('b', 60)
      await store.written('c', 1)
      const [a, b] = ['a', 'b'].map((documentId) => ({
        documentId,
        title: '',
        linkId: `link of ${documentId}`,
        deletedAt: documentId === 'a' ? 50 : 60,
      }))
      expect(await store.catalog.trashOf('ann')).toEqual([b, a])
      expect(await store.catalog.trashOf('bob')).toEqual([])
      expect(await store.catalog.undelete('a', 'bob')).toBe(false)
      expect(await store.catalog.undelete('c', 'ann')).toBe(false)
      expect(await store.catalog.undelete('a', 'ann')).toBe(true)
      expect(await store.catalog.undelete('a', 'ann')).toBe(false)
      expect(await store.catalog.trashOf('ann')).toEqual([b])
      expect(await store.documents.commit([newRow('a', 2)])).toEqual([OK])
    })

    test('erases a document with all its data, for the owner only and from the trash only', async () => {
      await trashed('a', 50)
      await store.written('b', 1)
      await store.catalog.recordVisits([{ userId: 'bob', documentId: 'a', linkId: 'link of a', at: 10 }])
      await store.access.grant('a', 'bob', 'viewer', 10)
      await store.access.request('a', 'eve', 'editor', 10)
      await store.access.unlock('bob', 'link of a')
      expect(await store.catalog.erase('a', 'bob')).toBe(false)
      expect(await store.catalog.erase('b', 'ann')).toBe(false)
      expect(await store.catalog.erase('a', 'ann')).toBe(true)
      expect(await store.documents.load('a')).toBeNull()
      expect(await store.factsOf('link of a', 'bob')).toBeNull()
      expect(await store.access.sharing('a')).toEqual({ links: [], grants: [], requests: [] })
    })

    test('is emptied one document at a time, oldest first', async () => {
      await trashed('a', 50)
      await trashed('b', 40)
      await trashed('c', 60)
      const erased = [1, 2, 3].map(() => store.catalog.eraseDeleted(60))
      expect(await Promise.all(erased)).toEqual(['b', 'a', null])
      expect(await store.documents.load('a')).toBeNull()
      expect(await store.documents.load('c')).not.toBeNull()
    })

    test('does not count as owned', async () => {
      await trashed('a', 50)
      await store.written('b', 1)
      expect(await store.catalog.countOwned('ann')).toEqual({ listed: 1, inTrash: 1 })
      expect(await store.catalog.countOwned('bob')).toEqual({ listed: 0, inTrash: 0 })
    })
  })
}
