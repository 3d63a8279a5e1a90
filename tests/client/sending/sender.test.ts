import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Outbox } from '#lib/client/sending/outbox.ts'
import { Sender } from '#lib/client/sending/sender.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import { decodeBatch } from '#lib/protocol/messages/update.ts'
import { MemoryReplicas } from '../../support/memory-replica.ts'
import { OWNER } from '../../support/owner.ts'
import { SILENT } from '../../support/silent-channel.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const CLIENT = 7

/** Returns a sender with as many sealed edits, and the numbers of the batches sent since the last look. */
async function senderWith(edits: number) {
  const clock = new VirtualClock(() => 0.5)
  const outbox = new Outbox({
    doc: { clientID: CLIENT },
    address: 'A'.repeat(32),
    store: new MemoryReplicas().open(),
    clock,
    owner: OWNER,
  })
  const sent: number[] = []
  const channel = { ...SILENT, update: (part: Uint8Array) => void sent.push(decodeBatch(part).n) }
  const pump = (): void => sender.send({ room: 1, channel })
  const sender = new Sender({
    outbox,
    clock,
    doc: { clientID: CLIENT },
    owner: { changed: pump },
  })
  const text = new Y.Doc().getText()
  text.doc?.on('update', (update) => outbox.add(update))
  for (let i = 0; i < edits; i++) {
    text.insert(0, 'x')
    outbox.seal()
  }
  await clock.advance(0)
  const refused = (n: number, refusal: Refusal) =>
    expect(sender.refused({ room: 1, clientId: CLIENT, n }, refusal)).toEqual({ need: 'none' })
  return { clock, pump, refused, took: () => sent.splice(0) }
}

const limited = (ms: number) => refuse('rate-limited', 'later', ms)

test('[UPD7] a rate-limited batch is kept, and sent again after the wait, not before', async () => {
  const { clock, pump, refused, took } = await senderWith(3)
  pump()
  expect(took()).toEqual([1, 2, 3])
  refused(1, limited(2000))
  pump()
  await clock.advance(1999)
  pump()
  expect(took()).toEqual([])
  await clock.advance(1)
  expect(took()).toEqual([1, 2, 3])
})

test('[UPD7] the rewind that answers the batches behind a rate-limited one does not shorten its wait', async () => {
  const { clock, pump, refused, took } = await senderWith(3)
  pump()
  took()
  refused(1, limited(2000))
  refused(2, refuse('rewind', 'n is not next'))
  refused(3, limited(500))
  await clock.advance(1999)
  expect(took()).toEqual([])
  await clock.advance(1)
  expect(took()).toEqual([1, 2, 3])
})

test('[UPD7] the longest of several waits counts, and refused batches are sent again once', async () => {
  const { clock, pump, refused, took } = await senderWith(2)
  pump()
  took()
  refused(1, limited(300))
  refused(2, limited(900))
  await clock.advance(899)
  expect(took()).toEqual([])
  await clock.advance(5000)
  expect(took()).toEqual([1, 2])
})

test('[LIM9] a batch for which the server has no room is kept and sent again, after a wait that doubles up to 30 s', async () => {
  const { clock, pump, refused, took } = await senderWith(2)
  pump()
  expect(took()).toEqual([1, 2])
  for (const ms of [2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    // Both batches in flight are refused: one attempt.
    for (const n of [1, 2]) refused(n, refuse('storage-slow', 'send it again', 2000))
    await clock.advance(ms - 1)
    expect(took()).toEqual([])
    await clock.advance(1)
    expect(took()).toEqual([1, 2])
  }
})
