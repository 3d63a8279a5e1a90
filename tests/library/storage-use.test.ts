import { beforeEach, expect, test } from 'vitest'
import { DOCUMENT_COST } from '#lib/collab/document-store.ts'
import { StorageUse } from '#lib/library/storage-use.ts'
import { createLog } from '#lib/process/log.ts'
import { newDocument, newRow } from '../storage/stored-values.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { settled, VirtualClock } from '../support/virtual-clock.ts'

const KIB = 1024
const LIMIT = 100 * KIB

let clock: VirtualClock
let store: MemoryStore
let use: StorageUse
let freeSpace: { isLow: boolean }
let accounts: Set<string>
let reads: number

beforeEach(async () => {
  clock = new VirtualClock(() => 0.5)
  store = new MemoryStore()
  freeSpace = { isLow: false }
  accounts = new Set()
  reads = 0
  use = new StorageUse({
    catalog: {
      async ownerUse(documentId) {
        reads++
        const found = await store.ownerUse(documentId)
        return found && { ...found, isGuest: !accounts.has(found.ownerId) }
      },
      usedBy: (ownerId) => store.usedBy(ownerId),
    },
    clock,
    freeSpace,
    log: createLog('silent'),
    guestBytes: LIMIT,
    accountBytes: 10 * LIMIT,
  })
  for (const name of ['a', 'b']) await store.create(newDocument(name))
})

/** Adds bytes to a document as a room does, and returns the code of the refusal, null if they were accepted. */
async function add(documentId: string, bytes: number): Promise<string | null> {
  const refusal = use.of(documentId).spend(bytes)
  await settled()
  return refusal?.code ?? null
}

/** The budget of an open document, whose owner is known. */
async function opened(documentId: string) {
  const budget = use.of(documentId)
  budget.spend(0)
  await settled()
  return budget
}

test('all documents of an owner share one budget, also before anything is on disk', async () => {
  const [a, b] = [await opened('a'), await opened('b')]
  expect(a.spend(60 * KIB)).toBeNull()
  expect(b.spend(60 * KIB)).toMatchObject({ code: 'owner-full', retryAfterMs: 5000 })
  expect(b.spend(30 * KIB)).toBeNull()
  expect(reads).toBe(2)
})

test('what is stored counts, the trash included, and erasing makes room', async () => {
  await store.commit([newRow('a', 1, { entries: new Uint8Array(99 * KIB) })])
  await store.delete('a', 'ann', 1)
  const b = await opened('b')
  expect(b.spend(KIB)).toMatchObject({ code: 'owner-full' })
  expect(await use.refusalOf('ann', true)).toMatchObject({ code: 'owner-full' })
  await store.erase('a', 'ann')
  await use.changed('ann')
  expect(b.spend(90 * KIB)).toBeNull()
  expect(await use.refusalOf('ann', true)).toBeNull()
})

test('a full owner is read again at most once a second: folding, too, makes room', async () => {
  const a = await opened('a')
  expect(a.spend(95 * KIB)).toBeNull()
  // Nothing of it stays on disk.
  for (let i = 0; i < 100; i++) expect(a.spend(20 * KIB)).not.toBeNull()
  expect(reads).toBe(1)
  for (let i = 0; i < 2; i++) {
    await clock.advance(1000)
    a.spend(20 * KIB)
    await settled()
  }
  expect([a.spend(20 * KIB), reads]).toEqual([null, 3])
})

test('an account has a budget of its own, and the new owner counts after a change of owner', async () => {
  accounts.add('ann')
  const a = await opened('a')
  expect(a.spend(LIMIT)).toBeNull()
  const tables = store.copy()
  const document = tables.documents.get('a')
  if (document) tables.documents.set('a', { ...document, ownerId: 'bob' })
  store.restore(tables, 1)
  expect(a.spend(10 * LIMIT)).not.toBeNull()
  await clock.advance(1000)
  a.spend(10 * LIMIT)
  await settled()
  expect(a.spend(LIMIT - DOCUMENT_COST)).toBeNull()
  expect(a.spend(KIB)).toMatchObject({ code: 'owner-full' })
})

test('until the owner is known everything is accepted, and counted', async () => {
  expect(await add('a', 99 * KIB)).toBeNull()
  const b = await opened('b')
  expect(b.spend(KIB)).toMatchObject({ code: 'owner-full' })
})

test('while the disk is almost full, guests create nothing and their documents do not grow; accounts go on', async () => {
  const a = await opened('a')
  freeSpace.isLow = true
  expect(a.spend(1)).toMatchObject({ code: 'disk-low' })
  expect(await use.refusalOf('ann', true)).toMatchObject({ code: 'disk-low' })
  expect(await use.refusalOf('ann', false)).toBeNull()
  accounts.add('ann')
  expect((await opened('b')).spend(1)).toBeNull()
  freeSpace.isLow = false
  expect(a.spend(1)).toBeNull()
})

test('a store that cannot be read stops nobody', async () => {
  const broken = new StorageUse({
    catalog: { ownerUse: () => Promise.reject(new Error('closed')), usedBy: async () => 0 },
    clock,
    freeSpace,
    log: createLog('silent'),
    guestBytes: 1,
    accountBytes: 1,
  })
  const budget = broken.of('a')
  for (let i = 0; i < 3; i++) {
    expect(budget.spend(KIB)).toBeNull()
    await settled()
  }
})
