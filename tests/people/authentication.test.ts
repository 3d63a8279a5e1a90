import { expect, test } from 'vitest'
import { Authentication } from '#lib/people/authentication.ts'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import type { Standing } from '#lib/people/session.ts'
import type { GuestPolicy } from '#lib/process/settings.ts'

const profileOf = (userId: string) => ({ userId, name: userId, guestName: 0, hue: null })

/** One user `mei` with a session `s1` and the access token `cp_x` (id `t1`); `gone` has been disabled. */
function scene({
  standing = 'account',
  scope = 'write',
  guests = 'create',
  isAlive = true,
}: {
  standing?: Standing
  scope?: 'read' | 'write'
  guests?: GuestPolicy
  isAlive?: boolean
} = {}): Authentication {
  const session: CookieSession = { sessionId: 's1', profile: profileOf('mei'), standing, setCookies: [] }
  const found = (headers: Headers) => (headers.get('cookie') === 's1' ? session : null)
  return new Authentication({
    users: {
      find: async (userId) =>
        userId === 'mei'
          ? { profile: profileOf('mei'), standing, email: 'mei@example.org', lostEmail: null }
          : null,
    },
    sessions: {
      find: async (headers) => found(headers),
      findAndRenew: async (headers) => {
        const session = found(headers)
        return session && { ...session, setCookies: ['renewed'] }
      },
      isAlive: async (sessionId, userId) => isAlive && sessionId === 's1' && userId === 'mei',
    },
    accessTokens: {
      find: async (token) =>
        token === 'cp_x' || token === 'cp_gone'
          ? { id: 't1', userId: token === 'cp_x' ? 'mei' : 'gone', scope }
          : null,
      scopeOf: async (id, userId) => (id === 't1' && userId === 'mei' ? scope : null),
    },
    owners: { aliasesOf: async () => ['guest'] },
    guests,
  })
}

const byCookie = new Headers({ cookie: 's1' })
const byToken = (token: string) => new Headers({ cookie: 's1', authorization: `Bearer ${token}` })

test('a cookie gives its session, renewed if asked for; without one there is none', async () => {
  const authentication = scene()
  expect(await authentication.ofRequest(byCookie)).toMatchObject({
    sessionId: 's1',
    user: { userId: 'mei', hue: expect.any(Number) },
    standing: 'account',
    cap: null,
    mayCreate: true,
    isProgram: false,
    setCookies: [],
  })
  expect(await authentication.ofRequest(byCookie, true)).toMatchObject({ setCookies: ['renewed'] })
  expect(await authentication.ofRequest(new Headers())).toBeNull()
})

test('a token takes precedence over the cookie, and an invalid one does not fall back to it', async () => {
  const authentication = scene()
  expect(await authentication.ofRequest(byToken('cp_x'))).toMatchObject({
    sessionId: 'token_t1',
    isProgram: true,
    setCookies: [],
  })
  for (const token of ['cp_wrong', 'cp_gone']) {
    expect(await authentication.ofRequest(byToken(token))).toBeNull()
  }
})

test('a program of an administrator is not one, and one that may only read is a viewer', async () => {
  const authentication = scene({ standing: 'admin', scope: 'read' })
  expect(await authentication.ofRequest(byCookie)).toMatchObject({ standing: 'admin' })
  expect(await authentication.ofRequest(byToken('cp_x'))).toMatchObject({
    standing: 'account',
    cap: 'viewer',
    mayCreate: false,
    readOnly: true,
  })
  expect(await authentication.ofSocket('mei', 'token_t1')).toMatchObject({ cap: 'viewer' })
})

test.for([
  ['create', null, true],
  ['edit', 'editor', false],
  ['view', 'viewer', false],
] as const)(
  'GUESTS=%s leaves a guest the cap %s, for requests and sockets alike',
  async ([guests, cap, mayCreate]) => {
    const authentication = scene({ standing: 'guest', guests })
    expect(await authentication.ofRequest(byCookie)).toMatchObject({ cap, mayCreate })
    expect(await authentication.ofSocket('mei', 's1')).toEqual({
      profile: profileOf('mei'),
      aliases: new Set(),
      cap,
    })
  },
)

test('GUESTS=off admits only accounts', async () => {
  const guest = scene({ standing: 'guest', guests: 'off' })
  expect(guest.guestsAreWelcome).toBe(false)
  expect(await guest.ofRequest(byCookie)).toBeNull()
  expect(await guest.ofSocket('mei', 's1')).toBeNull()
  const account = scene({ guests: 'off' })
  expect(await account.ofRequest(byCookie)).toMatchObject({ cap: null, mayCreate: true })
  expect(await account.ofSocket('mei', 's1')).toMatchObject({ cap: null, aliases: new Set(['guest']) })
})

test.for([
  ['of a session that has ended', 'mei', 's1', false],
  ['of another session', 'mei', 's2', true],
  ['of another user’s session', 'wei', 's1', true],
  ['of a token that was revoked', 'mei', 'token_t2', true],
  ['of a user who is gone or disabled', 'gone', 'token_t1', true],
] as const)('a socket %s has no user', async ([, userId, sessionId, isAlive]) => {
  expect(await scene({ isAlive }).ofSocket(userId, sessionId)).toBeNull()
})
