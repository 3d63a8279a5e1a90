import { expect, test } from 'vitest'
import { type AccessQuestion, roleOf } from '#lib/library/access.ts'
import { SHARED_ROLES, type SharedRole } from '#lib/protocol/identity.ts'

const NOW = 1000
const MAYBE = [null, ...SHARED_ROLES] as const

/** Returns the rank of a role, from none to the highest: the only thing that these tests compare. */
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

/** Every combination of all inputs. */
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

/** The cases of users other than the owner. */
const OTHERS = CASES.filter(({ userId }) => userId !== 'ann')

test('every combination is tested', () => {
  expect(CASES).toHaveLength(3 * 4 * 4 * 3 * 4 * 2 * 2)
})

test('[ACC1] the owner is always the owner, and no other user ever is', () => {
  for (const each of CASES) expect(judge(each) === 'owner').toBe(each.userId === 'ann')
})

test('[ACC2] a link that is not live gives no more than the user’s own role', () => {
  for (const each of OTHERS) if (!isLive(each)) expect(judge(each)).toBe(each.grant)
})

test('[ACC2] [ACC3] a live link gives its role, limited to the highest role that links give', () => {
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

test('[ACC5] a locked link gives nothing, and says so to users it would give something', () => {
  for (const each of OTHERS) {
    if (!each.locked) continue
    expect(judge(each)).toBe(each.grant ?? (isLive(each) ? 'locked' : null))
  }
})
