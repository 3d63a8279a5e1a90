import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openIndexedDbStore } from '#lib/client/replica/indexed-db-store.ts'
import type { ReplicaStore } from '#lib/client/replica/replica-store.ts'
import { MemoryReplicas } from '../../support/memory-replica.ts'
import {
  ADDRESS,
  batch,
  chain,
  OTHER_ADDRESS,
  replicaStoreContract,
  typedRows,
} from './replica-store-contract.ts'

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

async function open(userId = 'mei'): Promise<ReplicaStore> {
  const store = await openIndexedDbStore(userId)
  if (!store) throw new Error('no database')
  return store
}

replicaStoreContract(() => ({ open }))

describe('opening', () => {
  test('without IndexedDB there is no store', async () => {
    vi.stubGlobal('indexedDB', undefined)
    expect(await openIndexedDbStore('mei')).toBeNull()
  })

  test('if opening is refused there is no store', async () => {
    vi.stubGlobal('indexedDB', {
      open() {
        throw new DOMException('not in private mode', 'SecurityError')
      },
    })
    expect(await openIndexedDbStore('mei')).toBeNull()
  })

  test('if opening never ends there is no store after three seconds', async () => {
    vi.useFakeTimers()
    vi.stubGlobal('indexedDB', { open: () => new IDBOpenDBRequest() })
    const opening = openIndexedDbStore('mei')
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await opening).toBeNull()
  })

  test('stored data is there after closing and opening again', async () => {
    const before = await open()
    await before.seal(ADDRESS, batch(1, 1))
    before.close()
    const after = await open()
    expect(await after.outbox(ADDRESS)).toEqual([batch(1, 1)])
    after.close()
  })

  test('a browser without BroadcastChannel and Web Locks stores too', async () => {
    vi.stubGlobal('BroadcastChannel', undefined)
    vi.stubGlobal('navigator', {})
    const store = await open()
    await store.bind(ADDRESS, 'document', 'lineage')
    await store.commit(ADDRESS, typedRows(1, 501), [])
    await store.compact(ADDRESS)
    expect((await store.load(ADDRESS))?.state?.seq).toBe(501)
    store.close()
  })
})

describe('failures', () => {
  test('a full disk rejects as quota and stores nothing of the call', async () => {
    const store = await open()
    await store.bind(ADDRESS, 'document', 'lineage')
    await store.seal(ADDRESS, batch(1, 1))
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore) {
      this.transaction.abort()
      throw new DOMException('no room', 'QuotaExceededError')
    })
    await expect(store.commit(ADDRESS, typedRows(1, 1), [batch(1, 1)])).rejects.toMatchObject({
      name: 'ReplicaStoreError',
      kind: 'quota',
    })
    put.mockRestore()
    expect(await store.load(ADDRESS)).toMatchObject({ rows: [], outbox: [{ clientId: 1, n: 1 }] })
    store.close()
  })

  test('a closed store rejects as failed', async () => {
    const store = await open()
    store.close()
    await expect(store.seal(ADDRESS, batch(1, 1))).rejects.toMatchObject({ kind: 'failed' })
  })
})

describe('compaction beside other tabs', () => {
  test('a state that came from the server during the fold is not overwritten', async () => {
    const [one, two] = [await open(), await open()]
    await one.bind(ADDRESS, 'document', 'lineage')
    await one.commit(ADDRESS, typedRows(1, 501), [])
    const compacting = one.compact(ADDRESS)
    const state = { seq: 2, chain: chain(2, 1), update: new Uint8Array([0, 0]) }
    await two.replace(ADDRESS, state, [])
    await compacting
    expect((await two.load(ADDRESS))?.state).toEqual(state)
    one.close()
    two.close()
  })

  test('a few rows above one MiB together are folded too', async () => {
    const store = await open()
    await store.bind(ADDRESS, 'document', 'lineage')
    await store.commit(ADDRESS, typedRows(1, 2, 0, 'a'.repeat(400 * 1024)), [])
    await store.compact(ADDRESS)
    expect((await store.load(ADDRESS))?.rows).toHaveLength(2)
    await store.commit(ADDRESS, typedRows(3, 3, 0, 'a'.repeat(400 * 1024)), [])
    await store.compact(ADDRESS)
    expect(await store.load(ADDRESS)).toMatchObject({ state: { seq: 3 }, rows: [] })
    store.close()
  })
})

