import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ProvenIdentity, Users } from '#lib/people/users.ts'
import { openStore, type Store } from '#lib/storage/open-store.ts'

let dataDir: string
let store: Store
let users: Users

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-users-'))
  store = await openStore({ dataDir })
  users = new Users(store.accounts, Date.now)
})
afterAll(async () => {
  await store.close()
  await rm(dataDir, { recursive: true, force: true })
})

let count = 0
/** Returns an identity at the provider that is new here. */
function newPerson(given: Partial<ProvenIdentity> = {}): ProvenIdentity {
  const subject = `person-${++count}`
  return { subject, email: `${subject}@school.example`, emailVerified: true, name: 'Wei', ...given }
}

const account = (email: string) => ({ email, name: '', passwordHash: 'a hash' })
const idOf = (made: Awaited<ReturnType<Users['createAccount']>>) =>
  typeof made === 'string' ? made : made.userId

describe('a new account', () => {
  test('of a guest leaves nothing half done if the e-mail is taken', async () => {
    await users.createAccount(null, account('taken@example.org'))
    const guestId = await users.createGuest()
    const before = await users.find(guestId)
    expect(await users.createAccount(guestId, account('Taken@example.org'))).toBe('taken')
    expect(await users.find(guestId)).toEqual(before)
    expect(await users.passwordHashOf(guestId)).toBeNull()
  })

  test('is made from a guest once, also for two requests at the same time', async () => {
    const guestId = await users.createGuest()
    const made = await Promise.all(
      ['one', 'two'].map((name) => users.createAccount(guestId, account(`${name}@example.org`))),
    )
    expect(made).toEqual([{ userId: guestId }, 'signed-in'])
    expect(await users.find(guestId)).toMatchObject({ email: 'one@example.org', standing: 'account' })
  })

  test('is not made from a user who is gone', async () => {
    expect(await users.createAccount('nobody', account('gone@example.org'))).toBe('signed-in')
    expect(await users.idOf('gone@example.org')).toBeNull()
  })
})

describe('a user of the provider', () => {
  test('gets an account once, also from two tabs at the same time', async () => {
    const person = newPerson({ name: ' Wei\u202e ' })
    const [one, two] = await Promise.all([users.idOfProven(person), users.idOfProven(person)])
    expect(one).toBe(two)
    expect(await users.find(one ?? '')).toMatchObject({
      profile: { name: 'Wei' },
      standing: 'account',
      email: person.email,
    })
  })

  test('is the same account under another e-mail or name, which it keeps', async () => {
    const person = newPerson()
    const id = await users.idOfProven(person)
    expect(await users.idOfProven({ ...person, email: 'other@school.example', name: 'Other' })).toBe(id)
    expect(await users.find(id ?? '')).toMatchObject({ email: person.email, profile: { name: 'Wei' } })
  })

  test('does not get an account with a password that has their e-mail', async () => {
    const person = newPerson()
    await users.createAccount(null, account(person.email))
    expect(await users.idOfProven(person)).toBeNull()
    expect(await users.idOfProven({ ...person, email: person.email.toUpperCase() })).toBeNull()
  })

  test('does not become a guest by naming the address kept for one', async () => {
    const guestId = await users.createGuest()
    const email = (await users.find(guestId))?.email ?? ''
    expect(await users.idOfProven(newPerson({ email }))).toBeNull()
    expect(await users.createAccount(null, account(email))).toBe('taken')
  })

  test.for([
    { before: true, now: true, same: true },
    { before: true, now: false, same: false },
    { before: false, now: true, same: false },
    { before: false, now: false, same: false },
  ])('with another id there: e-mail verified before $before, now $now', async ({ before, now, same }) => {
    const person = newPerson({ emailVerified: before })
    const id = await users.idOfProven(person)
    const moved = newPerson({ email: person.email, emailVerified: now })
    expect(await users.idOfProven(moved)).toBe(same ? id : null)
  })

  test('whose e-mail is verified later has it verified here too', async () => {
    const person = newPerson({ emailVerified: false })
    const id = await users.idOfProven(person)
    await users.idOfProven({ ...person, emailVerified: true })
    expect(await users.idOfProven(newPerson({ email: person.email }))).toBe(id)
  })
})

test('a password is set, and set again, in one row', async () => {
  const id = (await users.idOfProven(newPerson())) ?? ''
  for (const hash of ['one', 'two']) {
    await users.setPasswordHash(id, hash)
    expect(await users.passwordHashOf(id)).toBe(hash)
  }
  const ways = await store.accounts
    .selectFrom('account')
    .select('providerId')
    .where('userId', '=', id)
    .execute()
  expect(ways.map(({ providerId }) => providerId).toSorted()).toEqual(['credential', 'oidc'])
})

test('ids have 32 hexadecimal digits', async () => {
  expect(await users.createGuest()).toMatch(/^[0-9a-f]{32}$/)
  expect(idOf(await users.createAccount(null, account('id@example.org')))).toMatch(/^[0-9a-f]{32}$/)
})
