import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type {
  AccessFacts,
  AccessStore,
  Compaction,
  DocumentCatalog,
  DocumentStore,
  NewDocument,
  NewRow,
  RowOutcome,
} from '#lib/collab/document-store.ts'
import { CHAIN_BYTES, EMPTY_CHAIN } from '#lib/protocol/wire.ts'

export interface StoreUnderTest {
  readonly documents: DocumentStore
  readonly catalog: DocumentCatalog
  readonly access: AccessStore
  close(): Promise<void>
}

export const newDocument = (documentId: string, more: Partial<NewDocument> = {}): NewDocument => ({
  documentId,
  lineage: `lineage of ${documentId}`,
  ownerId: 'ann',
  schemaVersion: 1,
  createdAt: 1000,
  linkId: `link of ${documentId}`,
  linkRole: 'editor',
  ...more,
})

export const chain = (fill: number) => new Uint8Array(CHAIN_BYTES).fill(fill)

export const newRow = (documentId: string, seq: number, more: Partial<NewRow> = {}): NewRow => ({
  documentId,
  seq,
  chain: chain(seq),
  at: 2000 + seq,
  entries: new Uint8Array([seq, 7, 7]),
  schemaVersion: 1,
  ...more,
})

export const compactionOf = (
  documentId: string,
  seq: number,
  more: Partial<Compaction> = {},
): Compaction => ({
  documentId,
  snapshot: {
    seq,
    chain: chain(seq),
    vector: new Uint8Array([1, 9, seq]),
    state: new Uint8Array([1, 2, 3, seq]),
    bytes: 4,
  },
  clients: [],
  at: 5000,
  ...more,
})

const OK: RowOutcome = { ok: true }
const REFUSED = { ok: false, reason: expect.any(String) }

