import { beforeEach, expect, test } from 'vitest'
import { PresenceRooms } from '#lib/collab/presence/presence-rooms.ts'
import { decodePresenceDiff, type PresenceDiffBody } from '#lib/protocol/messages/presence.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const PING = 10_000

let clock: VirtualClock
let sent: { to: string; diff: PresenceDiffBody }[]
let busy: Set<string>
let rooms: PresenceRooms

beforeEach(() => {
  clock = new VirtualClock(Math.random)
  sent = []
  busy = new Set()
  rooms = new PresenceRooms({
    clock,
    pingInterval: PING,
    busy: (recipient) => busy.has(recipient),
    send: ({ recipients, body }) => {
      for (const to of recipients) sent.push({ to, diff: decodePresenceDiff(body) })
    },
  })
})

function enter(room: number, name: string, connection = 0) {
  const identity = { userId: name, name, guestName: 0, hue: null }
  return rooms.enter(room, {
    key: name,
    connection,
    recipient: `${name}${connection}`,
    identity,
    role: 'editor',
  })
}

/** What a recipient was sent since the last look. */
function sentTo(recipient: string): PresenceDiffBody[] {
  const diffs = sent.filter(({ to }) => to === recipient).map(({ diff }) => diff)
  sent = sent.filter(({ to }) => to !== recipient)
  return diffs
}

test('[PRES2] who comes in is sent everybody, everybody else the newcomer', async () => {
  enter(1, 'ada')
  await clock.advance(1000)
  expect(sentTo('ada0')).toMatchObject([{ room: 1, full: true, upserts: [{ member: 1 }] }])
  enter(1, 'bob')
  await clock.advance(1000)
  expect(sentTo('bob0')).toMatchObject([{ full: true, upserts: [{ member: 1 }, { member: 2 }] }])
  expect(sentTo('ada0')).toMatchObject([{ full: false, upserts: [{ member: 2 }] }])
})

test('[PRES4] silence makes unsteady within 1.5 heartbeats, a sign of life active again', async () => {
  enter(1, 'ada')
  enter(1, 'bob')
  await clock.advance(1000)
  sent = []
  for (let beat = 0; beat < 3; beat++) {
    await clock.advance(PING / 2)
    rooms.heard('ada0')
  }
  await clock.advance(PING / 2)
  expect(sentTo('ada0')).toMatchObject([{ upserts: [{ member: 2, state: 'unsteady' }] }])
  rooms.heard('bob0')
  await clock.advance(1000)
  expect(sentTo('ada0')).toMatchObject([{ upserts: [{ member: 2, state: 'active' }] }])
})

test('[PRES6] the late end of an old connection changes nothing', async () => {
  const first = enter(1, 'ada', 1)
  enter(1, 'bob')
  const second = enter(1, 'ada', 2)
  expect(second?.member).toBe(first?.member)
  await clock.advance(1000)
  sent = []
  rooms.leave('ada1')
  await clock.advance(1000)
  expect(sentTo('bob0')).toEqual([])
  expect(enter(1, 'ada', 1)).toBeNull()
})

test('[PRES7] a busy connection is left out and gets one diff later', async () => {
  enter(1, 'ada')
  enter(1, 'bob')
  await clock.advance(1000)
  sent = []
  busy.add('ada0')
  for (let step = 1; step <= 5; step++) {
    rooms.set('bob0', { room: 1, idle: false, caret: new Uint8Array([step]) })
    await clock.advance(200)
  }
  expect(sentTo('ada0')).toEqual([])
  busy.clear()
  await clock.advance(200)
  expect(sentTo('ada0')).toMatchObject([{ upserts: [{ member: 2, caret: new Uint8Array([5]) }] }])
})

test('[PRES3] who is not in a room says nothing in it', () => {
  enter(1, 'ada')
  expect(rooms.set('ada0', { room: 2, idle: false, caret: new Uint8Array() })).toBe(false)
  expect(rooms.set('bob0', { room: 1, idle: false, caret: new Uint8Array() })).toBe(false)
})

test('a thousand comings and goings leave no room and no timer behind', async () => {
  for (let i = 0; i < 1000; i++) {
    enter(i % 7, 'ada', i)
    enter(i % 7, 'bob', i)
    if (i % 3 === 0) await clock.advance(30)
    rooms.leave(`ada${i}`)
    rooms.leave(`bob${i}`)
  }
  expect([rooms.size, clock.waiting]).toEqual([0, 0])
})
