import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ProvenIdentity, ProvenUsers } from '#lib/people/proven-users.ts'
import { Users } from '#lib/people/users.ts'
import { openStore, type Store } from '#lib/storage/open-store.ts'

let dataDir: string
let store: Store
let users: Users
let proven: ProvenUsers

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-users-'))
  store = await openStore({ dataDir })
  users = new Users(store.accounts, Date.now)
  proven = new ProvenUsers(store.accounts, Date.now)
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
    const [one, two] = await Promise.all([proven.idOf(person), proven.idOf(person)])
    expect(one).toBe(two)
    expect(await users.find(one ?? '')).toMatchObject({
      profile: { name: 'Wei' },
      standing: 'account',
      email: person.email,
    })
  })

  test('is the same account under another e-mail or name, which it keeps', async () => {
    const person = newPerson()
    const id = await proven.idOf(person)
    expect(await proven.idOf({ ...person, email: 'other@school.example', name: 'Other' })).toBe(id)
    expect(await users.find(id ?? '')).toMatchObject({ email: person.email, profile: { name: 'Wei' } })
  })

  test('whose e-mail is not verified does not get an account that has it', async () => {
    const person = newPerson({ emailVerified: false })
    await users.createAccount(null, account(person.email))
    expect(await proven.idOf(person)).toBeNull()
    expect(await proven.idOf({ ...person, email: person.email.toUpperCase() })).toBeNull()
  })

  test('does not become a guest by naming the address kept for one', async () => {
    const guestId = await users.createGuest()
    const email = (await users.find(guestId))?.email ?? ''
    for (const emailVerified of [true, false]) {
      expect(await proven.idOf(newPerson({ email, emailVerified }))).toBeNull()
    }
    expect(await users.createAccount(null, account(email))).toBe('taken')
    expect(await users.find(guestId)).toMatchObject({ standing: 'guest', email })
  })

  test.for([
    { before: true, now: true, same: true },
    { before: true, now: false, same: false },
    { before: false, now: false, same: false },
  ])('with another id there: e-mail verified before $before, now $now', async ({ before, now, same }) => {
    const person = newPerson({ emailVerified: before })
    const id = await proven.idOf(person)
    const moved = newPerson({ email: person.email, emailVerified: now })
    expect(await proven.idOf(moved)).toBe(same ? id : null)
  })

  test('whose e-mail is verified later has it verified here too', async () => {
    const person = newPerson({ emailVerified: false })
    const id = await proven.idOf(person)
    await proven.idOf({ ...person, emailVerified: true })
    expect(await proven.idOf(newPerson({ email: person.email }))).toBe(id)
  })
})

describe('an e-mail that nobody has proved', () => {
  const squat = async (email: string) => idOf(await users.createAccount(null, account(email)))

  test.for(['Mei.O@school.example', 'mei.o@SCHOOL.example'])(
    'gives way to one that is proved: %s',
    async (email) => {
      const squatter = await squat(email)
      const owner = await proven.idOf(newPerson({ email }))
      expect(owner).not.toBe(squatter)
      expect(await users.find(owner ?? '')).toMatchObject({ email: 'mei.o@school.example', lostEmail: null })
      const left = await users.find(squatter)
      expect(left).toMatchObject({ lostEmail: 'mei.o@school.example', standing: 'account' })
      expect(left?.email).not.toContain('school')
      // A password of the other account is found under the e-mail, but counts as lost.
      expect(await users.credentialOf(email)).toEqual({
        userId: squatter,
        passwordHash: 'a hash',
        isLost: true,
      })
      await users.chooseEmail(squatter, `${squatter}@example.org`)
      await store.accounts.deleteFrom('user').where('id', '=', owner).execute()
    },
  )

  test('gives way once for two requests at the same time, and never twice', async () => {
    const person = newPerson()
    const squatter = await squat(person.email)
    const ids = await Promise.all([1, 2, 3].map(() => proven.idOf(person)))
    expect(new Set(ids).size).toBe(1)
    expect(ids).not.toContain(squatter)
    // The squatter does not get it back, by any of the ways there are.
    expect(await users.createAccount(null, account(person.email))).toBe('taken')
    expect(await users.chooseEmail(squatter, person.email)).toBe('taken')
    expect(await users.chooseEmail(squatter, person.email.toUpperCase())).toBe('taken')
    expect(await proven.idOf(newPerson({ email: person.email, emailVerified: false }))).toBeNull()
    expect((await users.find(ids[0] ?? ''))?.email).toBe(person.email)
  })

  test('of another identity at the provider gives way too, and that identity stays signed in', async () => {
    const unproved = newPerson({ emailVerified: false })
    const squatter = await proven.idOf(unproved)
    const owner = await proven.idOf(newPerson({ email: unproved.email }))
    expect(owner).not.toBe(squatter)
    expect(await proven.idOf(unproved)).toBe(squatter)
    // Naming the same e-mail as verified later does not prove it for two.
    expect(await proven.idOf({ ...unproved, emailVerified: true })).toBe(squatter)
    expect(await users.find(owner ?? '')).toMatchObject({ email: unproved.email })
  })

  test('of an administrator does not give way: nobody could administer the server any more', async () => {
    const person = newPerson()
    const admin = await squat(person.email)
    await users.setAdmin(admin, true)
    expect(await proven.idOf(person)).toBeNull()
    expect(await users.find(admin)).toMatchObject({ email: person.email, lostEmail: null, standing: 'admin' })
  })

  test('is not another one that Unicode lowers to it', async () => {
    const victim = await squat('kim@school.example')
    await proven.idOf(newPerson({ email: '\u212aim@school.example' }))
    expect(await users.find(victim)).toMatchObject({ email: 'kim@school.example', lostEmail: null })
  })

  test('leaves the account everything else, and lets it choose another', async () => {
    const person = newPerson()
    const squatter = await squat(person.email)
    await proven.idOf(person)
    expect(await users.passwordHashOf(squatter)).toBe('a hash')
    expect((await users.emailsOf([squatter])).get(squatter)).toBe(`(${person.email})`)
    expect(await users.chooseEmail(squatter, 'Other@example.org')).toBe('done')
    expect(await users.find(squatter)).toMatchObject({ email: 'other@example.org', lostEmail: null })
    expect(await users.chooseEmail(squatter, 'third@example.org')).toBe('taken')
    expect(await users.credentialOf('other@example.org')).toMatchObject({ userId: squatter, isLost: false })
  })
})

test('a password replaces the one it was made for, once, in one row', async () => {
  const id = (await proven.idOf(newPerson())) ?? ''
  const change = { endsTokens: false }
  const first = ['one', 'two', 'three'].map((passwordHash) =>
    users.replacePassword(id, { ...change, before: null, passwordHash }),
  )
  expect(await Promise.all(first)).toEqual(['done', 'changed', 'changed'])
  expect(await users.passwordHashOf(id)).toBe('one')
  expect(await users.replacePassword(id, { ...change, before: 'one', passwordHash: 'four' })).toBe('done')
  expect(await users.passwordHashOf(id)).toBe('four')
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
