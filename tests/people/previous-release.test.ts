import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Accounts } from '#lib/people/accounts.ts'
import { CookieSessions } from '#lib/people/cookie-sessions.ts'
import { ProvenUsers } from '#lib/people/proven-users.ts'
import { PasswordWork } from '#lib/people/secrets/password-work.ts'
import { Users } from '#lib/people/users.ts'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { ACCOUNTS, AT, COOKIES, PASSWORD, SECRET, SESSIONS, USERS } from './previous-release.ts'

const DAY = 24 * 60 * 60 * 1000
const [guest, secureGuest, mei, wei] = USERS

let dataDir: string
let store: Store
let now: number

beforeEach(async () => {
  now = AT
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-previous-'))
  store = await openStore({ dataDir })
  await store.accounts.insertInto('user').values(USERS).execute()
  await store.accounts.insertInto('account').values(ACCOUNTS).execute()
  await store.accounts.insertInto('session').values(SESSIONS).execute()
})
afterEach(async () => {
  await store.close()
  await rm(dataDir, { recursive: true, force: true })
})

function peopleAt(publicOrigin: string) {
  const users = new Users(store.accounts, () => now)
  const sessions = new CookieSessions({
    database: store.accounts,
    secret: SECRET,
    publicOrigin,
    now: () => now,
  })
  const connections = { endSockets: () => undefined }
  const proven = new ProvenUsers(store.accounts, () => now)
  const passwords = new PasswordWork()
  const { owners } = store
  const accounts = new Accounts({ users, proven, passwords, sessions, owners, connections, now: () => now })
  return { accounts, sessions }
}

const HTTP = 'http://127.0.0.1:3000'
const HTTPS = 'https://write.example.org'
const headersOf = (...setCookies: readonly string[]) =>
  new Headers({ cookie: setCookies.map((each) => each.split(';', 1)[0]).join('; ') })

test.for([
  [HTTP, COOKIES.guest, guest, 'guest'],
  [HTTPS, COOKIES.secureGuest, secureGuest, 'guest'],
  [HTTP, COOKIES.account, mei, 'admin'],
  [HTTP, COOKIES.wei, wei, 'account'],
] as const)(
  'at %s the cookie %s is still the session of its user',
  async ([origin, cookie, user, standing]) => {
    const found = await peopleAt(origin).sessions.find(headersOf(cookie))
    expect(found).toMatchObject({ profile: { userId: user?.id, name: user?.name }, standing, setCookies: [] })
  },
)

test.for([
  [HTTP, COOKIES.guest],
  [HTTPS, COOKIES.secureGuest],
] as const)(
  'at %s a session is renewed with the same cookie that the library wrote',
  async ([origin, cookie]) => {
    now += 2 * DAY
    const renewed = await peopleAt(origin).sessions.findAndRenew(headersOf(cookie))
    expect(renewed?.setCookies).toEqual([cookie])
  },
)

test('sessions end 400 days after their last renewal, and their rows are deleted when found', async () => {
  now = Date.parse(SESSIONS[0]?.expiresAt ?? '')
  expect(await peopleAt(HTTP).sessions.find(headersOf(COOKIES.guest))).toBeNull()
  const left = await store.accounts.selectFrom('session').select('id').execute()
  expect(left.map(({ id }) => id).toSorted()).toEqual(
    SESSIONS.slice(1)
      .map(({ id }) => id)
      .toSorted(),
  )
})

test('a password is still valid, however it is typed, and sessions survive the sign-in of another browser', async () => {
  const { accounts, sessions } = peopleAt(HTTP)
  for (const password of [PASSWORD, PASSWORD.normalize('NFD'), PASSWORD.normalize('NFKC')]) {
    const kept = await accounts.signIn(new Headers(), { email: 'Mei@example.org', password })
    expect(kept).toMatchObject({ profile: { userId: mei?.id }, standing: 'admin' })
  }
  const wrong = { email: 'mei@example.org', password: 'correct horse fi battery' }
  expect(await accounts.signIn(new Headers(), wrong)).toBe('wrong')
  expect(await sessions.find(headersOf(COOKIES.account))).not.toBeNull()
})

test('a user of the provider has the same account as before', async () => {
  const proven = { subject: 'wei', email: 'wei@school.example', emailVerified: true, name: 'Wei' }
  const kept = await peopleAt(HTTP).accounts.signInProven(new Headers(), proven)
  expect(kept).toMatchObject({ profile: { userId: wei?.id }, standing: 'account' })
})

test('a guest from then can become an account', async () => {
  const { accounts } = peopleAt(HTTP)
  const given = { email: 'new@example.org', password: PASSWORD, name: '' }
  const kept = await accounts.signUp(headersOf(COOKIES.guest), given)
  expect(kept).toMatchObject({
    profile: { userId: guest?.id, guestName: guest?.guestName },
    standing: 'account',
  })
})
