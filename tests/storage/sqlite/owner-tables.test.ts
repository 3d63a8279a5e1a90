import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
