import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Accounts } from '#lib/people/accounts.ts'
import { Tokens } from '#lib/people/tokens.ts'
import { type CollaborationServer, startCollaboration } from '../support/collaboration.ts'

const SECRET = 'a secret of thirty-two characters'
let server: CollaborationServer
let accounts: Accounts

beforeAll(async () => {
  server = await startCollaboration()
  accounts = server.people.accounts
})
afterAll(() => server.close())

test('a guest who lost the cookie becomes the same user again, in a new session', async () => {
  const guest = await accounts.startGuest()
  const resumed = await accounts.resumeGuest(guest.profile.userId)
  expect(resumed?.profile).toEqual(guest.profile)
  expect(resumed?.sessionId).not.toBe(guest.sessionId)
  const cookie = resumed?.setCookies.map((each) => each.split(';', 1)[0]).join('; ') ?? ''
  expect((await server.people.cookieSessions.find(new Headers({ cookie })))?.profile.userId).toBe(
    guest.profile.userId,
  )
})

test('a user who is gone or has an account cannot be recovered', async () => {
  expect(await accounts.resumeGuest('nobody')).toBeNull()
  const { profile } = await accounts.startGuest()
  await server.store.accounts
    .updateTable('user')
    .set({ isAnonymous: 0 })
    .where('id', '=', profile.userId)
    .execute()
  expect(await accounts.resumeGuest(profile.userId)).toBeNull()
})

test('a recovery is valid for its user and its time, and a socket token is not a recovery', () => {
  let now = 1_700_000_000_000
  const tokens = new Tokens(SECRET, () => now)
  const recovery = tokens.issueRecovery('mei')
  expect(tokens.userInRecovery(recovery)).toBe('mei')
  expect(tokens.verify(recovery)).toBeNull()
  expect(tokens.userInRecovery(tokens.issue('mei', 'session').token)).toBeNull()
  expect(tokens.userInRecovery(`${recovery}x`)).toBeNull()
  now += 31 * 24 * 3600 * 1000
  expect(tokens.userInRecovery(recovery)).toBeNull()
})
