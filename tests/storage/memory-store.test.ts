import { describe, expect, test } from 'vitest'
import { MemoryStore } from '../support/memory-store.ts'
import { storeContract } from './contract.ts'
import { newDocument, newRow } from './stored-values.ts'

describe('the store in memory meets the contract', () => {
  storeContract(async () => {
    const store = new MemoryStore()
    return { documents: store, catalog: store, access: store, close: async () => undefined }
  })
})

describe('the store in memory can be told to fail', () => {
  const withDocument = async () => {
    const store = new MemoryStore()
    await store.create(newDocument('d'))
    return store
  }

  test('a commit that fails before it is written leaves nothing, one that fails after leaves everything', async () => {
    const store = await withDocument()
    store.failNextCommit('before')
    await expect(store.commit([newRow('d', 1)])).rejects.toThrow('before')
    expect((await store.heads(['d'])).get('d')?.seq).toBe(0)
    store.failNextCommit('after')
    await expect(store.commit([newRow('d', 1)])).rejects.toThrow('after')
    expect((await store.heads(['d'])).get('d')?.seq).toBe(1)
    expect(await store.commit([newRow('d', 2)])).toEqual([{ ok: true }])
  })

  test('a refused document does not disturb the others', async () => {
    const store = await withDocument()
    await store.create(newDocument('e'))
    store.refuse('d')
    expect((await store.commit([newRow('d', 1), newRow('e', 1)])).map(({ ok }) => ok)).toEqual([false, true])
    store.refuse('d', false)
    expect(await store.commit([newRow('d', 1)])).toEqual([{ ok: true }])
  })

  test('held commits are written when they are released', async () => {
    const store = await withDocument()
    const release = store.holdCommits()
    const done = store.commit([newRow('d', 1)])
    expect((await store.load('d'))?.rows).toEqual([])
    release()
    expect(await done).toEqual([{ ok: true }])
    expect((await store.load('d'))?.rows).toHaveLength(1)
  })

  test('a copy is not changed by later writes and can be restored twice', async () => {
    const store = await withDocument()
    await store.commit([newRow('d', 1)])
    const copy = store.copy()
    for (let again = 0; again < 2; again++) {
      await store.commit([newRow('d', 2)])
      expect((await store.load('d'))?.headSeq).toBe(2)
      store.restore(copy, 70)
      expect(await store.load('d')).toMatchObject({ headSeq: 1, restoredAt: 70 })
    }
    expect(store.accepted.map(({ seq }) => seq)).toEqual([1, 2, 2])
  })
})