/** What every DocumentStore with its DocumentCatalog and AccessStore keeps to. `open` gives an empty one. */
export function storeContract(open: () => Promise<StoreUnderTest>): void {
  let store: StoreUnderTest
  let documents: DocumentStore
  let catalog: DocumentCatalog
  let access: AccessStore

  beforeEach(async () => {
    store = await open()
    documents = store.documents
    catalog = store.catalog
    access = store.access
  })
  afterEach(() => store.close())

  const rowsOf = async (documentId: string) => (await documents.load(documentId))?.rows.map((row) => row.seq)

  const factsOf = async (linkId: string, userId = ''): Promise<AccessFacts | null> =>
    (await access.facts([{ linkId, userId }]))[0] ?? null

  /** A document `id` with rows 1…head. */
  const written = async (documentId: string, head: number) => {
    await catalog.create(newDocument(documentId))
    for (let seq = 1; seq <= head; seq++) await documents.commit([newRow(documentId, seq)])
  }

  describe('the log', () => {
    test('a new document is empty, at row 0, with the empty chain', async () => {
      await catalog.create(newDocument('d', { schemaVersion: 3 }))
      expect(await documents.load('d')).toEqual({
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

    test('an unknown document is null, and not among the heads', async () => {
      await catalog.create(newDocument('d'))
      expect(await documents.load('nowhere')).toBeNull()
      expect(await documents.readSnapshot('nowhere')).toBeNull()
      expect(await documents.readRows('nowhere', 0, 100)).toEqual([])
      expect(await documents.heads(['nowhere', 'd'])).toEqual(
        new Map([['d', { seq: 0, chain: EMPTY_CHAIN }]]),
      )
    })

    test('a document cannot be created twice', async () => {
      await catalog.create(newDocument('d'))
      await expect(catalog.create(newDocument('d', { linkId: 'other', ownerId: 'eve' }))).rejects.toThrow()
      expect((await documents.load('d'))?.ownerId).toBe('ann')
      expect(await factsOf('other')).toBeNull()
    })

    test('rows come back as written, oldest first, and move the head', async () => {
      await catalog.create(newDocument('d'))
      const first = newRow('d', 1, { entries: new Uint8Array(100_000).fill(5) })
      const second = newRow('d', 2)
      expect(await documents.commit([first])).toEqual([OK])
      expect(await documents.commit([second])).toEqual([OK])
      const loaded = await documents.load('d')
      expect(loaded?.rows).toEqual([first, second].map(({ documentId: _, schemaVersion: __, ...row }) => row))
      expect(loaded?.headSeq).toBe(2)
      expect(loaded?.headChain).toEqual(chain(2))
      expect(await documents.heads(['d'])).toEqual(new Map([['d', { seq: 2, chain: chain(2) }]]))
    })

    test('bytes are copied: what the caller does with them later changes nothing, and they stay usable', async () => {
      await catalog.create(newDocument('d'))
      const row = newRow('d', 1, { entries: new Uint8Array(50).fill(1).subarray(10, 20) })
      const done = documents.commit([row])
      row.entries.fill(9)
      expect(await done).toEqual([OK])
      expect(row.entries).toHaveLength(10)
      expect((await documents.load('d'))?.rows[0]?.entries).toEqual(new Uint8Array(10).fill(1))
    })

    test('one commit carries rows of many documents, several of one among them', async () => {
      await catalog.create(newDocument('a'))
      await catalog.create(newDocument('b'))
      const rows = [newRow('a', 1), newRow('b', 1), newRow('a', 2)]
      expect(await documents.commit(rows)).toEqual([OK, OK, OK])
      expect(await rowsOf('a')).toEqual([1, 2])
      expect(await rowsOf('b')).toEqual([1])
    })

    test('a row that does not follow the head is refused alone', async () => {
      await written('a', 1)
      await written('b', 1)
      await written('c', 1)
      const rows = [newRow('a', 2), newRow('b', 3), newRow('b', 1), newRow('nowhere', 1), newRow('c', 2)]
      expect(await documents.commit(rows)).toEqual([OK, REFUSED, REFUSED, REFUSED, OK])
      expect(await rowsOf('a')).toEqual([1, 2])
      expect(await rowsOf('b')).toEqual([1])
      expect(await rowsOf('c')).toEqual([1, 2])
      expect(await documents.commit([newRow('b', 2)])).toEqual([OK])
    })

    test('a commit of nothing is done', async () => {
      expect(await documents.commit([])).toEqual([])
    })

    test('the schema version rises and never falls', async () => {
      await catalog.create(newDocument('d', { schemaVersion: 2 }))
      await documents.commit([newRow('d', 1, { schemaVersion: 4 })])
      await documents.commit([newRow('d', 2, { schemaVersion: 3 })])
      expect((await documents.load('d'))?.schemaVersion).toBe(4)
    })

    test('rows are read after a cursor, in bounded portions of at least one', async () => {
      await written('d', 5)
      const read = async (after: number, maxBytes: number) =>
        (await documents.readRows('d', after, maxBytes)).map(({ seq }) => seq)
      expect(await read(0, 1000)).toEqual([1, 2, 3, 4, 5])
      expect(await read(3, 1000)).toEqual([4, 5])
      expect(await read(1, 6)).toEqual([2, 3])
      expect(await read(1, 8)).toEqual([2, 3])
      expect(await read(1, 1)).toEqual([2])
      expect(await read(5, 1000)).toEqual([])
      expect(await documents.readRows('d', 4, 1)).toEqual([
        { seq: 5, chain: chain(5), at: 2005, entries: new Uint8Array([5, 7, 7]) },
      ])
    })

    test('reopening keeps everything', async () => {
      await written('d', 2)
      await documents.reopen()
      await documents.reopen()
      expect(await rowsOf('d')).toEqual([1, 2])
      expect(await documents.commit([newRow('d', 3)])).toEqual([OK])
    })
  })

  describe('compaction', () => {
    const clients = [
      { clientId: 5, userId: 'ann', lastN: 2 },
      { clientId: 4_294_967_295, userId: 'bob', lastN: 1 },
    ]

    test('a snapshot and its clients come back as written; rows stay until they are trimmed', async () => {
      await written('d', 3)
      const compaction = compactionOf('d', 2, { clients })
      await documents.writeCompaction(compaction)
      const loaded = await documents.load('d')
      const { state: _, ...head } = compaction.snapshot
      expect(loaded?.snapshot).toEqual(head)
      expect(loaded?.clients).toEqual(clients)
      expect(loaded?.rows.map((row) => row.seq)).toEqual([1, 2, 3])
      expect(await documents.readSnapshot('d')).toEqual(compaction.snapshot)
    })

    test('a newer snapshot takes the place of the older, with its clients; writing it again changes nothing', async () => {
      await written('d', 3)
      await documents.writeCompaction(compactionOf('d', 2, { clients }))
      await documents.writeCompaction(compactionOf('d', 3, { clients: clients.slice(1) }))
      await documents.writeCompaction(compactionOf('d', 3, { clients: clients.slice(1) }))
      expect(await documents.readSnapshot('d')).toEqual(compactionOf('d', 3).snapshot)
      expect((await documents.load('d'))?.clients).toEqual(clients.slice(1))
    })

    test('an older snapshot than the one present is refused, for rows before that one may be gone', async () => {
      await written('d', 3)
      await documents.writeCompaction(compactionOf('d', 3, { clients }))
      await expect(documents.writeCompaction(compactionOf('d', 2))).rejects.toThrow('newer snapshot')
      expect((await documents.readSnapshot('d'))?.seq).toBe(3)
      expect((await documents.load('d'))?.clients).toEqual(clients)
    })

    test('a snapshot of rows that are not there is refused', async () => {
      await written('d', 1)
      await expect(documents.writeCompaction(compactionOf('d', 2))).rejects.toThrow('no history')
      await expect(documents.writeCompaction(compactionOf('nowhere', 1))).rejects.toThrow('no history')
      expect(await documents.readSnapshot('d')).toBeNull()
    })

    test('trimming deletes rows that a snapshot covers, and repeating it changes nothing', async () => {
      await written('d', 4)
      await documents.writeCompaction(compactionOf('d', 3))
      expect((await documents.load('d'))?.baseChain).toBeNull()
      await documents.trim('d', 2)
      await documents.trim('d', 2)
      await documents.trim('d', 1)
      expect(await rowsOf('d')).toEqual([3, 4])
      expect((await documents.load('d'))?.baseChain).toEqual(chain(2))
      await documents.trim('d', 3)
      expect(await rowsOf('d')).toEqual([4])
      expect((await documents.load('d'))?.baseChain).toEqual(chain(3))
      expect(await documents.commit([newRow('d', 5)])).toEqual([OK])
    })

    test('trimming beyond the snapshot is refused and deletes nothing', async () => {
      await written('d', 4)
      await expect(documents.trim('d', 1)).rejects.toThrow('no snapshot')
      await documents.writeCompaction(compactionOf('d', 3))
      await expect(documents.trim('d', 4)).rejects.toThrow('no snapshot')
      await expect(documents.trim('nowhere', 1)).rejects.toThrow('no snapshot')
      expect(await rowsOf('d')).toEqual([1, 2, 3, 4])
    })

    test('a document whose rows are all trimmed goes on where it was', async () => {
      await written('d', 2)
      await documents.writeCompaction(compactionOf('d', 2))
      await documents.trim('d', 2)
      expect((await documents.load('d'))?.headSeq).toBe(2)
      expect(await documents.commit([newRow('d', 2)])).toEqual([REFUSED])
      expect(await documents.commit([newRow('d', 3)])).toEqual([OK])
      expect(await rowsOf('d')).toEqual([3])
    })
  })

  describe('the catalog', () => {
    test('a link opens its document, with its role and present title', async () => {
      await catalog.create(newDocument('d', { linkRole: 'viewer' }))
      await catalog.setTitle('d', '會議 notes')
      expect(await factsOf('link of d')).toMatchObject({
        documentId: 'd',
        ownerId: 'ann',
        title: '會議 notes',
        link: { role: 'viewer' },
      })
      expect((await documents.load('d'))?.title).toBe('會議 notes')
      expect(await factsOf('link of e')).toBeNull()
    })

    test('a list holds what somebody visited, the newest visit first', async () => {
      await catalog.create(newDocument('a'))
      await catalog.create(newDocument('b', { ownerId: 'bob' }))
      await catalog.create(newDocument('c'))
      await catalog.setTitle('b', 'Plan')
      await documents.commit([newRow('b', 1)])
      await catalog.recordVisits([{ userId: 'bob', documentId: 'b', linkId: 'link of b', at: 10 }])
      await catalog.recordVisits([{ userId: 'bob', documentId: 'a', linkId: 'link of a', at: 11 }])
      await catalog.recordVisits([{ userId: 'bob', documentId: 'b', linkId: 'link of b', at: 12 }])
      await catalog.recordVisits([{ userId: 'ann', documentId: 'c', linkId: 'link of c', at: 13 }])
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
      expect(await catalog.listFor('bob', 10)).toEqual([b, a])
      expect(await catalog.listFor('bob', 1)).toEqual([b])
      expect(await catalog.listFor('eve', 10)).toEqual([])
    })

    test('a forgotten visit leaves that person’s list only', async () => {
      await catalog.create(newDocument('d'))
      await catalog.recordVisits([{ userId: 'ann', documentId: 'd', linkId: 'link of d', at: 10 }])
      await catalog.recordVisits([{ userId: 'bob', documentId: 'd', linkId: 'link of d', at: 11 }])
      await catalog.forgetVisit('bob', 'd')
      await catalog.forgetVisit('bob', 'd')
      expect(await catalog.listFor('bob', 10)).toEqual([])
      expect(await catalog.listFor('ann', 10)).toHaveLength(1)
    })

    test('visits to what does not exist any more are left out, the others are kept', async () => {
      await catalog.create(newDocument('d'))
      await catalog.recordVisits([
        { userId: 'ann', documentId: 'nowhere', linkId: 'link', at: 10 },
        { userId: 'ann', documentId: 'nowhere', linkId: 'link of d', at: 10 },
        { userId: 'ann', documentId: 'd', linkId: 'link of d', at: 11 },
      ])
      expect((await catalog.listFor('ann', 10)).map(({ documentId }) => documentId)).toEqual(['d'])
    })

    test('only the owner deletes a document, once', async () => {
      await written('d', 1)
      expect(await catalog.delete('d', 'bob', 50)).toBe(false)
      expect(await catalog.delete('nowhere', 'ann', 50)).toBe(false)
      expect(await catalog.delete('d', 'ann', 50)).toBe(true)
      expect(await catalog.delete('d', 'ann', 60)).toBe(false)
      expect((await documents.load('d'))?.deletedAt).toBe(50)
    })

    test('a deleted document takes no rows, has no link and is in no list', async () => {
      await written('d', 1)
      await catalog.recordVisits([{ userId: 'bob', documentId: 'd', linkId: 'link of d', at: 10 }])
      await catalog.delete('d', 'ann', 50)
      expect(await documents.commit([newRow('d', 2)])).toEqual([REFUSED])
      expect(await factsOf('link of d')).toMatchObject({ deletedAt: 50 })
      expect(await catalog.listFor('bob', 10)).toEqual([])
    })

    test('documents that nobody wrote in are erased after a while, with their links and visits', async () => {
      await catalog.create(newDocument('old', { createdAt: 10 }))
      await catalog.create(newDocument('new', { createdAt: 30 }))
      await catalog.create(newDocument('used', { createdAt: 10 }))
      await documents.commit([newRow('used', 1)])
      await catalog.recordVisits([{ userId: 'ann', documentId: 'old', linkId: 'link of old', at: 11 }])
      expect(await catalog.eraseUntouched(30)).toEqual(['old'])
      expect(await catalog.eraseUntouched(30)).toEqual([])
      expect(await documents.load('old')).toBeNull()
      expect(await factsOf('link of old')).toBeNull()
      expect(await catalog.listFor('ann', 10)).toEqual([])
      expect(await documents.heads(['old', 'new', 'used'])).toHaveLength(2)
    })

    test('every document is marked as restored', async () => {
      await written('a', 1)
      await written('b', 1)
      await catalog.markRestored(70)
      expect((await documents.load('a'))?.restoredAt).toBe(70)
      expect((await documents.load('b'))?.restoredAt).toBe(70)
    })
  })

  describe('the trash', () => {
    const trashed = async (documentId: string, at: number) => {
      await written(documentId, 1)
      await catalog.delete(documentId, 'ann', at)
    }

    test('holds what its owner deleted, the last one first, until it is taken out', async () => {
      await trashed('a', 50)
      await trashed('b', 60)
      await written('c', 1)
      const [a, b] = ['a', 'b'].map((documentId) => ({
        documentId,
        title: '',
        linkId: `link of ${documentId}`,
        deletedAt: documentId === 'a' ? 50 : 60,
      }))
      expect(await catalog.trashOf('ann')).toEqual([b, a])
      expect(await catalog.trashOf('bob')).toEqual([])
      expect(await catalog.undelete('a', 'bob')).toBe(false)
      expect(await catalog.undelete('c', 'ann')).toBe(false)
      expect(await catalog.undelete('a', 'ann')).toBe(true)
      expect(await catalog.undelete('a', 'ann')).toBe(false)
      expect(await catalog.trashOf('ann')).toEqual([b])
      expect(await documents.commit([newRow('a', 2)])).toEqual([OK])
    })

    test('what is erased is gone with all that belongs to it; only the owner erases, and only from the trash', async () => {
      await trashed('a', 50)
      await written('b', 1)
      await catalog.recordVisits([{ userId: 'bob', documentId: 'a', linkId: 'link of a', at: 10 }])
      await access.grant('a', 'bob', 'viewer', 10)
      await access.request('a', 'eve', 'editor', 10)
      await access.unlock('bob', 'link of a')
      expect(await catalog.erase('a', 'bob')).toBe(false)
      expect(await catalog.erase('b', 'ann')).toBe(false)
      expect(await catalog.erase('a', 'ann')).toBe(true)
      expect(await documents.load('a')).toBeNull()
      expect(await factsOf('link of a', 'bob')).toBeNull()
      expect(await access.sharing('a')).toEqual({ links: [], grants: [], requests: [] })
    })

    test('is emptied one document at a time, the oldest first', async () => {
      await trashed('a', 50)
      await trashed('b', 40)
      await trashed('c', 60)
      const erased = [1, 2, 3].map(() => catalog.eraseDeleted(60))
      expect(await Promise.all(erased)).toEqual(['b', 'a', null])
      expect(await documents.load('a')).toBeNull()
      expect(await documents.load('c')).not.toBeNull()
    })

    test('what is in it is not counted as owned', async () => {
      await trashed('a', 50)
      await written('b', 1)
      expect(await catalog.countOwned('ann')).toBe(1)
      expect(await catalog.countOwned('bob')).toBe(0)
    })
  })

  describe('access', () => {
    const live = async (documentId: string) =>
      (await access.sharing(documentId)).links.map(({ linkId, role }) => `${role} ${linkId}`)

    beforeEach(() => catalog.create(newDocument('d')))

    test('a new document has one link, and people with a link can do what it says', async () => {
      expect(await factsOf('link of d', 'bob')).toEqual({
        documentId: 'd',
        ownerId: 'ann',
        title: '',
        deletedAt: null,
        linkRole: 'editor',
        grant: null,
        link: {
          linkId: 'link of d',
          role: 'editor',
          expiresAt: null,
          hasPassword: false,
          revoked: false,
          unlocked: false,
        },
      })
      expect(await access.facts([{ linkId: 'none', userId: 'bob' }])).toEqual([null])
    })

    test('there is one live link of each role', async () => {
      await access.ensureLinks('d', [
        { linkId: 'v', role: 'viewer' },
        { linkId: 'e', role: 'editor' },
      ])
      await access.ensureLinks('d', [{ linkId: 'w', role: 'viewer' }])
      expect(await live('d')).toEqual(['editor link of d', 'viewer v'])
      await expect(access.ensureLinks('nowhere', [{ linkId: 'x', role: 'viewer' }])).rejects.toThrow()
    })

    test('a link in another’s place keeps password and expiry, and the owner’s visit follows it', async () => {
      await catalog.recordVisits([{ userId: 'ann', documentId: 'd', linkId: 'link of d', at: 10 }])
      await catalog.recordVisits([{ userId: 'bob', documentId: 'd', linkId: 'link of d', at: 10 }])
      await access.changeLink('link of d', { expiresAt: 100, passwordHash: 'hash' })
      await access.unlock('bob', 'link of d')
      await access.replaceLink('d', 'editor', 'next', 99)
      expect(await live('d')).toEqual(['editor next'])
      expect(await factsOf('link of d', 'bob')).toMatchObject({ link: { revoked: true, unlocked: true } })
      const next = await factsOf('next', 'bob')
      expect(next?.link).toMatchObject({ expiresAt: 100, hasPassword: true, unlocked: false })
      expect(await access.passwordHash('next')).toBe('hash')
      expect(await access.visitors('d', 10)).toEqual([
        { userId: 'ann', linkId: 'next' },
        { userId: 'bob', linkId: 'link of d' },
      ])
      await access.replaceLink('d', 'editor', 'third', 100)
      expect((await factsOf('third'))?.link.expiresAt).toBeNull()
    })

    test('another password locks a link again for everybody', async () => {
      await access.changeLink('link of d', { passwordHash: 'one' })
      await access.unlock('bob', 'link of d')
      await access.changeLink('link of d', { expiresAt: 100 })
      expect((await factsOf('link of d', 'bob'))?.link).toMatchObject({ hasPassword: true, unlocked: true })
      expect((await factsOf('link of d', 'eve'))?.link.unlocked).toBe(false)
      await access.changeLink('link of d', { passwordHash: 'two' })
      expect((await factsOf('link of d', 'bob'))?.link.unlocked).toBe(false)
      await access.changeLink('link of d', { passwordHash: null })
      expect((await factsOf('link of d', 'bob'))?.link).toMatchObject({ hasPassword: false, expiresAt: 100 })
    })

    test('a grant is one person’s, the newest counts, and answers what they asked for', async () => {
      await access.request('d', 'bob', 'commenter', 5)
      await access.request('d', 'bob', 'editor', 6)
      await access.request('d', 'eve', 'editor', 7)
      expect((await access.sharing('d')).requests).toEqual([
        { userId: 'bob', role: 'editor', at: 6 },
        { userId: 'eve', role: 'editor', at: 7 },
      ])
      await access.grant('d', 'bob', 'viewer', 8)
      await access.grant('d', 'bob', 'commenter', 9)
      await access.dropRequest('d', 'eve')
      const grants = [{ userId: 'bob', role: 'commenter', at: 9 }]
      expect(await access.sharing('d')).toMatchObject({ grants, requests: [] })
      expect((await factsOf('link of d', 'bob'))?.grant).toBe('commenter')
      expect((await factsOf('link of d', 'eve'))?.grant).toBeNull()
      await access.grant('d', 'bob', null, 10)
      expect((await factsOf('link of d', 'bob'))?.grant).toBeNull()
    })

    test('what people with a link can do is kept, also that it is nothing', async () => {
      await access.setLinkRole('d', 'viewer')
      expect((await factsOf('link of d'))?.linkRole).toBe('viewer')
      await access.setLinkRole('d', null)
      expect((await factsOf('link of d'))?.linkRole).toBeNull()
    })

    test('the next end of a link is found, and the documents whose links have ended', async () => {
      await catalog.create(newDocument('e'))
      await access.changeLink('link of d', { expiresAt: 100 })
      await access.changeLink('link of e', { expiresAt: 200 })
      expect(await access.nextExpiry(99)).toBe(100)
      expect(await access.nextExpiry(100)).toBe(200)
      expect(await access.nextExpiry(200)).toBeNull()
      expect(await access.expiredIn(99, 100)).toEqual(['d'])
      expect(await access.expiredIn(100, 200)).toEqual(['e'])
      await access.replaceLink('e', 'editor', 'next', 300)
      expect(await access.expiredIn(0, 300)).toEqual(['d'])
    })

    test('nothing is written for a document that is gone', async () => {
      await access.grant('nowhere', 'bob', 'editor', 1)
      await access.request('nowhere', 'bob', 'editor', 1)
      await access.replaceLink('nowhere', 'editor', 'link', 1)
      await access.unlock('bob', 'nowhere')
      expect(await access.sharing('nowhere')).toEqual({ links: [], grants: [], requests: [] })
      expect(await factsOf('link')).toBeNull()
    })
  })
}
