import { expect, test } from 'vitest'
import { HistoryRequest } from '#lib/client/channel/history-request.ts'
import { HistoryTransfer } from '#lib/client/channel/history-transfer.ts'
import { refuse } from '#lib/protocol/errors.ts'
import { encodeHistory } from '#lib/protocol/messages/history.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const ROOM = 1
const HISTORY = encodeHistory({ snapshot: null, rows: [] }).whole()
const granted = { ok: true, chunked: 0 } as const
const roomIn = () => ROOM

/** Returns a request over virtual time, its transfer, and the number of times its owner was told of a change. */
function scene() {
  const clock = new VirtualClock(() => 0.5)
  const transfer = new HistoryTransfer()
  const told = { times: 0 }
  const owner = { changed: () => void told.times++ }
  return { clock, transfer, told, request: new HistoryRequest({ transfer, clock, owner }) }
}

test('a history comes with its answer or in chunks', async () => {
  const { request, transfer } = scene()
  const together = request.receive(Promise.resolve({ answer: granted, history: HISTORY }), roomIn)
  expect(request.isFree).toBe(false)
  expect(await together).toMatchObject({ is: 'granted', history: { rows: [] } })
  expect(request.isFree).toBe(true)
  const answer = { ok: true, chunked: HISTORY.length } as const
  const chunked = request.receive(Promise.resolve({ answer, history: null }), roomIn)
  transfer.receive({ room: ROOM, total: HISTORY.length, offset: 0 }, HISTORY, true)
  expect(await chunked).toMatchObject({ is: 'granted', answer })
})

test('an answer that is missing or malformed is a refusal without a reason', async () => {
  const { request } = scene()
  const refusal = refuse('rate-limited', 'later', 2500)
  const outcome = (asked: Promise<{ answer: typeof granted | typeof refusal; history: Uint8Array | null }>) =>
    request.receive(asked, roomIn)
  expect(await outcome(Promise.resolve({ answer: refusal, history: null }))).toEqual({
    is: 'refused',
    refusal,
  })
  expect(await outcome(Promise.reject(new Error('cut')))).toEqual({ is: 'refused', refusal: null })
  const malformed = { answer: granted, history: Uint8Array.of(9) }
  expect(await outcome(Promise.resolve(malformed))).toEqual({ is: 'refused', refusal: null })
})

test('a request replaced by another one is overtaken, and so is one that is cancelled', async () => {
  const { request } = scene()
  const asked = Promise.resolve({ answer: granted, history: HISTORY })
  const [first, second] = [request.receive(asked, roomIn), request.receive(asked, roomIn)]
  expect(await first).toEqual({ is: 'overtaken' })
  expect(await second).toMatchObject({ is: 'granted' })
  const third = request.receive(asked, roomIn)
  request.cancel()
  expect(await third).toEqual({ is: 'overtaken' })
})

test('the next request is due after its wait, and waits grow until one succeeds', async () => {
  const { clock, told, request } = scene()
  request.later(2500)
  await clock.advance(2499)
  expect([request.isFree, request.isDue, told.times]).toEqual([false, false, 0])
  await clock.advance(1)
  expect([request.isFree, request.isDue, told.times]).toEqual([true, true, 1])
  for (const wait of [750, 1250, 2250]) {
    request.later()
    await clock.advance(wait - 1)
    expect(request.isFree).toBe(false)
    await clock.advance(1)
    expect(request.isFree).toBe(true)
  }
  request.succeeded()
  request.later()
  await clock.advance(750)
  expect(request.isFree).toBe(true)
  request.later()
  request.cancel()
  expect([request.isFree, request.isDue, clock.waiting]).toEqual([true, false, 0])
})
