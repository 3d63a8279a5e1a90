import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { newDocument, newRow } from '../stored-values.ts'

let dataDir: string
let store: Store

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-store-'))
  store = await openStore({ dataDir })
})
afterEach(async () => {
  await store.close()
  await rm(dataDir, { recursive: true })
})

const newUser = (id: string) => ({
  id,
  name: '',
  email: `${id}@guests.invalid`,
  emailVerified: 0,
  image: null,
  createdAt: '2031-05-06T07:08:09.000Z',
  updatedAt: '2031-05-06T07:08:09.000Z',
  isAnonymous: 1,
  guestName: 77,
  hue: null,
  role: null,
  disabledAt: null,
  lostEmail: null,
})

const userIds = async () =>
  (await store.accounts.selectFrom('user').select('id').execute()).map(({ id }) => id)

describe('queries', () => {
  test('rows come back as plain objects, changes as counts', async () => {
    const inserted = await store.accounts.insertInto('user').values(newUser('ann')).returningAll().execute()
    expect(inserted).toEqual([newUser('ann')])
    expect(Object.getPrototypeOf(inserted[0])).toBe(Object.prototype)
    const updated = await store.accounts.updateTable('user').set({ hue: 3 }).executeTakeFirst()
    expect(updated.numUpdatedRows).toBe(1n)
    const deleted = await store.accounts.deleteFrom('user').where('id', '=', 'bob').executeTakeFirst()
    expect(deleted.numDeletedRows).toBe(0n)
  })

  test('a violated constraint rejects with SQLite’s code', async () => {
    await store.accounts.insertInto('user').values(newUser('ann')).execute()
    const again = store.accounts.insertInto('user').values(newUser('ann')).execute()
    await expect(again).rejects.toMatchObject({ code: 'ERR_SQLITE_ERROR', errcode: 2067 })
  })

  test('deleting a user deletes their sessions', async () => {
    await store.accounts.insertInto('user').values(newUser('ann')).execute()
    const { createdAt, updatedAt } = newUser('ann')
    const session = { id: 's', userId: 'ann', token: 't', expiresAt: createdAt, createdAt, updatedAt }
    await store.accounts
      .insertInto('session')
      .values({ ...session, ipAddress: null, userAgent: null })
      .execute()
    await store.accounts.deleteFrom('user').execute()
    expect(await store.accounts.selectFrom('session').selectAll().execute()).toEqual([])
  })
})

describe('transactions', () => {
  /** Begins a transaction that has written and stays open until `release` is called; then it writes once more. */
  const openTransaction = async () => {
    const begun = Promise.withResolvers<void>()
    const { promise: released, resolve: release } = Promise.withResolvers<() => void>()
    const done = store.accounts.transaction().execute(async (transaction) => {
      await transaction.insertInto('user').values(newUser('ann')).execute()
      begun.resolve()
      const onLastQuery = await released
      await transaction.insertInto('user').values(newUser('bob')).execute()
      onLastQuery()
    })
    await begun.promise
    return { release, done }
  }

  test('a transaction that throws is rolled back', async () => {
    const failing = store.accounts.transaction().execute(async (transaction) => {
      await transaction.insertInto('user').values(newUser('ann')).execute()
      throw new Error('second thoughts')
    })
    await expect(failing).rejects.toThrow('second thoughts')
    expect(await userIds()).toEqual([])
  })

  test('commits and reads wait for an open transaction, in order, and never fail because of it', async () => {
    await store.catalog.create(newDocument('d'))
    const { release, done } = await openTransaction()
    const order: string[] = []
    const waiting = [
      store.documents.commit([newRow('d', 1)]).then((outcomes) => order.push(`commit ${outcomes[0]?.ok}`)),
      store.documents.heads(['d']).then((heads) => order.push(`head ${heads.get('d')?.seq}`)),
    ]
    release(() => order.push('last query'))
    await Promise.all([...waiting, done])
    expect(order).toEqual(['last query', 'commit true', 'head 1'])
    expect(await userIds()).toEqual(['ann', 'bob'])
  })

  test('a transaction that stays open is rolled back after a second, and the log continues', async () => {
    await store.catalog.create(newDocument('d'))
    const { release, done } = await openTransaction()
    expect(await store.documents.commit([newRow('d', 1)])).toEqual([{ ok: true }])
    release(() => undefined)
    await expect(done).rejects.toThrow('no longer open')
    expect(await userIds()).toEqual([])
    await store.accounts.insertInto('user').values(newUser('eve')).execute()
    expect(await userIds()).toEqual(['eve'])
  })

  test('many concurrent transactions, queries and commits all succeed', async () => {
    await store.catalog.create(newDocument('d'))
    const work: Promise<unknown>[] = []
    for (let i = 0; i < 30; i++) {
      work.push(
        store.accounts.transaction().execute(async (transaction) => {
          await transaction
            .insertInto('user')
            .values(newUser(`user ${i}`))
            .execute()
          await transaction
            .updateTable('user')
            .set({ hue: i % 12 })
            .where('id', '=', `user ${i}`)
            .execute()
        }),
        store.accounts.selectFrom('user').selectAll().execute(),
        store.documents.commit([newRow('d', i + 1)]),
        store.catalog.setTitles(new Map([['d', `title ${i}`]])),
      )
    }
    await Promise.all(work)
    expect(await userIds()).toHaveLength(30)
    expect((await store.documents.load('d'))?.headSeq).toBe(30)
  })
})
