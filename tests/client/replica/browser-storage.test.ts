import { IDBFactory, IDBOpenDBRequest } from 'fake-indexeddb'
import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { databaseNames, inOneTab, tabChannel } from '#lib/client/replica/browser-storage.ts'
import { recallGuest, rememberGuest } from '#lib/client/replica/guest-memory.ts'
import { openIndexedDbStore } from '#lib/client/replica/indexed-db-store.ts'
import { countUnsent, handOver, wipeLocalCopies } from '#lib/client/replica/local-copies.ts'
import { ADDRESS, batch } from './replica-store-contract.ts'

const refuse = (): never => {
  throw new DOMException('The operation is insecure.', 'SecurityError')
}
const never = () => new Promise<never>(() => undefined)

/** Lets reading a global do `get`, as a browser does that blocks storage. */
function define(owner: object, name: string, get: () => unknown): void {
  const before = Object.getOwnPropertyDescriptor(owner, name)
  Object.defineProperty(owner, name, { configurable: true, get })
  undo.push(() => {
    if (before) Object.defineProperty(owner, name, before)
    else Reflect.deleteProperty(owner, name)
  })
}
const undo: (() => void)[] = []

beforeEach(() => {
  const factory = new IDBFactory()
  define(globalThis, 'indexedDB', () => factory)
})
afterEach(() => {
  for (const back of undo.splice(0).reverse()) back()
  vi.useRealTimers()
})

/** Waits as long as it takes, on simulated time. */
async function atLast<T>(promise: Promise<T>): Promise<T> {
  let done = false
  const settled = promise.finally(() => {
    done = true
  })
  while (!done) await vi.advanceTimersByTimeAsync(1000)
  return settled
}

test.each<[how: string, get: () => unknown]>([
  ['is missing', () => undefined],
  ['is null', () => null],
  ['throws when looked at', refuse],
  ['throws when used', () => ({ open: refuse, deleteDatabase: refuse, databases: refuse })],
  ['never answers', () => ({ open: () => new IDBOpenDBRequest(), databases: never })],
])(
  'a browser whose IndexedDB %s gives no store, remembers the guest in this tab and holds nobody up',
  async (_how, get) => {
    vi.useFakeTimers()
    define(globalThis, 'indexedDB', get)
    expect(await atLast(openIndexedDbStore('mei'))).toBeNull()
    await atLast(rememberGuest({ userId: 'mei', recovery: 'code' }))
    expect(await atLast(recallGuest())).toEqual({ userId: 'mei', recovery: 'code' })
    expect(await atLast(countUnsent('mei'))).toBe(0)
    await atLast(handOver(['guest'], 'mei'))
    await atLast(wipeLocalCopies(['mei']))
    expect(await atLast(recallGuest())).toBeNull()
  },
)

test.each<[what: string, owner: () => object, name: string, get: () => unknown]>([
  ['no BroadcastChannel', () => globalThis, 'BroadcastChannel', () => undefined],
  ['a BroadcastChannel that throws when looked at', () => globalThis, 'BroadcastChannel', refuse],
  ['a BroadcastChannel that throws when made', () => globalThis, 'BroadcastChannel', () => refuse],
  ['no locks', () => navigator, 'locks', () => undefined],
  ['locks that throw when looked at', () => navigator, 'locks', refuse],
  ['locks that throw when asked for', () => navigator, 'locks', () => ({ request: refuse })],
  ['locks that refuse', () => navigator, 'locks', () => ({ request: async () => refuse() })],
  ['no navigator', () => globalThis, 'navigator', () => ({})],
  ['no Worker', () => globalThis, 'Worker', refuse],
])('a browser with %s stores what is typed', async (_what, owner, name, get) => {
  define(owner(), name, get)
  const store = await openIndexedDbStore('mei')
  await store?.seal(ADDRESS, batch(7, 1))
  await store?.compact(ADDRESS)
  store?.close()
  expect(await countUnsent('mei')).toBe(1)
  await handOver(['mei'], 'account')
  expect(await countUnsent('account')).toBe(1)
  await wipeLocalCopies(['account'])
  expect(await countUnsent('account')).toBe(0)
})

test('a copy that exists but cannot be opened is not reported as erased', async () => {
  ;(await openIndexedDbStore('mei'))?.close()
  const { databases } = indexedDB
  const held = await databases.call(indexedDB)
  define(globalThis, 'indexedDB', () => ({ databases: async () => held, open: refuse }))
  await expect(wipeLocalCopies(['mei'])).rejects.toThrow('not erased')
})

describe('a lock', () => {
  test('lets one tab work, and its failure through', async () => {
    const held = {
      request: async (_name: string, _how: object, work: (lock: unknown) => unknown) => work(null),
    }
    define(navigator, 'locks', () => held)
    const work = vi.fn(async () => undefined)
    await inOneTab('x', work)
    expect(work).not.toHaveBeenCalled()
    define(navigator, 'locks', () => ({
      ...held,
      request: async (_n: string, _h: object, run: (lock: object) => unknown) => run({}),
    }))
    await inOneTab('x', work)
    expect(work).toHaveBeenCalledTimes(1)
    await expect(inOneTab('x', async () => Promise.reject(new Error('full')))).rejects.toThrow('full')
  })
})

test('channels reach other tabs, and names are those of the databases', async () => {
  const [here, there] = [tabChannel('x'), tabChannel('x')]
  const heard = new Promise((resolve) => there?.addEventListener('message', resolve, { once: true }))
  here?.postMessage('hello')
  await heard
  here?.close()
  there?.close()
  ;(await openIndexedDbStore('mei'))?.close()
  expect(await databaseNames()).toEqual(new Set(['commonplace:mei']))
})
