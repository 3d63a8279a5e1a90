import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Outbox } from '#lib/client/sending/outbox.ts'
import { Sender } from '#lib/client/sending/sender.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import { decodeBatch } from '#lib/protocol/wire.ts'
import { MemoryReplicas } from '../../support/memory-replica.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const CLIENT = 7

/** A sender with so many edits sealed, and the numbers of the batches it sent since they were last looked at. */
async function senderWith(edits: number) {
  const clock = new VirtualClock(() => 0.5)
  const outbox = new Outbox({
    clientId: () => CLIENT,
    address: 'A'.repeat(32),
    store: new MemoryReplicas().open(),
    clock,
    onChange: () => undefined,
  })
  const sent: number[] = []
  const unexpected = (): never => {
    throw new Error('no refusal here asks for that')
  }
  const sender = new Sender({
    outbox,
    clock,
    uplink: () => ({ room: 1, update: (batch) => sent.push(decodeBatch(batch).n) }),
    clientId: () => CLIENT,
    onNotJoined: unexpected,
    onGap: unexpected,
    onDistrust: unexpected,
    onAdopted: unexpected,
    onAbandoned: unexpected,
    onForbidden: unexpected,
    onHalted: unexpected,
  })
  const text = new Y.Doc().getText()
  text.doc?.on('update', (update) => outbox.add(update))
  for (let i = 0; i < edits; i++) {
    text.insert(0, 'x')
    outbox.seal()
  }
  await clock.advance(0)
  const refused = (n: number, refusal: Refusal) => sender.refused({ room: 1, clientId: CLIENT, n }, refusal)
  return { clock, sender, refused, took: () => sent.splice(0) }
}

const limited = (ms: number) => refuse('rate-limited', 'later', ms)

test('[UPD7] a rate-limited batch is kept, and sent again when the time is over, not before', async () => {
  const { clock, sender, refused, took } = await senderWith(3)
  sender.pump()
  expect(took()).toEqual([1, 2, 3])
  refused(1, limited(2000))
  sender.pump()
  await clock.advance(1999)
  sender.pump()
  expect(took()).toEqual([])
  await clock.advance(1)
  expect(took()).toEqual([1, 2, 3])
})

test('[UPD7] the rewind that answers the batches behind a rate-limited one does not shorten its wait', async () => {
  const { clock, sender, refused, took } = await senderWith(3)
  sender.pump()
  took()
  refused(1, limited(2000))
  refused(2, refuse('rewind', 'n is not next'))
  refused(3, limited(500))
  await clock.advance(1999)
  expect(took()).toEqual([])
  await clock.advance(1)
  expect(took()).toEqual([1, 2, 3])
})

test('[UPD7] the longest of several waits counts, and what was refused goes out once', async () => {
  const { clock, sender, refused, took } = await senderWith(2)
  sender.pump()
  took()
  refused(1, limited(300))
  refused(2, limited(900))
  await clock.advance(899)
  expect(took()).toEqual([])
  await clock.advance(5000)
  expect(took()).toEqual([1, 2])
})
