import { beforeEach, expect, test } from 'vitest'
import { LinkExpiry } from '#lib/library/link-expiry.ts'
import { createLog } from '#lib/process/log.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const HOUR = 3_600_000

let clock: VirtualClock
let store: MemoryStore
let expired: string[]
let expiry: LinkExpiry

beforeEach(async () => {
  clock = new VirtualClock(() => 0.5)
  store = new MemoryStore()
  expired = []
  for (const documentId of ['a', 'b']) {
    await store.create({
      documentId,
      lineage: 'lineage',
      ownerId: 'ann',
      schemaVersion: 1,
      createdAt: 0,
      linkId: `link of ${documentId}`,
      linkRole: 'editor',
    })
  }
  expiry = new LinkExpiry({
    access: store,
    clock,
    openDocuments: { accessChanged: async (documentId) => void expired.push(documentId) },
    log: createLog('silent'),
  })
  await expiry.plan()
})

const endIn = async (documentId: string, ms: number) => {
  await store.changeLink(`link of ${documentId}`, { expiresAt: clock.now() + ms })
  await expiry.plan()
}

test('[LIVE6] the expiry of a link is noticed on time, and once', async () => {
  await endIn('a', 5000)
  await clock.advance(4999)
  expect(expired).toEqual([])
  await clock.advance(1)
  expect(expired).toEqual(['a'])
  await clock.advance(10 * HOUR)
  expect(expired).toEqual(['a'])
})

test('[LIVE6] an earlier expiry that is set later comes first; distant ones are waited for', async () => {
  await endIn('a', 40 * 24 * HOUR)
  await endIn('b', 2 * HOUR)
  await clock.advance(2 * HOUR)
  expect(expired).toEqual(['b'])
  await clock.advance(40 * 24 * HOUR)
  expect(expired).toEqual(['b', 'a'])
})

test('a store that cannot answer is asked again', async () => {
  const { expiredIn } = store
  store.expiredIn = async () => {
    throw new Error('the disk')
  }
  await endIn('a', 100)
  await clock.advance(500)
  store.expiredIn = expiredIn
  await clock.advance(1000)
  expect(expired).toEqual(['a'])
})

test('after closing it notices nothing more', async () => {
  await endIn('a', 100)
  expiry.close()
  await clock.advance(HOUR)
  expect(expired).toEqual([])
})
