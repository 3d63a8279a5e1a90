import { afterAll, beforeAll, expect, test } from 'vitest'
import { Accounts } from '#lib/people/accounts.ts'
import { Tokens } from '#lib/people/tokens.ts'
import { type CollaborationServer, startCollaboration } from '../support/collaboration.ts'

const SECRET = 'a secret of thirty-two characters'
let server: CollaborationServer
let accounts: Accounts

beforeAll(async () => {
  server = await startCollaboration()
  accounts = new Accounts({
    database: server.store.accounts,
    secret: SECRET,
    publicOrigin: 'http://127.0.0.1',
    owners: server.store.owners,
    now: Date.now,
    onEnded: () => undefined,
  })
})
afterAll(() => server.close())

test('a guest who lost the cookie is the same person again, in a session of its own', async () => {
  const guest = await accounts.startGuest()
  const resumed = await accounts.resumeGuest(guest.person.userId)
  expect(resumed?.person).toEqual(guest.person)
  expect(resumed?.sessionId).not.toBe(guest.sessionId)
  const cookie = resumed?.setCookies.map((each) => each.split(';', 1)[0]).join('; ') ?? ''
  expect((await accounts.sessionOf(new Headers({ cookie })))?.person.userId).toBe(guest.person.userId)
})

test('nobody is made of a user who is gone or has an account', async () => {
  expect(await accounts.resumeGuest('nobody')).toBeNull()
  const { person } = await accounts.startGuest()
  await server.store.accounts
    .updateTable('user')
    .set({ isAnonymous: 0 })
    .where('id', '=', person.userId)
    .execute()
  expect(await accounts.resumeGuest(person.userId)).toBeNull()
})

test('a recovery is good for its user and its time, and a socket token is none', () => {
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
