import { beforeEach, expect, test } from 'vitest'
import { SocketLease } from '#lib/server/sockets/socket-lease.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const WRITE = 30_000
const READ = 300_000
const LIFE = 600_000

let clock: VirtualClock
let did: string[]

beforeEach(() => {
  clock = new VirtualClock(() => 0.5)
  did = []
})

const begin = () =>
  new SocketLease(
    {
      clock,
      graceMs: { write: WRITE, read: READ },
      holder: { lapsed: () => did.push('lapsed'), ended: () => did.push('ended') },
    },
    clock.now() + LIFE,
  )

test('[HS7] a connection writes until 30 s after its token expires, and reads until 5 min after it', async () => {
  begin()
  await clock.advance(LIFE + WRITE - 1)
  expect(did).toEqual([])
  await clock.advance(1)
  expect(did).toEqual(['lapsed'])
  await clock.advance(READ - WRITE - 1)
  expect(did).toEqual(['lapsed'])
  await clock.advance(1)
  expect(did).toEqual(['lapsed', 'ended'])
})

test('[HS7] renewed in time, nothing happens; renewed late, it has its roles again', async () => {
  const lease = begin()
  await clock.advance(LIFE)
  expect(lease.renew(clock.now() + LIFE)).toBe(false)
  await clock.advance(LIFE + WRITE)
  expect([did, lease.hasLapsed]).toEqual([['lapsed'], true])
  expect(lease.renew(clock.now() + LIFE)).toBe(true)
  expect(lease.hasLapsed).toBe(false)
  await clock.advance(LIFE + WRITE - 1)
  expect(did).toEqual(['lapsed'])
})

test('a token that expired long ago lapses immediately', async () => {
  const lease = begin()
  lease.renew(clock.now() - LIFE)
  await clock.advance(0)
  expect(did).toEqual(['lapsed'])
})

test('a closed connection waits for nothing', async () => {
  const lease = begin()
  lease.close()
  await clock.advance(2 * LIFE)
  expect([did, lease.isClosed, clock.waiting]).toEqual([[], true, 0])
})