type Call = (tab: ReplicaStore) => Promise<unknown>

const address = fc.constantFrom(ADDRESS, OTHER_ADDRESS)
const history = fc.integer({ min: 0, max: 1 })
const clientId = fc.integer({ min: 1, max: 3 })
const n = fc.integer({ min: 1, max: 4 })
const acknowledged = fc.array(fc.record({ clientId, n }), { maxLength: 3 })
const ALL_ROWS = [typedRows(1, 12, 0), typedRows(1, 12, 1)]

const run = fc
  .record({ from: fc.integer({ min: 1, max: 10 }), length: fc.integer({ min: 0, max: 4 }), history })
  .map((r) => ALL_ROWS[r.history]?.slice(r.from - 1, r.from - 1 + r.length) ?? [])

const call: fc.Arbitrary<[string, Call]> = fc.oneof(
  fc
    .record({ address, clientId, n, at: fc.integer({ min: 0, max: 9 }) })
    .map((c): [string, Call] => [
      `seal ${JSON.stringify(c)}`,
      (tab) => tab.seal(c.address, batch(c.clientId, c.n, c.at)),
    ]),
  fc
    .tuple(address, run, acknowledged)
    .map(([a, rows, acks]): [string, Call] => [
      `commit ${a} ${rows.map((row) => row.seq)} ${JSON.stringify(acks)}`,
      (tab) => tab.commit(a, rows, acks),
    ]),
  fc
    .record({ address, run, seq: n, history })
    .map((c): [string, Call] => [
      `replace ${c.address} ${c.seq} ${c.run.map((row) => row.seq)}`,
      (tab) =>
        tab.replace(
          c.address,
          { seq: c.seq, chain: chain(c.seq, c.history), update: new Uint8Array([0, 0]) },
          c.run,
        ),
    ]),
  fc
    .record({ address, clientId, n })
    .map((c): [string, Call] => [
      `forget ${JSON.stringify(c)}`,
      (tab) => tab.forget(c.address, c.clientId, c.n),
    ]),
  fc
    .record({ address, document: fc.constantFrom('d1', 'd1', 'd2'), lineage: fc.constantFrom('l1', 'l2') })
    .map((c): [string, Call] => [
      `bind ${JSON.stringify(c)}`,
      (tab) => tab.bind(c.address, c.document, c.lineage),
    ]),
  address.map((a): [string, Call] => [`load ${a}`, (tab) => tab.load(a)]),
  address.map((a): [string, Call] => [`outbox ${a}`, (tab) => tab.outbox(a)]),
  address.map((a): [string, Call] => [`compact ${a}`, (tab) => tab.compact(a)]),
)

/** Returns the result of a call, or the kind of its rejection: both stores must give the same. */
async function outcome(call: Call, tab: ReplicaStore): Promise<unknown> {
  try {
    return await call(tab)
  } catch (error) {
    return String(error && typeof error === 'object' && 'kind' in error ? error.kind : error)
  }
}

test('two tabs on IndexedDB answer any sequence of calls like the store in memory', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), call), { maxLength: 40 }),
      async (calls) => {
        vi.stubGlobal('indexedDB', new IDBFactory())
        const memory = new MemoryReplicas()
        const model = [memory.open(), memory.open()]
        const real = [await open(), await open()]
        try {
          for (const [index, [, make]] of calls) {
            const [expected, actual] = [model[index], real[index]]
            if (!expected || !actual) throw new Error('no such tab')
            expect(await outcome(make, actual)).toEqual(await outcome(make, expected))
          }
          for (const a of [ADDRESS, OTHER_ADDRESS]) {
            expect(await real[0]?.load(a)).toEqual(await model[0]?.load(a))
          }
        } finally {
          for (const store of [...model, ...real]) store.close()
        }
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)
