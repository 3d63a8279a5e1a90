import { beforeEach, expect, test } from 'vitest'
import { RoomPresence } from '#lib/collab/presence/room-presence.ts'
import { type Seat, Seats } from '#lib/collab/seats.ts'
import type { PresenceDiffBody } from '#lib/protocol/messages/presence.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { Probe } from '../rooms-scene.ts'

const PING = 10_000

let clock: VirtualClock
let rooms: Map<number, Seats>

beforeEach(() => {
  clock = new VirtualClock(Math.random)
  rooms = new Map()
})

interface Present {
  readonly probe: Probe
  readonly seat: Seat
  /** The member's number, null if it is not shown. */
  readonly member: number | null
}

/** Takes a seat for a tab's nth connection, and makes it appear. */
function enter(room: number, name: string, connection = 0): Present {
  const known = rooms.get(room)
  const seats =
    known ??
    new Seats(room, 'document', new RoomPresence(room, { pingInterval: PING }, clock), () => undefined)
  rooms.set(room, seats)
  const probe = new Probe(`${name}${connection}`, name)
  const seat = seats.take(probe, { clientId: 1, role: 'editor', linkId: 'link', schemaVersion: 1 })
  const identity = { userId: name, name, guestName: 0, hue: null }
  const shown = seat.appear({ key: name, connection, identity })
  return { probe, seat, member: shown?.member ?? null }
}

/** Returns the diffs that a connection was sent since the last call. */
function sentTo({ probe }: Present): PresenceDiffBody[] {
  return probe.diffs.splice(0)
}

test('[PRES2] a newcomer is sent the whole roster, everyone else the newcomer', async () => {
  const ada = enter(1, 'ada')
  await clock.advance(1000)
  expect(sentTo(ada)).toMatchObject([{ room: 1, full: true, upserts: [{ member: 1 }] }])
  const bob = enter(1, 'bob')
  await clock.advance(1000)
  expect(sentTo(bob)).toMatchObject([{ full: true, upserts: [{ member: 1 }, { member: 2 }] }])
  expect(sentTo(ada)).toMatchObject([{ full: false, upserts: [{ member: 2 }] }])
})

test('[PRES4] a silent member becomes unsteady within 1.5 heartbeats, and active again at a sign of life', async () => {
  const ada = enter(1, 'ada')
  const bob = enter(1, 'bob')
  await clock.advance(1000)
  sentTo(ada)
  for (let beat = 0; beat < 3; beat++) {
    await clock.advance(PING / 2)
    ada.seat.heard()
  }
  await clock.advance(PING / 2)
  expect(sentTo(ada)).toMatchObject([{ upserts: [{ member: 2, state: 'unsteady' }] }])
  bob.seat.heard()
  await clock.advance(1000)
  expect(sentTo(ada)).toMatchObject([{ upserts: [{ member: 2, state: 'active' }] }])
})

test('[PRES6] the late close of an old connection changes nothing', async () => {
  const first = enter(1, 'ada', 1)
  const bob = enter(1, 'bob')
  const second = enter(1, 'ada', 2)
  expect(second.member).toBe(first.member)
  await clock.advance(1000)
  sentTo(bob)
  first.seat.leave()
  await clock.advance(1000)
  expect(sentTo(bob)).toEqual([])
  expect(enter(1, 'ada', 1).member).toBeNull()
})

test('[PRES7] a busy connection is skipped and later gets one diff', async () => {
  const ada = enter(1, 'ada')
  const bob = enter(1, 'bob')
  await clock.advance(1000)
  sentTo(ada)
  ada.probe.isBusy = true
  for (let step = 1; step <= 5; step++) {
    bob.seat.setPresence({ room: 1, idle: false, caret: new Uint8Array([step]) })
    await clock.advance(200)
  }
  expect(sentTo(ada)).toEqual([])
  ada.probe.isBusy = false
  await clock.advance(200)
  expect(sentTo(ada)).toMatchObject([{ upserts: [{ member: 2, caret: new Uint8Array([5]) }] }])
})

test('[PRES3] a connection outside a room cannot set presence in it', () => {
  const { seat } = enter(1, 'ada')
  const older = enter(1, 'ada', -1)
  const body = { room: 1, idle: false, caret: new Uint8Array() }
  expect([seat.setPresence(body), older.seat.setPresence(body)]).toEqual([true, false])
  seat.leave()
  expect(seat.setPresence(body)).toBe(false)
})

test('[LIVE1] a new role reaches the connection, the seat and everyone present', async () => {
  const ada = enter(1, 'ada')
  const bob = enter(1, 'bob')
  await clock.advance(1000)
  sentTo(bob)
  ada.seat.changeRole('viewer', 'changed')
  await clock.advance(1000)
  expect(ada.seat.role).toBe('viewer')
  expect(ada.probe.roles).toEqual([{ room: 1, role: 'viewer', reason: 'changed' }])
  expect(sentTo(bob)).toMatchObject([{ upserts: [{ member: 1, identity: { role: 'viewer' } }] }])
})

test('a thousand joins and leaves leave no seat and no timer behind', async () => {
  for (let i = 0; i < 1000; i++) {
    const both = [enter(i % 7, 'ada', i), enter(i % 7, 'bob', i)]
    if (i % 3 === 0) await clock.advance(30)
    for (const { probe } of both) probe.leave()
  }
  expect([...rooms.values()].map(({ size }) => size)).toEqual(Array(7).fill(0))
  expect(clock.waiting).toBe(0)
})

test('closed presence sends nothing more and keeps no timer', async () => {
  const ada = enter(1, 'ada')
  rooms.get(1)?.presence.close()
  ada.seat.setPresence({ room: 1, idle: true, caret: new Uint8Array() })
  expect(clock.waiting).toBe(0)
  await clock.advance(1000)
  expect(sentTo(ada)).toEqual([])
  ada.seat.leave()
})
