/*
 * The contract of a replica store.
 * Over 350 lines: one contract, run as a whole against each store.
 */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { ReplicaStore, SealedBatch } from '#lib/client/replica/replica-store.ts'
import { chainHash } from '#lib/client/replica/unbroken-run.ts'
import { chainAfter, EMPTY_CHAIN, encodeEntries, encodeUpdates, type Row } from '#lib/protocol/log-row.ts'

/** One browser. `open` opens the user's store in another tab. */
interface Browser {
  open(userId: string): Promise<ReplicaStore>
}

export const ADDRESS = 'address-of-the-editors-000000000'
export const OTHER_ADDRESS = 'address-of-the-viewers-000000000'

export function batch(clientId: number, n: number, at = 1_000 + n): SealedBatch {
  return { clientId, n, at, restore: false, payload: encodeUpdates([new Uint8Array([clientId, n])]) }
}

/** Returns the chain after row `seq` of `typedRows`. */
export function chain(seq: number, history = 0): Uint8Array {
  return typedRows(seq, seq, history)[0]?.chain ?? EMPTY_CHAIN
}

/** Returns rows with these bytes, from 1 on. */
function chained(all: readonly Uint8Array[]): Row[] {
  let before = EMPTY_CHAIN
  return all.map((entries, index) => {
    const seq = index + 1
    before = chainAfter(chainHash, before, seq, entries)
    return { seq, chain: before, entries }
  })
}

/**
 * Returns rows `from…to` of one of two histories, in which client 7 types one letter (or `text`) per row, including
 * in the rows before `from`.
 */
export function typedRows(from: number, to: number, history = 0, text?: string): Row[] {
  const doc = new Y.Doc()
  doc.clientID = 7
  const title = doc.getText('title')
  const all: Uint8Array[] = []
  let update: Uint8Array = new Uint8Array()
  doc.on('update', (bytes: Uint8Array) => {
    update = bytes
  })
  for (let seq = 1; seq <= to; seq++) {
    title.insert(title.length, text ?? String.fromCharCode(97 + (seq % 26)))
    all.push(
      encodeEntries([{ kind: 0, clientId: 7, n: seq, user: history === 0 ? '' : 'ann', updates: [update] }]),
    )
  }
  return chained(all).slice(from - 1)
}

function stateUpto(seq: number, history = 0) {
  const doc = new Y.Doc()
  doc.clientID = 7
  for (let n = 1; n <= seq; n++) {
    doc.getText('title').insert(n - 1, String.fromCharCode(97 + (n % 26)))
  }
  return { seq, chain: chain(seq, history), update: Y.encodeStateAsUpdate(doc) }
}

function titleIn(update: Uint8Array | undefined): string {
  const doc = new Y.Doc()
  if (update) Y.applyUpdate(doc, update)
  return doc.getText('title').toString()
}

const numbers = (batches: readonly SealedBatch[] | undefined) =>
  batches?.map(({ clientId, n }) => [clientId, n])
const seqs = (rows: readonly Row[] | undefined) => rows?.map((row) => row.seq)

