import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { type ReplicaStore, ReplicaStoreError } from '#lib/client/replica/replica-store.ts'
import { Outbox } from '#lib/client/sending/outbox.ts'
import { MemoryReplicas } from '../../support/memory-replica.ts'
import { OWNER } from '../../support/owner.ts'
import { settled, VirtualClock } from '../../support/virtual-clock.ts'

const ADDRESS = 'A'.repeat(32)
const CLIENT = 7

/** Returns an outbox over a store whose writes end when told to, in the order in which they began. */
function outbox() {
  const clock = new VirtualClock(() => 0.5)
  const stored = new MemoryReplicas().open()
  const writes: { n: number; end: (failure?: ReplicaStoreError) => void }[] = []
  const store: ReplicaStore = {
    ...stored,
    seal: (address, batch) =>
      new Promise((resolve, reject) => {
        writes.push({
          n: batch.n,
          end: (failure) => (failure ? reject(failure) : resolve(stored.seal(address, batch))),
        })
      }),
  }
  const made = new Outbox({
    doc: { clientID: CLIENT },
    address: ADDRESS,
    store,
    clock,
    owner: OWNER,
  })
  const text = new Y.Doc().getText()
  text.doc?.on('update', (update) => made.add(update))
  return {
    outbox: made,
    clock,
    began: () => writes.map(({ n }) => n),
    stored: async () => (await stored.outbox(ADDRESS)).map(({ n }) => n),
    /** Types one edit and seals it. */
    edit() {
      text.insert(0, 'x')
      made.seal()
    },
    async end(n: number, failure?: ReplicaStoreError) {
      writes.find((write) => write.n === n)?.end(failure)
      writes.splice(0, writes.findIndex((write) => write.n === n) + 1)
      await settled()
    },
  }
}

const QUOTA = new ReplicaStoreError('quota', 'full')

test('[UPD1] a batch is written after the one before it: a batch that the store refuses leaves no gap', async () => {
  const { outbox: box, edit, end, began, stored, clock } = outbox()
  edit()
  edit()
  edit()
  expect(began()).toEqual([1])
  await end(1, QUOTA)
  expect(began()).toEqual([])
  expect(box).toMatchObject({ onDevice: false, failing: true })
  await clock.advance(2000)
  expect(began()).toEqual([1])
  await end(1)
  await end(2)
  expect(box).toMatchObject({ onDevice: false, failing: false })
  await end(3)
  expect(await stored()).toEqual([1, 2, 3])
  expect(box.onDevice).toBe(true)
})

test('everything is handed to the store immediately when the page is closing', () => {
  const { outbox: box, edit, began } = outbox()
  edit()
  edit()
  edit()
  box.flush()
  expect(began()).toEqual([1, 2, 3])
})

test('a batch that was acknowledged before its write is not written', async () => {
  const { outbox: box, edit, end, began, stored } = outbox()
  edit()
  edit()
  edit()
  box.acknowledge(CLIENT, 2)
  edit()
  await end(1)
  expect(began()).toEqual([3])
  await end(3)
  await end(4)
  expect(await stored()).toEqual([1, 3, 4]) // 1 goes with the row that acknowledges it
  expect(box.onDevice).toBe(true)
})

test('a permanently closed store is not called again', async () => {
  const { outbox: box, edit, end, clock } = outbox()
  edit()
  box.destroy()
  await end(1, new ReplicaStoreError('failed', 'closed'))
  expect(clock.waiting).toBe(0)
})

test('[UPD3] an adopted batch is sent when those before it are acknowledged: in the log it stands for them', () => {
  const { outbox: box, edit } = outbox()
  edit()
  edit()
  const left = { clientId: 9, n: 1, at: 0, restore: false, payload: Uint8Array.of(0) }
  box.setForeign([left])
  expect(box.adopt(9, 1)).toBe(left)
  edit()
  expect(box.nextToSend(0).map(({ n }) => n)).toEqual([1, 2])
  box.acknowledge(CLIENT, 1)
  expect(box.nextToSend(0)).toEqual([])
  box.acknowledge(CLIENT, 2)
  expect(box.nextToSend(0).map(({ n, restore }) => [n, restore])).toEqual([
    [3, true],
    [4, false],
  ])
})
