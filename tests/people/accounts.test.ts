import { createHook } from 'node:async_hooks'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AccessTokens } from '#lib/people/access-tokens.ts'
import { Accounts } from '#lib/people/accounts.ts'
import { type CookieSession, CookieSessions } from '#lib/people/cookie-sessions.ts'
import { ProvenUsers } from '#lib/people/proven-users.ts'
import { PasswordWork } from '#lib/people/secrets/password-work.ts'
import type { Ended } from '#lib/people/session.ts'
import { Users } from '#lib/people/users.ts'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { newDocument } from '../storage/stored-values.ts'

const DAY = 24 * 60 * 60 * 1000

let dataDir: string
let store: Store
let users: Users
let sessions: CookieSessions
let accounts: Accounts
let tokens: AccessTokens
const ended: Ended[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-accounts-'))
  store = await openStore({ dataDir })
  users = new Users(store.accounts, Date.now)
  sessions = new CookieSessions({
    database: store.accounts,
    secret: 'a secret of more than thirty-two characters',
    publicOrigin: 'http://127.0.0.1:3000',
    now: Date.now,
  })
  tokens = new AccessTokens(store.accounts, Date.now)
  accounts = new Accounts({
    users,
    proven: new ProvenUsers(store.accounts, Date.now),
    passwords: new PasswordWork(),
    sessions,
    owners: store.owners,
    connections: { endSockets: (over) => ended.push(over) },
    now: Date.now,
  })
})
afterAll(async () => {
  await store.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** Returns the headers that a browser sends after it received these cookies, and others that it always sends. */
function headersOf({ setCookies }: CookieSession): Headers {
  const cookie = setCookies.map((each) => each.split(';', 1)[0]).join('; ')
  return new Headers({ cookie, 'user-agent': 'A Browser/1.0', 'x-forwarded-for': '192.0.2.7' })
}

describe('a guest', () => {
  test('has one of 144 friendly names and neither name nor hue', async () => {
    const { profile } = await accounts.startGuest()
    expect(profile).toMatchObject({ name: '', hue: null })
    expect(profile.guestName).toBeGreaterThanOrEqual(0)
    expect(profile.guestName).toBeLessThan(144)
    expect(await users.find(profile.userId)).toMatchObject({ profile, standing: 'guest' })
  })

  test('is known by the cookie, and nothing about the browser is stored', async () => {
    const started = await accounts.startGuest()
    const found = await sessions.findAndRenew(headersOf(started))
    expect(found).toMatchObject({ sessionId: started.sessionId, profile: started.profile, setCookies: [] })
    const rows = await store.accounts.selectFrom('session').selectAll().execute()
    expect(JSON.stringify(rows)).not.toMatch(/A Browser|192\.0\.2\.7/)
  })

  test('who is gone or never existed has no session', async () => {
    expect(await users.find('nobody')).toBeNull()
    expect(await sessions.find(new Headers())).toBeNull()
    expect(await sessions.find(new Headers({ cookie: 'commonplace=a.b' }))).toBeNull()
  })
})

test('a session is renewed once a day, with its cookie, and never by reading it', async () => {
  const started = await accounts.startGuest()
  const headers = headersOf(started)
  await store.accounts
    .updateTable('session')
    .set({ expiresAt: new Date(Date.now() + 398 * DAY).toISOString() })
    .where('id', '=', started.sessionId)
    .execute()
  expect(await sessions.find(headers)).toMatchObject({ setCookies: [] })
  const renewed = await sessions.findAndRenew(headers)
  expect(renewed?.setCookies).toHaveLength(1)
  expect(renewed?.setCookies[0]).toContain('Max-Age=34560000')
  expect(await sessions.findAndRenew(headers)).toMatchObject({ setCookies: [] })
})

test('a chosen name is cleaned and cut, and removed by an empty one', async () => {
  const { profile } = await accounts.startGuest()
  const name = `  Ada\u202e\u0000  Lovelace ${'x'.repeat(100)}`
  const named = await users.setProfile(profile.userId, { name, hue: 11 })
  expect(named).toEqual({ ...profile, name: `Ada Lovelace ${'x'.repeat(27)}`, hue: 11 })
  expect(await users.setProfile(profile.userId, { name: '', hue: null })).toEqual(profile)
})

const EMAIL = 'mei@example.org'
const PASSWORD = 'correct horse battery'
/** The headers of a browser without a cookie. */
const NOBODY = new Headers()

let count = 0
/** Creates a signed-in account. */
async function newAccount(): Promise<CookieSession & { readonly email: string }> {
  const email = `somebody-${++count}@example.org`
  const kept = await accounts.signUp(NOBODY, { email, password: PASSWORD, name: '' })
  if (typeof kept === 'string') throw new Error(kept)
  return { ...kept, email }
}

function isSession(kept: CookieSession | string | null): asserts kept is CookieSession {
  if (kept === null || typeof kept === 'string') throw new Error(`no session: ${kept}`)
}

describe('signing up', () => {
  test('makes the guest an account: the same profile, in a session of its own', async () => {
    const guest = await accounts.startGuest()
    const kept = await accounts.signUp(headersOf(guest), { email: EMAIL, password: PASSWORD, name: ' Mei ' })
    isSession(kept)
    expect(kept).toMatchObject({ profile: { ...guest.profile, name: 'Mei' }, standing: 'account' })
    expect(kept.sessionId).not.toBe(guest.sessionId)
    expect(await sessions.find(headersOf(guest))).toBeNull()
    expect(ended).toContainEqual({ userId: guest.profile.userId })
    expect(await sessions.find(headersOf(kept))).toMatchObject({ standing: 'account' })
    expect(await accounts.resumeGuest(guest.profile.userId)).toBeNull()
  })

  test('with an e-mail that has an account is refused, in any spelling, also for two requests at the same time', async () => {
    const { email } = await newAccount()
    const again = { email: email.toUpperCase(), password: PASSWORD, name: '' }
    expect(await accounts.signUp(NOBODY, again)).toBe('taken')
    const both = { email: 'both@example.org', password: PASSWORD, name: '' }
    const results = await Promise.all([accounts.signUp(NOBODY, both), accounts.signUp(NOBODY, both)])
    expect(results.filter((result) => result === 'taken')).toHaveLength(1)
  })

  test('stores the password only as a scrypt hash', async () => {
    await newAccount()
    const rows = await store.accounts.selectFrom('account').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(PASSWORD)
    expect(rows.at(-1)?.password).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/)
  })
})

describe('signing in', () => {
  test('takes e-mail and password, and does not distinguish an unknown e-mail from a wrong password', async () => {
    const { email, profile } = await newAccount()
    const kept = await accounts.signIn(NOBODY, { email: email.toUpperCase(), password: PASSWORD })
    isSession(kept)
    expect(kept.profile.userId).toBe(profile.userId)
    expect(await accounts.signIn(NOBODY, { email, password: 'wrong password' })).toBe('wrong')
    expect(await accounts.signIn(NOBODY, { email: 'no@example.org', password: PASSWORD })).toBe('wrong')
  })

  test('hashes the password for an unknown e-mail as for a known one: the time it takes reveals nothing', async () => {
    const { email } = await newAccount()
    let hashes = 0
    const counting = createHook({
      init(_id, type) {
        if (type === 'SCRYPTREQUEST') hashes++
      },
    }).enable()
    const hashesFor = async (given: string) => {
      hashes = 0
      await accounts.signIn(NOBODY, { email: given, password: 'wrong password' })
      return hashes
    }
    expect([await hashesFor(email), await hashesFor('nobody@example.org')]).toEqual([1, 1])
    counting.disable()
  })

  test('from a guest’s browser takes over the guest’s documents, visits and client ids', async () => {
    const account = await newAccount()
    const guest = await accounts.startGuest()
    const own = { ...newDocument(`own ${guest.profile.userId}`), ownerId: guest.profile.userId }
    const seen = newDocument(`seen ${guest.profile.userId}`)
    for (const document of [own, seen]) {
      await store.catalog.create(document)
      const { documentId, linkId } = document
      await store.catalog.recordVisits([{ userId: guest.profile.userId, documentId, linkId, at: 5 }])
    }
    // If both have visited it, the later visit stays.
    await store.catalog.recordVisits([
      { userId: account.profile.userId, documentId: seen.documentId, linkId: seen.linkId, at: 9 },
    ])
    const kept = await accounts.signIn(headersOf(guest), { email: account.email, password: PASSWORD })
    isSession(kept)
    const { userId } = account.profile
    expect(kept.profile.userId).toBe(userId)
    expect(await store.catalog.listFor(userId, 10)).toMatchObject([
      { documentId: seen.documentId, owned: false, visitedAt: 9 },
      { documentId: own.documentId, owned: true, visitedAt: 5 },
    ])
    expect(await store.owners.aliasesOf(userId)).toEqual([guest.profile.userId])
    expect(await users.find(guest.profile.userId)).toBeNull()
    expect(await sessions.find(headersOf(guest))).toBeNull()
    expect(ended).toContainEqual({ userId: guest.profile.userId })
  })

  test('from another account’s browser ends that session and takes over nothing', async () => {
    const first = await newAccount()
    const second = await newAccount()
    await accounts.signIn(headersOf(first), { email: second.email, password: PASSWORD })
    expect(await sessions.find(headersOf(first))).toBeNull()
    expect(ended).toContainEqual({ sessionId: first.sessionId })
    expect(await store.owners.aliasesOf(second.profile.userId)).toEqual([])
  })

  test('to a disabled account is refused, and its sessions are invalid', async () => {
    const { email, profile, ...kept } = await newAccount()
    await accounts.setDisabled(profile.userId, true)
    expect(await accounts.signIn(NOBODY, { email, password: PASSWORD })).toBe('disabled')
    expect(await accounts.signIn(NOBODY, { email, password: 'wrong password' })).toBe('wrong')
    expect(await sessions.find(headersOf({ ...kept, profile }))).toBeNull()
    expect(await users.find(profile.userId)).toBeNull()
    await accounts.setDisabled(profile.userId, false)
    isSession(await accounts.signIn(NOBODY, { email, password: PASSWORD }))
  })
})

describe('signing out', () => {
  test('ends the session and removes its cookie; again changes nothing', async () => {
    const account = await newAccount()
    const { setCookies } = await accounts.signOut(headersOf(account))
    expect(setCookies.join()).toMatch(/commonplace=;.*Max-Age=0/)
    expect(await sessions.find(headersOf(account))).toBeNull()
    expect(ended).toContainEqual({ sessionId: account.sessionId })
    await accounts.signOut(headersOf(account))
  })
})

describe('a guest who signs out', () => {
  test('cannot be recovered, from no session they ever had', async () => {
    const guest = await accounts.startGuest()
    const { userId } = guest.profile
    const resumed = await accounts.resumeGuest(userId)
    isSession(resumed)
    await accounts.signOut(headersOf(resumed))
    expect(await accounts.resumeGuest(userId)).toBeNull()
    expect(await sessions.find(headersOf(guest))).toBeNull()
    expect(ended).toContainEqual({ userId })
  })
})

describe('a password', () => {
  const withToken = async () => {
    const account = await newAccount()
    const { userId } = account.profile
    const token = await tokens.make(userId, { name: 'a program', scope: 'write', days: 7 })
    return { ...account, userId, token: token ?? '' }
  }

  test('can be changed by a user who knows it, which ends every other session', async () => {
    const account = await newAccount()
    const { userId } = account.profile
    const change = { current: PASSWORD, next: 'another password', endsTokens: false }
    expect(await accounts.changePassword(userId, { ...change, current: 'wrong password' })).toBeNull()
    const kept = await accounts.changePassword(userId, change)
    isSession(kept)
    expect(await sessions.find(headersOf(account))).toBeNull()
    expect(await sessions.find(headersOf(kept))).toMatchObject({ standing: 'account' })
    expect(await accounts.signIn(NOBODY, { email: account.email, password: PASSWORD })).toBe('wrong')
  })

  test.for([true, false])('that changes ends access tokens if asked: %s', async (endsTokens) => {
    const { userId, token } = await withToken()
    isSession(await accounts.changePassword(userId, { current: PASSWORD, next: 'another one', endsTokens }))
    expect((await tokens.find(token)) === null).toBe(endsTokens)
  })

  test('that is reset ends access tokens, and only those of its user', async () => {
    const [mei, other] = [await withToken(), await withToken()]
    const before = await users.passwordHashOf(mei.userId)
    const reset = { before, next: 'a new password' }
    const done = await Promise.all([1, 2, 3].map(() => accounts.resetPassword(mei.userId, reset)))
    expect(done.toSorted()).toEqual(['done', 'link', 'link'])
    expect(await tokens.find(mei.token)).toBeNull()
    expect(await tokens.find(other.token)).not.toBeNull()
    expect(await sessions.find(headersOf(other))).not.toBeNull()
  })

  test('that is replaced while somebody signs in with the old one begins no session', async () => {
    const { email, profile } = await newAccount()
    const before = await users.passwordHashOf(profile.userId)
    // The hashes of both run meanwhile; whichever is first, the old password is worth nothing afterwards.
    const [, kept] = await Promise.all([
      users.replacePassword(profile.userId, { before, passwordHash: 'another hash', endsTokens: true }),
      accounts.signIn(NOBODY, { email, password: PASSWORD }),
    ])
    expect(kept).toBe('wrong')
  })
})

describe('an account whose e-mail went to a user who had proved it', () => {
  test('cannot sign in with the password under it, and is told only with the right one', async () => {
    const squatter = await newAccount()
    const { email } = squatter
    const proven = { subject: email, email, emailVerified: true, name: 'Mei' }
    const owner = await accounts.signInProven(NOBODY, proven)
    isSession(owner)
    expect(owner.profile.userId).not.toBe(squatter.profile.userId)
    expect(await accounts.signIn(NOBODY, { email, password: PASSWORD })).toBe('moved')
    expect(await accounts.signIn(NOBODY, { email, password: 'wrong password' })).toBe('wrong')
    // Its own sessions go on; they are told.
    expect(await sessions.find(headersOf(squatter))).toMatchObject({ standing: 'account' })
    const given = { email: 'elsewhere@example.org', password: PASSWORD }
    expect(await accounts.chooseEmail(squatter.profile.userId, { ...given, password: 'wrong' })).toBe('wrong')
    expect(await accounts.chooseEmail(squatter.profile.userId, { ...given, email })).toBe('taken')
    expect(await accounts.chooseEmail(squatter.profile.userId, given)).toBe('done')
    expect(await accounts.signIn(NOBODY, given)).toMatchObject({ profile: squatter.profile })
  })

  test('gets a password and another e-mail by a reset link, and nothing if the e-mail is taken', async () => {
    const [squatter, other] = [await newAccount(), await newAccount()]
    const { userId } = squatter.profile
    await accounts.signInProven(NOBODY, {
      subject: squatter.email,
      email: squatter.email,
      emailVerified: true,
      name: '',
    })
    const reset = { before: await users.passwordHashOf(userId), next: 'a new password' }
    expect(await accounts.resetPassword(userId, { ...reset, email: other.email })).toBe('taken')
    expect(await users.passwordHashOf(userId)).toBe(reset.before)
    const email = 'by-reset@example.org'
    expect(await accounts.resetPassword(userId, { ...reset, email })).toBe('done')
    isSession(await accounts.signIn(NOBODY, { email, password: 'a new password' }))
  })

  test('keeps the session of its browser out of the account that took the e-mail', async () => {
    const squatter = await newAccount()
    const { email } = squatter
    const proven = { subject: `${email} in one browser`, email, emailVerified: true, name: '' }
    const owner = await accounts.signInProven(headersOf(squatter), proven)
    isSession(owner)
    expect(await sessions.find(headersOf(squatter))).toBeNull()
    expect(await store.owners.aliasesOf(owner.profile.userId)).toEqual([])
  })
})
