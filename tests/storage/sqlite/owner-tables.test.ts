import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { IdleGuests } from '#lib/people/store.ts'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { newDocument } from '../stored-values.ts'

let dataDir: string
let store: Store

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-store-'))
  store = await openStore({ dataDir })
  for (const [id, isAnonymous] of [
    ['guest', 1],
    ['account', 0],
  ] as const) {
    const at = '2031-05-06T07:08:09.000Z'
    const user = { id, name: '', email: `${id}@example.org`, emailVerified: 0, image: null, isAnonymous }
    await store.accounts
      .insertInto('user')
      .values({
        ...user,
        createdAt: at,
        updatedAt: at,
        guestName: 1,
        hue: null,
        role: null,
        disabledAt: null,
      })
      .execute()
  }
  await store.catalog.create(newDocument('d'))
})
afterEach(async () => {
  await store.close()
  await rm(dataDir, { recursive: true })
})

const factsOf = async (userId: string) => (await store.access.facts([{ linkId: 'link of d', userId }]))[0]

test('a guest’s grants, requests and unlocked links become the account’s', async () => {
  await store.access.grant('d', 'guest', 'viewer', 1)
  await store.access.request('d', 'guest', 'editor', 2)
  await store.access.changeLink('link of d', { passwordHash: 'hash' })
  await store.access.unlock('guest', 'link of d')
  await store.access.unlock('account', 'link of d')
  expect(await store.owners.adoptGuest('guest', 'account', 5)).toBe(true)
  expect(await factsOf('account')).toMatchObject({ grant: 'viewer', link: { unlocked: true } })
  expect(await factsOf('guest')).toMatchObject({ grant: null, link: { unlocked: false } })
  expect((await store.access.sharing('d')).requests).toEqual([{ userId: 'account', role: 'editor', at: 2 }])
})

test.each([
  ['viewer', 'editor', 'editor'],
  ['editor', 'viewer', 'editor'],
  ['commenter', 'viewer', 'commenter'],
  ['viewer', 'commenter', 'commenter'],
] as const)('the higher of a guest’s %s and an account’s %s stays', async (guest, account, stays) => {
  await store.access.grant('d', 'guest', guest, 1)
  await store.access.grant('d', 'account', account, 2)
  await store.owners.adoptGuest('guest', 'account', 5)
  expect((await factsOf('account'))?.grant).toBe(stays)
  expect((await store.access.sharing('d')).grants).toHaveLength(1)
})

describe('erasing idle guests', () => {
  const NOW = Date.parse('2032-09-01T00:00:00.000Z')
  const BEFORE = NOW - 400 * 24 * 3600 * 1000
  const LONG_AGO = new Date(BEFORE - 1).toISOString()

  async function addUser(id: string, isAnonymous: 0 | 1, createdAt = LONG_AGO): Promise<void> {
    const user = { id, name: '', email: `${id}@example.org`, emailVerified: 0, image: null, isAnonymous }
    const more = { guestName: 1, hue: null, role: null, disabledAt: null, createdAt, updatedAt: createdAt }
    await store.accounts
      .insertInto('user')
      .values({ ...user, ...more })
      .execute()
  }

  async function addSession(userId: string, updatedAt: string): Promise<void> {
    const dates = { createdAt: LONG_AGO, updatedAt, expiresAt: updatedAt }
    const session = { id: `session of ${userId}`, token: userId, ipAddress: null, userAgent: null }
    await store.accounts
      .insertInto('session')
      .values({ ...session, ...dates, userId })
      .execute()
  }

  async function erase(): Promise<number> {
    let erased = 0
    let after: string | null = ''
    while (after !== null) {
      const step: IdleGuests = await store.owners.eraseIdleGuests(BEFORE, after)
      erased += step.erased
      after = step.next
    }
    return erased
  }

  const left = async () =>
    (await store.accounts.selectFrom('user').select('id').orderBy('id').execute()).map(({ id }) => id)

  test('those who own, visited or used nothing for 400 days are erased, with their grants; nobody else is', async () => {
    const recently = new Date(BEFORE).toISOString()
    await addUser('idle', 1)
    await addUser('an account', 0)
    await addUser('new', 1, recently)
    await addUser('owner', 1)
    await addUser('owner of trash', 1)
    await addUser('visitor', 1)
    await addUser('signed in', 1)
    await store.catalog.create(newDocument('own', { ownerId: 'owner' }))
    await store.catalog.create(newDocument('trashed', { ownerId: 'owner of trash' }))
    await store.catalog.delete('trashed', 'owner of trash', 1)
    await store.catalog.recordVisits([
      { userId: 'visitor', documentId: 'd', linkId: 'link of d', at: BEFORE },
      { userId: 'idle', documentId: 'd', linkId: 'link of d', at: BEFORE - 1 },
    ])
    await addSession('signed in', recently)
    await addSession('idle', LONG_AGO)
    await store.access.grant('d', 'idle', 'editor', 1)
    await store.access.request('d', 'visitor', 'editor', 1)
    // "guest" and "account" of each test were made before, too.
    expect(await erase()).toBe(2)
    expect(await left()).toEqual([
      'account',
      'an account',
      'new',
      'owner',
      'owner of trash',
      'signed in',
      'visitor',
    ])
    const { grants, requests } = await store.access.sharing('d')
    expect([grants, requests.length]).toEqual([[], 1])
    expect(await store.catalog.listFor('idle', 9)).toEqual([])
    expect(await erase()).toBe(0)
  })

  test('a step looks at a few hundred users, and the next one goes on behind them', async () => {
    for (let i = 0; i < 450; i++) await addUser(`idle ${i}`, 1)
    const first = await store.owners.eraseIdleGuests(BEFORE, '')
    expect(first.erased).toBeLessThan(450)
    expect(first.erased + (await erase())).toBe(451)
    expect(await left()).toEqual(['account'])
  })
})
