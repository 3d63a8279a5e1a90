import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { openDB } from 'idb'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { openIndexedDbStore } from '#lib/client/replica/indexed-db-store.ts'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { type CollaborationServer, startCollaboration } from '../../support/collaboration.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/writer.ts'
import { ADDRESS, chain, typedRows } from './replica-store-contract.ts'

let server: CollaborationServer
let mei: CookieSession

beforeAll(async () => {
  server = await startCollaboration()
  mei = await server.guest()
})
afterAll(() => server.close())
beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const titleOf = ({ doc }: CollabProvider): string => doc.getText('title').toString()

/** Opens one tab of this browser. `offline`: no server answers. */
async function tab(address: string, { offline = false } = {}) {
  const store = await openIndexedDbStore('mei')
  const url = offline ? `http://127.0.0.1:${await freePort()}` : server.url
  const provider = server.open(address, mei, { url, replica: store })
  return {
    provider,
    async close() {
      await provider.destroy()
      store?.close()
    },
  }
}

/** Leaves a document of three rows in this browser, and a word typed offline that waits in the outbox. */
async function threeRowsAndAWord(): Promise<string> {
  const { address } = await server.document(mei)
  const online = await tab(address)
  await until(online.provider, () => online.provider.synced)
  for (const word of ['one ', 'two ', 'three ']) {
    online.provider.doc.getText('title').insert(titleOf(online.provider).length, word)
    await online.provider.flushed()
  }
  await online.close()
  const offline = await tab(address, { offline: true })
  await until(offline.provider, () => titleOf(offline.provider) === 'one two three ')
  offline.provider.doc.getText('title').insert('one two three '.length, 'four')
  await until(offline.provider, () => offline.provider.save.onDevice)
  await offline.close()
  return address
}

type Stored = Record<string, Uint8Array>

/** Flips one bit of a stored value, as a bad disk does. */
async function flip(store: 'rows' | 'states', index: number, field: string): Promise<void> {
  const db = await openDB('commonplace:mei')
  const keys = await db.getAllKeys(store)
  const value: Stored = await db.get(store, keys[index] ?? '')
  const bytes = value[field]
  if (!bytes) throw new Error(`nothing at ${index} in ${store}`)
  const at = bytes.length - 1
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await db.put(store, value)
  db.close()
}

async function rowsLoaded(address: string): Promise<number | undefined> {
  const store = await openIndexedDbStore('mei')
  const replica = await store?.load(address)
  store?.close()
  return replica?.rows.length
}

test.each([
  ['rows', 0, 'entries', 0],
  ['rows', 1, 'entries', 1],
  ['rows', 2, 'chain', 2],
  ['states', 0, 'update', 0],
  ['states', 0, 'chain', 0],
] as const)(
  'a bit flipped on this device in %s[%i].%s is never shown, damaged data is loaded again, and the outbox is kept',
  async (store, index, field, undamaged) => {
    const address = await threeRowsAndAWord()
    await flip(store, index, field)
    expect(await rowsLoaded(address)).toBe(undamaged)
    const again = await tab(address)
    const shown: string[] = []
    again.provider.doc.on('update', () => shown.push(titleOf(again.provider)))
    await until(again.provider, () => again.provider.saved)
    expect(titleOf(again.provider)).toBe('one two three four')
    for (const text of shown) expect('one two three four').toContain(text)
    await again.close()
    expect(await rowsLoaded(address)).toBe(4)
  },
)

test('compaction folds the rows before a damaged one, and no more', async () => {
  const store = await openIndexedDbStore('mei')
  await store?.bind(ADDRESS, 'document', 'lineage')
  await store?.commit(ADDRESS, typedRows(1, 600), [])
  await flip('rows', 549, 'entries')
  await store?.compact(ADDRESS)
  expect(await store?.load(ADDRESS)).toMatchObject({ state: { seq: 549, chain: chain(549) }, rows: [] })
  store?.close()
})
