import { beforeEach, expect, test } from 'vitest'
import type { Snapshot } from '#lib/collab/document-store.ts'
import { SnapshotCache } from '#lib/collab/log/snapshot-cache.ts'
import { EMPTY_CHAIN } from '#lib/protocol/log-row.ts'
import { decodeHistory } from '#lib/protocol/messages/history.ts'

const SNAPSHOT_BYTES = 1000

let readings: string[]
let read: (documentId: string) => Promise<Snapshot | null>
let cache: SnapshotCache

beforeEach(() => {
  readings = []
  read = async () => snapshot(1)
  const readSnapshot = (documentId: string) => {
    readings.push(documentId)
    return read(documentId)
  }
  cache = new SnapshotCache({ readSnapshot }, 3.5 * SNAPSHOT_BYTES)
})

function snapshot(seq: number): Snapshot {
  const state = new Uint8Array(SNAPSHOT_BYTES)
  return { seq, chain: EMPTY_CHAIN, vector: new Uint8Array(1), bytes: state.length, state }
}

const history = (documentId: string, headSeq = 1) =>
  cache.history(
    documentId,
    () => headSeq,
    () => [],
  )

test('simultaneous joins cost one read and one encoding', async () => {
  const [one, other] = await Promise.all([history('d'), history('d')])
  expect(other).toBe(one)
  expect(await history('d')).toBe(one)
  expect(await history('d', 2)).not.toBe(one)
  expect(readings).toEqual(['d'])
})

test('beyond the bound the least recently used document is evicted', async () => {
  for (const id of ['a', 'b', 'c', 'a', 'd', 'a', 'c', 'd']) await history(id)
  expect(readings).toEqual(['a', 'b', 'c', 'd'])
  await history('b')
  expect(readings).toEqual(['a', 'b', 'c', 'd', 'b'])
})

test('a history that exceeds the bound alone is returned and not cached', async () => {
  await history('small')
  read = async () => ({ ...snapshot(1), state: new Uint8Array(4 * SNAPSHOT_BYTES) })
  for (let again = 0; again < 2; again++) {
    expect((await history('large')).length).toBeGreaterThan(4 * SNAPSHOT_BYTES)
  }
  await history('small')
  expect(readings).toEqual(['small', 'large', 'large'])
})

test('a failed read is not cached', async () => {
  read = async () => {
    throw new Error('the disk')
  }
  await expect(history('d')).rejects.toThrow('the disk')
  read = async () => snapshot(1)
  await history('d')
  expect(readings).toEqual(['d', 'd'])
})

test('a snapshot whose following rows are trimmed is read again', async () => {
  await history('d')
  read = async () => snapshot(5)
  const rowsAfter = (seq: number) => (seq < 5 ? null : [])
  const { snapshot: found } = decodeHistory((await cache.history('d', () => 9, rowsAfter)).whole())
  expect(found?.seq).toBe(5)
  expect(readings).toEqual(['d', 'd'])
})

test('a document evicted while it was read is not cached', async () => {
  const { promise, resolve } = Promise.withResolvers<Snapshot>()
  read = () => promise
  const first = history('d')
  cache.forget('d')
  read = async () => snapshot(7)
  const second = await history('d')
  resolve(snapshot(1))
  await first
  expect(await history('d')).toBe(second)
  expect(readings).toEqual(['d', 'd'])
})