/** The contract of the port lib/client/replica/replica-store.ts, for every implementation. */
export function replicaStoreContract(newBrowser: () => Browser): void {
  describe('the replica store contract', () => {
    let browser: Browser
    let tab: ReplicaStore
    let second: ReplicaStore
    beforeEach(async () => {
      browser = newBrowser()
      tab = await browser.open('mei')
      second = await browser.open('mei')
    })
    afterEach(() => {
      tab.close()
      second.close()
    })

    test('an address never joined or typed in holds nothing', async () => {
      expect(await tab.load(ADDRESS)).toBeNull()
      expect(await tab.outbox(ADDRESS)).toEqual([])
    })

    test('a batch sealed before the first join is kept under its address and belongs to the document joined', async () => {
      await tab.seal(ADDRESS, batch(1, 1))
      expect(await second.load(ADDRESS)).toMatchObject({ documentId: '', lineage: '', state: null, rows: [] })
      await tab.bind(ADDRESS, 'document', 'lineage')
      expect(numbers((await second.load(ADDRESS))?.outbox)).toEqual([[1, 1]])
      expect((await second.load(ADDRESS))?.documentId).toBe('document')
    })

    test('a tab that has not heard of the join still seals into the joined document', async () => {
      await second.load(ADDRESS)
      await tab.bind(ADDRESS, 'document', 'lineage')
      await second.seal(ADDRESS, batch(2, 1))
      expect(numbers(await tab.outbox(ADDRESS))).toEqual([[2, 1]])
    })

    test('the addresses of one document share its replica', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.commit(ADDRESS, typedRows(1, 2), [])
      await tab.seal(ADDRESS, batch(1, 1))
      await second.bind(OTHER_ADDRESS, 'document', 'lineage')
      const replica = await second.load(OTHER_ADDRESS)
      expect(seqs(replica?.rows)).toEqual([1, 2])
      expect(numbers(replica?.outbox)).toEqual([[1, 1]])
    })

    test('a batch sealed again keeps its first bytes', async () => {
      await tab.seal(ADDRESS, batch(1, 1))
      await second.seal(ADDRESS, { ...batch(1, 1, 5), payload: new Uint8Array([9]) })
      expect(await tab.outbox(ADDRESS)).toEqual([batch(1, 1)])
    })

    test('the outbox is oldest first, and in order of n within a client even when the clock stepped back', async () => {
      for (const sealed of [batch(1, 1, 50), batch(1, 2, 10), batch(2, 1, 30), batch(3, 1, 60)]) {
        await tab.seal(ADDRESS, sealed)
      }
      expect(numbers(await second.outbox(ADDRESS))).toEqual([
        [2, 1],
        [1, 1],
        [1, 2],
        [3, 1],
      ])
    })

    test('a commit stores rows and removes the acknowledged batches of any tab', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.seal(ADDRESS, batch(1, 1))
      await second.seal(ADDRESS, batch(2, 1))
      await second.seal(ADDRESS, batch(2, 2))
      await tab.commit(ADDRESS, typedRows(1, 1), [batch(1, 1), batch(2, 1)])
      const replica = await second.load(ADDRESS)
      expect(replica?.rows).toEqual(typedRows(1, 1))
      expect(numbers(replica?.outbox)).toEqual([[2, 2]])
    })

    test('a commit repeated, by another tab too, changes nothing', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.seal(ADDRESS, batch(1, 1))
      await tab.commit(ADDRESS, typedRows(1, 3), [batch(1, 1)])
      const before = await tab.load(ADDRESS)
      await second.commit(ADDRESS, typedRows(2, 3), [batch(1, 1)])
      expect(await tab.load(ADDRESS)).toEqual(before)
    })

    test('rows are returned up to the first gap, and past it once it is filled', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.commit(ADDRESS, [...typedRows(1, 2), ...typedRows(4, 5)], [])
      expect(seqs((await tab.load(ADDRESS))?.rows)).toEqual([1, 2])
      await tab.commit(ADDRESS, typedRows(3, 3), [])
      expect(seqs((await tab.load(ADDRESS))?.rows)).toEqual([1, 2, 3, 4, 5])
    })

    test('rows without the beginning are not returned', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.commit(ADDRESS, typedRows(3, 4), [])
      expect((await tab.load(ADDRESS))?.rows).toEqual([])
    })

    test('a state from the server replaces everything stored, and its rows follow it', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.commit(ADDRESS, typedRows(1, 9), [])
      await tab.seal(ADDRESS, batch(1, 1))
      await tab.replace(ADDRESS, stateUpto(5, 1), typedRows(6, 7, 1))
      const replica = await second.load(ADDRESS)
      expect(replica?.state).toEqual(stateUpto(5, 1))
      expect(replica?.rows).toEqual(typedRows(6, 7, 1))
      expect(numbers(replica?.outbox)).toEqual([[1, 1]])
    })

    test('a commit removes a client’s batches up to n and no other client’s', async () => {
      for (const sealed of [batch(1, 1), batch(1, 2), batch(1, 3), batch(2, 1)])
        await tab.seal(ADDRESS, sealed)
      await second.commit(ADDRESS, [], [{ clientId: 1, n: 2 }])
      expect(numbers(await tab.outbox(ADDRESS))).toEqual([
        [2, 1],
        [1, 3],
      ])
    })

    test('forget removes one batch, and those before it stay', async () => {
      for (const sealed of [batch(1, 1), batch(1, 2), batch(2, 2)]) await tab.seal(ADDRESS, sealed)
      await second.forget(ADDRESS, 1, 2)
      await second.forget(ADDRESS, 1, 2)
      expect(numbers(await tab.outbox(ADDRESS))).toEqual([
        [1, 1],
        [2, 2],
      ])
    })

    test('a new lineage drops the replica and sets the old outbox aside', async () => {
      await tab.bind(ADDRESS, 'document', 'first')
      await tab.commit(ADDRESS, typedRows(1, 2), [])
      await tab.seal(ADDRESS, batch(1, 1))
      await tab.bind(ADDRESS, 'document', 'second')
      expect(await tab.load(ADDRESS)).toEqual({
        documentId: 'document',
        lineage: 'second',
        state: null,
        rows: [],
        outbox: [],
        draft: [],
      })
      await tab.bind(ADDRESS, 'document', 'first')
      expect(numbers(await tab.outbox(ADDRESS))).toEqual([[1, 1]])
    })

    test('a tab still on the old lineage seals and commits nothing into the new one', async () => {
      await tab.bind(ADDRESS, 'document', 'first')
      await second.load(ADDRESS)
      await tab.bind(ADDRESS, 'document', 'second')
      await second.seal(ADDRESS, batch(2, 1))
      await second.commit(ADDRESS, typedRows(1, 1), [])
      await second.replace(ADDRESS, stateUpto(3), [])
      expect(numbers(await second.outbox(ADDRESS))).toEqual([[2, 1]])
      expect(await tab.load(ADDRESS)).toMatchObject({ lineage: 'second', state: null, rows: [], outbox: [] })
      await tab.bind(ADDRESS, 'document', 'first')
      expect(await tab.load(ADDRESS)).toMatchObject({ lineage: 'first', state: null, rows: [] })
    })

    test('batches set aside are in no outbox, outlive their tab, and wait again when taken back', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.seal(ADDRESS, batch(1, 1))
      await tab.seal(ADDRESS, batch(1, 2))
      await second.seal(ADDRESS, batch(2, 1))
      // The third batch was not written before.
      await tab.setAside(ADDRESS, [batch(1, 1), batch(1, 2), batch(1, 3)])
      await tab.seal(ADDRESS, batch(1, 3))
      expect(numbers(await second.outbox(ADDRESS))).toEqual([[2, 1]])
      expect(await second.draft(ADDRESS)).toEqual([batch(1, 1), batch(1, 2), batch(1, 3)])
      const replica = await second.load(ADDRESS)
      expect([numbers(replica?.outbox), numbers(replica?.draft)]).toEqual([
        [[2, 1]],
        [
          [1, 1],
          [1, 2],
          [1, 3],
        ],
      ])
      await second.takeBack(ADDRESS)
      expect(await tab.draft(ADDRESS)).toEqual([])
      expect(numbers(await tab.outbox(ADDRESS))).toHaveLength(4)
      expect(await tab.outbox(ADDRESS)).toContainEqual(batch(1, 3))
    })

    test('batches set aside are removed when the log has them after all, and when they are discarded', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.setAside(ADDRESS, [batch(1, 1), batch(1, 2), batch(1, 3)])
      await tab.seal(ADDRESS, batch(2, 1))
      await tab.commit(ADDRESS, typedRows(1, 1), [batch(1, 1)])
      expect(numbers(await second.draft(ADDRESS))).toEqual([
        [1, 2],
        [1, 3],
      ])
      await second.commit(ADDRESS, [], [{ clientId: 1, n: 2 }])
      expect(numbers(await tab.draft(ADDRESS))).toEqual([[1, 3]])
      const told = vi.fn()
      second.onOutboxChange(ADDRESS, told)
      await tab.discard(ADDRESS)
      await vi.waitFor(() => expect(told).toHaveBeenCalled())
      expect(await second.draft(ADDRESS)).toEqual([])
      expect(numbers(await second.outbox(ADDRESS))).toEqual([[2, 1]])
    })

    test('batches set aside before the first join belong to the document joined', async () => {
      await tab.setAside(ADDRESS, [batch(1, 1)])
      expect((await tab.load(ADDRESS))?.draft).toEqual([batch(1, 1)])
      await tab.bind(ADDRESS, 'document', 'lineage')
      expect(await tab.draft(ADDRESS)).toEqual([batch(1, 1)])
    })

    test('views into a larger buffer are stored as their own bytes', async () => {
      const frame = new Uint8Array(100_000).fill(1)
      await tab.seal(ADDRESS, { ...batch(1, 1), payload: frame.subarray(5, 9) })
      const [sealed] = await second.outbox(ADDRESS)
      frame.fill(2)
      expect(sealed?.payload).toEqual(new Uint8Array(4).fill(1))
      expect(sealed?.payload.buffer.byteLength).toBe(4)
    })

    test('compaction folds more than 500 rows into a state with the same text', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.commit(ADDRESS, typedRows(1, 500), [])
      await tab.compact(ADDRESS)
      expect((await tab.load(ADDRESS))?.rows).toHaveLength(500)
      await tab.commit(ADDRESS, [...typedRows(501, 501), ...typedRows(503, 503)], [])
      await Promise.all([tab.compact(ADDRESS), second.compact(ADDRESS)])
      const replica = await second.load(ADDRESS)
      expect(replica?.state?.seq).toBe(501)
      expect(replica?.state?.chain).toEqual(chain(501))
      expect(titleIn(replica?.state?.update)).toBe(titleIn(stateUpto(501).update))
      await tab.commit(ADDRESS, typedRows(502, 502), [])
      expect(seqs((await tab.load(ADDRESS))?.rows)).toEqual([502, 503])
    })

    test('rows that depend on missing ones are not folded', async () => {
      await tab.bind(ADDRESS, 'document', 'lineage')
      const late = chained(typedRows(2, 502).map(({ entries }) => entries))
      await tab.commit(ADDRESS, late, [])
      await tab.compact(ADDRESS)
      expect(await tab.load(ADDRESS)).toMatchObject({ state: null, rows: { length: 501 } })
    })

    test('another tab’s seal and acknowledgement call back, the tab’s own and repeated ones do not', async () => {
      const mine = vi.fn()
      const theirs = vi.fn()
      tab.onOutboxChange(ADDRESS, mine)
      second.onOutboxChange(ADDRESS, theirs)
      await tab.seal(ADDRESS, batch(1, 1))
      await vi.waitFor(() => expect(theirs).toHaveBeenCalledTimes(1))
      await tab.seal(ADDRESS, batch(1, 1))
      await tab.commit(ADDRESS, [], [{ clientId: 1, n: 1 }])
      await vi.waitFor(() => expect(theirs).toHaveBeenCalledTimes(2))
      await tab.commit(ADDRESS, [], [{ clientId: 1, n: 1 }])
      await tab.bind(ADDRESS, 'document', 'lineage')
      await second.bind(OTHER_ADDRESS, 'document', 'lineage')
      const byOther = vi.fn()
      second.onOutboxChange(OTHER_ADDRESS, byOther)
      await tab.seal(ADDRESS, batch(1, 2))
      await vi.waitFor(() => expect(byOther).toHaveBeenCalledTimes(1))
      expect(theirs).toHaveBeenCalledTimes(3)
      expect(mine).not.toHaveBeenCalled()
    })

    test('after unsubscribing nothing calls back', async () => {
      const gone = vi.fn()
      const kept = vi.fn()
      second.onOutboxChange(ADDRESS, gone)()
      second.onOutboxChange(ADDRESS, kept)
      await tab.seal(ADDRESS, batch(1, 1))
      await vi.waitFor(() => expect(kept).toHaveBeenCalled())
      expect(gone).not.toHaveBeenCalled()
    })

    test('two users of one browser see nothing of each other', async () => {
      const wei = await browser.open('wei')
      await tab.seal(ADDRESS, batch(1, 1))
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.commit(ADDRESS, typedRows(1, 1), [])
      expect(await wei.load(ADDRESS)).toBeNull()
      expect(await wei.outbox(ADDRESS)).toEqual([])
      wei.close()
    })

    test('wiping erases everything of this user and closes the store in every tab', async () => {
      const wei = await browser.open('wei')
      await wei.seal(ADDRESS, batch(3, 1))
      await tab.bind(ADDRESS, 'document', 'lineage')
      await tab.seal(ADDRESS, batch(1, 1))
      const told = vi.fn()
      second.onWiped(told)
      await tab.wipe()
      await tab.wipe()
      await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1))
      await expect(second.seal(ADDRESS, batch(2, 1))).rejects.toMatchObject({
        name: 'ReplicaStoreError',
        kind: 'failed',
      })
      const again = await browser.open('mei')
      expect(await again.load(ADDRESS)).toBeNull()
      expect(numbers(await wei.outbox(ADDRESS))).toEqual([[3, 1]])
      again.close()
      wei.close()
    })

    test('rows for an address that is not bound are a bug of the caller', async () => {
      await expect(tab.commit(ADDRESS, typedRows(1, 1), [])).rejects.toMatchObject({ kind: 'failed' })
    })
  })
}
