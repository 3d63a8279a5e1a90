import { beforeEach, expect, test } from 'vitest'
import type { Member } from '#lib/collab/members.ts'
import type { Right } from '#lib/library/contract.ts'
import { LiveAccess } from '#lib/library/live-access.ts'
import type { AccessFacts } from '#lib/library/store.ts'
import { createLog } from '#lib/process/log.ts'
import type { Role } from '#lib/protocol/identity.ts'

const FACTS = {} as AccessFacts

let members: Member[]
let said: string[]
/** What the store answers, in order: each by hand. */
let answers: ((role: Role | 'locked' | null) => void)[]
let failing: boolean
let live: LiveAccess

beforeEach(() => {
  members = []
  said = []
  answers = []
  failing = false
  live = new LiveAccess({
    rooms: {
      membersOf: async () => members,
      changeRoles: async (_documentId, roleOf, reason) => {
        for (const member of members) said.push(`${member.connection.id} ${roleOf(member)} ${reason}`)
      },
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
    tellAsked: () => undefined,
    now: () => 0,
    log: createLog('silent'),
  })
})

function enter(id: string, userId = id): Member['connection'] {
  const connection = { id, userId } as Member['connection']
  members.push({ connection, clientId: 1, role: 'editor', linkId: 'link', schemaVersion: 1 })
  return connection
}

/** Waits until the store is asked for the nth time, and answers. */
async function answer(nth: number, role: Role | 'locked' | null): Promise<void> {
  while (answers.length < nth) await new Promise((resolve) => setImmediate(resolve))
  answers[nth - 1]?.(role)
}

test('[LIVE1] two changes at once are judged one after the other: the later answer is the last word', async () => {
  enter('a')
  const both = [live.changed('d'), live.changed('d')]
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
  expect(answers).toHaveLength(1)
  await answer(1, 'viewer')
  await answer(2, 'commenter')
  await Promise.all(both)
  expect(said).toEqual(['a viewer changed', 'a commenter changed'])
})

test('[LIVE3] no role, and a password that was not entered, take the room away', async () => {
  enter('a')
  for (const [i, role] of [null, 'locked' as const].entries()) {
    const changed = live.changed('d')
    await answer(i + 1, role)
    await changed
  }
  expect(said).toEqual(['a null changed', 'a null changed'])
})

test('[LIVE4] who comes in while the others are judged keeps their role, and no join under way is current', async () => {
  enter('a')
  const { version } = live
  const changed = live.changed('d')
  expect(live.version).toBeGreaterThan(version)
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve))
  enter('late', 'somebody else')
  await answer(1, 'viewer')
  await changed
  expect(said).toEqual(['a viewer changed', 'late editor changed'])
})

test('[LIVE5] when the store cannot say who may, everybody has to join again', async () => {
  enter('a')
  failing = true
  await live.changed('d')
  expect(said).toEqual(['end rejoin'])
})

test('[HS7] [ACC9] a lapsed connection only reads, whatever its user may; a cap stays when it is restored', async () => {
  const a = enter('a')
  live.admit(a, 'commenter')
  live.lapse(a, ['d'])
  await answer(1, 'owner')
  expect(live.roleFor(a, 'owner')).toBe('viewer')
  live.restore(a, ['d'])
  await answer(2, 'owner')
  expect(live.roleFor(a, 'owner')).toBe('commenter')
  live.forget(a)
  expect(live.roleFor(a, 'owner')).toBe('owner')
})
