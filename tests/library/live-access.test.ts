import { beforeEach, expect, test } from 'vitest'
import { RoomPresence } from '#lib/collab/presence/room-presence.ts'
import { Seats } from '#lib/collab/seats.ts'
import type { Right } from '#lib/library/contract.ts'
import { LiveAccess } from '#lib/library/live-access.ts'
import type { AccessFacts } from '#lib/library/store.ts'
import { createLog } from '#lib/process/log.ts'
import type { Role } from '#lib/protocol/identity.ts'
import type { RoleChange } from '#lib/protocol/messages/access.ts'
import { Probe } from '../collab/rooms-scene.ts'
import { settled, VirtualClock } from '../support/virtual-clock.ts'

const FACTS = {} as AccessFacts

let seats: Seats
let said: string[]
/** The store's answers, in order, each given by hand. */
let answers: ((role: Role | 'locked' | null) => void)[]
let failing: boolean
let live: LiveAccess

/** A connection whose cap a test sets. */
class Member extends Probe {
  override cap: Role | null = null

  override reset(): void {
    said.push(`${this.id} null`)
  }
  override changeRole({ role, reason }: RoleChange): void {
    said.push(`${this.id} ${role} ${reason}`)
  }
}

beforeEach(() => {
  const clock = new VirtualClock(Math.random)
  const presence = new RoomPresence(1, { pingInterval: 10_000 }, clock)
  seats = new Seats(1, 'd', presence, () => undefined)
  said = []
  answers = []
  failing = false
  live = new LiveAccess({
    rooms: {
      seatsOf: async () => seats,
      end: async (_documentId, reason) => void said.push(`end ${reason}`),
    },
    rights: {
      of: (keys) => {
        if (failing) return Promise.reject(new Error('the disk'))
        return new Promise((resolve) => {
          answers.push((role) => {
            const right = role === null ? null : ({ role, userId: '', facts: FACTS } as Right)
            resolve(keys.map(() => right))
          })
        })
      },
    },
    access: { request: async () => undefined },
    clock,
    log: createLog('silent'),
  })
})

function enter(id: string, userId = id): Member {
  const member = new Member(id, userId)
  seats.take(member, { clientId: 1, role: 'editor', linkId: 'link', schemaVersion: 1 })
  return member
}

/** Waits until the store is asked for the nth time, and answers. */
async function answer(nth: number, role: Role | 'locked' | null): Promise<void> {
  while (answers.length < nth) await new Promise((resolve) => setImmediate(resolve))
  answers[nth - 1]?.(role)
}

test('[LIVE1] two simultaneous changes are judged one after the other: the later result wins', async () => {
  enter('a')
  const both = [live.changed('d'), live.changed('d')]
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
  expect(answers).toHaveLength(1)
  await answer(1, 'viewer')
  await answer(2, 'commenter')
  await Promise.all(both)
  expect(said).toEqual(['a viewer changed', 'a commenter changed'])
})

test('[LIVE3] no role, or a password that was not entered, removes the user from the room', async () => {
  for (const [i, role] of [null, 'locked' as const].entries()) {
    enter('a')
    const changed = live.changed('d')
    await answer(i + 1, role)
    await changed
    expect(seats.size).toBe(0)
  }
  expect(said).toEqual(['a null', 'a null'])
})

test('[LIVE4] a member who joins while others are judged keeps their role, and no join under way is current', async () => {
  enter('a')
  const { version } = live
  const changed = live.changed('d')
  expect(live.version).toBeGreaterThan(version)
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const late = enter('late', 'another user')
  await answer(1, 'viewer')
  await changed
  expect(said).toEqual(['a viewer changed'])
  expect(late.seats.get(1)?.role).toBe('editor')
})

test('[LIVE5] if the store cannot be read, everyone must join again', async () => {
  enter('a')
  failing = true
  await live.changed('d')
  expect(said).toEqual(['end rejoin'])
})

test('[HS7] [ACC9] only the connection whose cap changed is judged again, to at most its cap', async () => {
  const [a, b] = [enter('a'), enter('b')]
  const { version } = live
  a.cap = 'viewer'
  live.capChanged(a, 'expired')
  expect(live.version).toBeGreaterThan(version)
  await answer(1, 'owner')
  await settled()
  a.cap = 'commenter'
  live.capChanged(a, 'renewed')
  await answer(2, 'owner')
  await settled()
  expect(said).toEqual(['a viewer expired', 'a commenter renewed'])
  expect(b.seats.get(1)?.role).toBe('editor')
})
