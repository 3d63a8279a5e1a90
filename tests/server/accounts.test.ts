import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Accounts, type KeptSession } from '../../lib/server/accounts.ts'
import { createLog } from '../../lib/server/log.ts'
import { openStore, type Store } from '../../lib/storage/open-store.ts'

const DAY = 24 * 60 * 60 * 1000

let dataDir: string
let store: Store
let accounts: Accounts

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-accounts-'))
  store = await openStore({ dataDir })
  accounts = new Accounts({
    database: store.accounts,
    secret: 'a secret of more than thirty-two characters',
    publicOrigin: 'http://127.0.0.1:3000',
    log: createLog('warn'),
  })
})
afterAll(async () => {
  await store.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** The headers a browser sends after it got these cookies, and others it always sends. */
function headersOf({ setCookies }: KeptSession): Headers {
  const cookie = setCookies.map((each) => each.split(';', 1)[0]).join('; ')
  return new Headers({ cookie, 'user-agent': 'A Browser/1.0', 'x-forwarded-for': '192.0.2.7' })
}

describe('a guest', () => {
  test('has a friendly name of 144 and neither name nor hue', async () => {
    const { person } = await accounts.startGuest()
    expect(person).toMatchObject({ name: '', hue: null })
    expect(person.guestName).toBeGreaterThanOrEqual(0)
    expect(person.guestName).toBeLessThan(144)
    expect(await accounts.personOf(person.userId)).toEqual(person)
  })

  test('is known by the cookie, and nothing of the browser is kept', async () => {
    const started = await accounts.startGuest()
    const found = await accounts.renewedSessionOf(headersOf(started))
    expect(found).toMatchObject({ sessionId: started.sessionId, person: started.person, setCookies: [] })
    const rows = await store.accounts.selectFrom('session').selectAll().execute()
    expect(JSON.stringify(rows)).not.toMatch(/A Browser|192\.0\.2\.7/)
  })

  test('who is gone, or never was, is nobody', async () => {
    expect(await accounts.personOf('nobody')).toBeNull()
    expect(await accounts.sessionOf(new Headers())).toBeNull()
    expect(await accounts.sessionOf(new Headers({ cookie: 'commonplace=a.b' }))).toBeNull()
  })
})

test('a session is renewed once a day, with its cookie, and never by looking', async () => {
  const started = await accounts.startGuest()
  const headers = headersOf(started)
  await store.accounts
    .updateTable('session')
    .set({ expiresAt: new Date(Date.now() + 398 * DAY).toISOString() })
    .where('id', '=', started.sessionId)
    .execute()
  expect(await accounts.sessionOf(headers)).toMatchObject({ setCookies: [] })
  const renewed = await accounts.renewedSessionOf(headers)
  expect(renewed?.setCookies).toHaveLength(1)
  expect(renewed?.setCookies[0]).toContain('Max-Age=34560000')
  expect(await accounts.renewedSessionOf(headers)).toMatchObject({ setCookies: [] })
})

test('a chosen name is cleaned and cut, and taken back by an empty one', async () => {
  const { person } = await accounts.startGuest()
  const name = `  Ada\u202e\u0000  Lovelace ${'x'.repeat(100)}`
  const named = await accounts.setProfile(person.userId, { name, hue: 11 })
  expect(named).toEqual({ ...person, name: `Ada Lovelace ${'x'.repeat(27)}`, hue: 11 })
  expect(await accounts.setProfile(person.userId, { name: '', hue: null })).toEqual(person)
})
