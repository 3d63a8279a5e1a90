import { expect, test } from 'vitest'
import { type AccessQuestion, roleOf } from '#lib/library/access.ts'
import { SHARED_ROLES, type SharedRole } from '#lib/protocol/identity.ts'

const NOW = 1000
const MAYBE = [null, ...SHARED_ROLES] as const

/** How high a role is, from nothing to everything: the only thing these tests compare. */
const heightOf = (role: ReturnType<typeof roleOf>) => [null, ...SHARED_ROLES, 'owner'].indexOf(role)

interface Case {
  readonly userId: string | null
  readonly grant: SharedRole | null
  readonly linkRole: SharedRole | null
  readonly role: SharedRole
  readonly expiresAt: number | null
  readonly revoked: boolean
  readonly locked: boolean
}

/** Every combination of everything that is asked. */
const CASES: readonly Case[] = [null, 'ann', 'bob'].flatMap((userId) =>
  MAYBE.flatMap((grant) =>
    MAYBE.flatMap((linkRole) =>
      SHARED_ROLES.flatMap((role) =>
        [null, NOW - 1, NOW, NOW + 1].flatMap((expiresAt) =>
          [false, true].flatMap((revoked) =>
            [false, true].map((locked) => ({ userId, grant, linkRole, role, expiresAt, revoked, locked })),
          ),
        ),
      ),
    ),
  ),
)

const judge = ({ userId, grant, linkRole, ...link }: Case) =>
  roleOf({ userId, ownerId: 'ann', grant, linkRole, link, now: NOW } satisfies AccessQuestion)

const isLive = ({ revoked, expiresAt, linkRole }: Case) =>
  !revoked && linkRole !== null && (expiresAt === null || expiresAt > NOW)

/** Cases of everybody but the owner. */
const OTHERS = CASES.filter(({ userId }) => userId !== 'ann')

test('every combination is looked at', () => {
  expect(CASES).toHaveLength(3 * 4 * 4 * 3 * 4 * 2 * 2)
})

test('[ACC1] an owner is the owner, whatever else is so; nobody else ever is', () => {
  for (const each of CASES) expect(judge(each) === 'owner').toBe(each.userId === 'ann')
})

test('[ACC2] by a link that is not live, nobody gets more than what was given to themselves', () => {
  for (const each of OTHERS) if (!isLive(each)) expect(judge(each)).toBe(each.grant)
})

test('[ACC2] [ACC3] by a live link one gets its role, at most what people with a link can do', () => {
  for (const each of OTHERS) {
    if (!isLive(each) || each.locked || each.grant !== null || each.linkRole === null) continue
    expect(heightOf(judge(each))).toBe(Math.min(heightOf(each.role), heightOf(each.linkRole)))
  }
})

test('[ACC4] a grant adds and never takes away', () => {
  for (const each of OTHERS) {
    if (each.grant === null || each.locked) continue
    const without = heightOf(judge({ ...each, grant: null }))
    expect(heightOf(judge(each))).toBe(Math.max(without, heightOf(each.grant)))
  }
})

test('[ACC5] a locked link gives nothing, and says so to whom it would give something', () => {
  for (const each of OTHERS) {
    if (!each.locked) continue
    expect(judge(each)).toBe(each.grant ?? (isLive(each) ? 'locked' : null))
  }
})
