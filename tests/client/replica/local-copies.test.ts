import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { recallGuest, rememberGuest } from '#lib/client/replica/guest-memory.ts'
import { openIndexedDbStore } from '#lib/client/replica/indexed-db-store.ts'
import { countUnsent, handOver, wipeLocalCopies } from '#lib/client/replica/local-copies.ts'
import type { ReplicaStore } from '#lib/client/replica/replica-store.ts'
import { type CollaborationServer, startCollaboration } from '../../support/collaboration.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/writer.ts'
import { ADDRESS, batch, OTHER_ADDRESS, typedRows } from './replica-store-contract.ts'

const opened: ReplicaStore[] = []

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
  vi.unstubAllGlobals()
})

/** Opens a tab of a user. */
async function storeOf(userId: string): Promise<ReplicaStore> {
  const store = await openIndexedDbStore(userId)
  if (!store) throw new Error('no database')
  opened.push(store)
  return store
}

const held = async () => (await indexedDB.databases()).map(({ name }) => name).toSorted()

describe('handing over', () => {
  test('moves waiting batches, and the replica of a document that the account has none of', async () => {
    const guest = await storeOf('guest')
    await guest.bind(ADDRESS, 'document', 'lineage')
    await guest.commit(ADDRESS, typedRows(1, 3), [])
    await guest.seal(ADDRESS, batch(5, 1))
    await guest.seal(OTHER_ADDRESS, batch(6, 1))
    const before = await guest.load(ADDRESS)
    await handOver(['guest'], 'account')
    const account = await storeOf('account')
    expect(await account.load(ADDRESS)).toEqual(before)
    expect(await account.outbox(OTHER_ADDRESS)).toEqual([batch(6, 1)])
    expect(await countUnsent('account')).toBe(2)
    expect(await countUnsent('guest')).toBe(0)
  })

  test('keeps the account’s own replica, and assigns what a guest typed before their first join to its document', async () => {
    const account = await storeOf('account')
    await account.bind(ADDRESS, 'document', 'lineage')
    await account.commit(ADDRESS, typedRows(1, 3), [])
    await account.seal(ADDRESS, batch(7, 1))
    const guest = await storeOf('guest')
    await guest.seal(ADDRESS, batch(8, 1))
    await handOver(['guest'], 'account')
    const replica = await (await storeOf('account')).load(ADDRESS)
    expect(replica?.rows).toHaveLength(3)
    expect(replica?.outbox.map(({ clientId }) => clientId).toSorted()).toEqual([7, 8])
  })

  test('moves batches that an older tab of the guest sealed meanwhile the next time, and notifies tabs of the account', async () => {
    const guest = await storeOf('guest')
    await guest.bind(ADDRESS, 'document', 'lineage')
    await guest.seal(ADDRESS, batch(5, 1))
    await handOver(['guest'], 'account')
    const account = await storeOf('account')
    await account.load(ADDRESS)
    const heard = new Promise<void>((resolve) => account.onOutboxChange(ADDRESS, resolve))
    await guest.seal(ADDRESS, batch(5, 2))
    await handOver(['guest'], 'account')
    await heard
    expect((await account.outbox(ADDRESS)).map(({ n }) => n)).toEqual([1, 2])
    await handOver(['guest'], 'account')
    expect(await countUnsent('account')).toBe(2)
  })

  test('of a user this browser has never seen creates nothing', async () => {
    await handOver(['nobody'], 'account')
    expect(await countUnsent('nobody')).toBe(0)
    expect(await held()).toEqual([])
  })
})

test('wiping removes everything of a user and their guests, and leaves others', async () => {
  for (const userId of ['account', 'guest', 'other']) await (await storeOf(userId)).seal(ADDRESS, batch(5, 1))
  await rememberGuest({ userId: 'account', recovery: null })
  await wipeLocalCopies(['account', 'guest'])
  expect(await held()).toEqual(['commonplace', 'commonplace:other'])
  expect(await countUnsent('other')).toBe(1)
  expect(await recallGuest()).toBeNull()
})

describe('with a server', () => {
  let server: CollaborationServer
  beforeAll(async () => {
    server = await startCollaboration()
  })
  afterAll(() => server.close())

  test('text that a guest typed offline reaches it under the account, from the guest’s own client id', async () => {
    const given = { email: 'mei@example.org', password: 'correct horse battery' }
    await server.people.accounts.signUp(new Headers(), { ...given, name: '' })
    const guest = await server.guest()
    const { address } = await server.document(guest)
    const online = server.open(address, guest, { replica: await storeOf(guest.profile.userId) })
    await until(online, () => online.synced)
    online.doc.getText('title').insert(0, 'online')
    await online.flushed()
    await online.destroy()
    const url = `http://127.0.0.1:${await freePort()}`
    const offline = server.open(address, guest, { url, replica: await storeOf(guest.profile.userId) })
    await until(offline, () => offline.doc.getText('title').toString() === 'online')
    offline.doc.getText('title').insert(6, ' and offline')
    await until(offline, () => offline.save.onDevice)
    await offline.destroy()

    const cookie = guest.setCookies.map((each) => each.split(';', 1)[0]).join('; ')
    const kept = await server.people.accounts.signIn(new Headers({ cookie }), given)
    if (typeof kept === 'string') throw new Error(kept)
    await handOver(await server.store.owners.aliasesOf(kept.profile.userId), kept.profile.userId)
    const mine = server.open(address, kept, { replica: await storeOf(kept.profile.userId) })
    await until(mine, () => mine.saved)
    const reader = server.open(address, await server.guest())
    await until(reader, () => reader.doc.getText('title').toString() === 'online and offline')
    for (const provider of [mine, reader]) await provider.destroy()
  })
})
