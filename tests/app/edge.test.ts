import * as v from 'valibot'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { Rights } from '#lib/library/rights.ts'
import type { AccessFacts } from '#lib/library/store.ts'
import type { Session, Standing } from '#lib/people/session.ts'
import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import type { Role } from '#lib/protocol/identity.ts'
import { provideServices, type Services } from '#lib/server/services.ts'
import { json, type Needs, route } from '../../app/api/edge.ts'

const user = { userId: 'ada', name: '', guestName: 1, hue: 1 }
const NEW_GUEST: Session = {
  sessionId: 'new',
  user,
  standing: 'guest',
  cap: null,
  mayCreate: true,
  readOnly: false,
  isProgram: false,
}
const SLOT = Symbol.for('commonplace.services')

/** The answers of the services, and the calls they received, in order. */
let world: {
  ours: boolean
  waits: number[]
  standing: Standing | null
  role: Role | 'locked' | null
  readOnly: boolean
  isProgram: boolean
}
let asked: string[]

beforeEach(() => {
  world = { ours: true, waits: [], standing: 'guest', role: 'editor', readOnly: false, isProgram: false }
  asked = []
  const session = (): Session | null => {
    const { standing, readOnly, isProgram } = world
    return standing && { sessionId: 's', user, standing, cap: null, mayCreate: true, readOnly, isProgram }
  }
  const requests: Partial<Services['requests']> = {
    mayMutate: () => world.ours,
    foreignOrigin: () => ({ from: 'https://a.example', own: 'https://b.example', isOtherSite: false }),
    takeRate: (rate, _headers, who) => {
      asked.push(`${rate} of ${who ? who.user.userId : 'its address'}`)
      return world.waits.shift() ?? 0
    },
    reportFault: () => asked.push('fault'),
  }
  const sessions: Partial<Services['sessions']> = {
    of: async () => session(),
    ensureGuest: async () => {
      asked.push('guest')
      return {
        ...(session() ?? NEW_GUEST),
        setCookies: ['commonplace=x'],
      }
    },
  }
  const rights = new Rights({
    access: {
      facts: async (keys) => {
        asked.push('facts')
        return keys.map(() => (world.role === null ? null : factsFor(world.role)))
      },
    },
    addresses: { linkIdIn: (address) => (address === 'known' ? 'link' : null) },
    clock: { now: () => 0 },
  })
  const documents: Partial<Services['documents']> = {
    rightOf: (who, address) => rights.at(address, who?.user.userId ?? null, who?.cap ?? null),
  }
  provideServices({ requests, sessions, documents } as Services)
})
afterAll(() => {
  delete (globalThis as { [SLOT]?: Services })[SLOT]
})

/** Returns what the store knows of a user with this role. *locked*: their link has a password. */
function factsFor(role: Role | 'locked'): AccessFacts {
  const isLocked = role === 'locked'
  return {
    documentId: 'document',
    lineage: 'lineage',
    ownerId: role === 'owner' ? user.userId : 'the owner',
    title: '',
    deletedAt: null,
    linkRole: isLocked ? 'editor' : null,
    grant: isLocked || role === 'owner' ? null : role,
    link: {
      linkId: 'link',
      role: 'editor',
      expiresAt: null,
      hasPassword: isLocked,
      revoked: false,
      unlocked: false,
    },
  }
}

const body = v.object({ address: v.string() })

async function call(needs: Needs, sent: object | string = { address: 'known' }) {
  const method = route<typeof body, Needs>({
    body,
    rate: 'writes',
    needs,
    handle: async ({ session, right }) => {
      asked.push('handled')
      return json({ ok: true, session: session !== null, right })
    },
  })
  const response = await method(
    new Request('http://127.0.0.1/api/x', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof sent === 'string' ? sent : JSON.stringify(sent),
    }),
  )
  return { status: response.status, headers: response.headers, body: await response.json() }
}

test('a page of another site is refused before anything is counted', async () => {
  world.ours = false
  const { status, body } = await call('nobody')
  expect([status, body.code]).toEqual([403, 'foreign-origin'])
  for (const told of ['https://a.example', 'https://b.example', 'PUBLIC_URL']) {
    expect(body.message).toContain(told)
  }
  expect(asked).toEqual([])
})

test('what comes too often is refused before its body is read, with a time to wait', async () => {
  world.waits = [2500]
  const { status, headers, body } = await call('session', 'not JSON')
  expect([status, headers.get('retry-after')]).toEqual([429, '3'])
  expect(body).toMatchObject({ ok: false, code: 'rate-limited', retryAfterMs: 2500 })
  expect(asked).toEqual(['writes of its address'])
})

test('a session is counted for itself, after its address', async () => {
  world.waits = [0, 700]
  expect(await call('session')).toMatchObject({ status: 429, body: { retryAfterMs: 700 } })
  expect(asked).toEqual(['writes of its address', 'writes of ada'])
})

test('an invalid body is refused before the session is looked up', async () => {
  world.standing = null
  for (const sent of ['not JSON', { address: 5 }]) {
    expect(await call('session', sent)).toMatchObject({ status: 400, body: { code: 'bad-message' } })
  }
  expect(await call('session', { address: 'x'.repeat(20_000) })).toMatchObject({
    status: 413,
    body: { code: 'too-large' },
  })
})

test.for<[needs: Needs, standing: Standing | null, status: number, code: string | undefined]>([
  ['nobody', null, 200, undefined],
  ['guest', null, 200, undefined],
  ['session', null, 401, 'unauthenticated'],
  ['session', 'guest', 200, undefined],
  ['account', null, 401, 'unauthenticated'],
  ['account', 'guest', 401, 'unauthenticated'],
  ['account', 'account', 200, undefined],
  ['account', 'admin', 200, undefined],
  ['admin', null, 401, 'unauthenticated'],
  ['admin', 'guest', 404, 'not-found'],
  ['admin', 'account', 404, 'not-found'],
  ['admin', 'admin', 200, undefined],
])('what needs %s is answered to %s with %i', async ([needs, standing, status, code]) => {
  world.standing = standing
  const answer = await call(needs)
  expect([answer.status, answer.body.code]).toEqual([status, code])
  expect(asked.includes('handled')).toBe(status === 200)
})

test('a caller without a session becomes a guest, and the answer sets the cookie', async () => {
  world.standing = null
  const { headers, body } = await call('guest')
  expect(headers.getSetCookie()).toEqual(['commonplace=x'])
  expect(body).toMatchObject({ session: true })
})

test('a role is looked up by the address: none is not-found, a lower one is forbidden', async () => {
  expect(await call({ role: 'editor' })).toMatchObject({ status: 200, body: { right: { role: 'editor' } } })
  expect(await call({ role: 'owner' })).toMatchObject({ status: 403, body: { ok: false } })
  expect(await call({ role: 'viewer' }, { address: 'unknown' })).toMatchObject({
    status: 404,
    body: { code: 'not-found' },
  })
  world.standing = null
  expect(await call({ role: 'viewer' })).toMatchObject({ status: 401 })
})

test('a link with a password is link-locked, whatever role is needed', async () => {
  world.role = 'locked'
  for (const role of ['viewer', 'owner'] as const) {
    expect(await call({ role })).toMatchObject({ status: 403, body: { code: 'link-locked' } })
  }
  expect(asked).not.toContain('handled')
})

test('a document that may not be opened looks like one that does not exist', async () => {
  world.role = null
  const foreign = await call({ role: 'viewer' })
  const unknown = await call({ role: 'viewer' }, { address: 'unknown' })
  expect([foreign.status, foreign.body]).toEqual([unknown.status, unknown.body])
})

test('access is judged once, and the route gets what was judged', async () => {
  world.role = 'owner'
  const { body } = await call({ role: 'owner' })
  expect(body.right).toEqual({ role: 'owner', userId: 'ada', facts: factsFor('owner') })
  expect(asked.filter((each) => each === 'facts')).toHaveLength(1)
})

test('what the services refuse is answered with its code, a fault as internal and reported', async () => {
  const refusing = (error: Error) =>
    route({ body: null, rate: 'reads', needs: 'nobody', handle: () => Promise.reject(error) })(
      new Request('http://127.0.0.1/'),
    )
  // As the other copy of the class would throw it.
  const foreign = Object.assign(new Error('x'), { name: 'RefusedRequest', refusal: refuse('too-large', 'x') })
  expect((await refusing(new RefusedRequest(refuse('not-found', 'x')))).status).toBe(404)
  expect((await refusing(foreign)).status).toBe(413)
  const answer = await refusing(new Error('/secret/path'))
  expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('secret')])
  expect(asked).toContain('fault')
})

test('a form without JavaScript is led to a page that says why, with the code alone', async () => {
  const form = async (needs: Needs, accept: string, type = 'application/x-www-form-urlencoded') => {
    const method = route<typeof body, Needs>({
      body,
      rate: 'writes',
      needs,
      handle: () => Promise.reject(new Error('/secret/path')),
    })
    const headers = { 'content-type': type, accept }
    return method(new Request('http://127.0.0.1/api/x', { method: 'POST', headers, body: 'address=known' }))
  }
  const html = 'text/html,application/xhtml+xml,*/*;q=0.8'
  const led = async (answer: Promise<Response>) => {
    const { status, headers } = await answer
    return [status, headers.get('location'), headers.get('cache-control')]
  }
  expect(await led(form('account', html))).toEqual([
    303,
    '/refused?code=unauthenticated',
    'private, no-store',
  ])
  expect(await led(form('guest', html))).toEqual([303, '/refused?code=internal', 'private, no-store'])
  world.waits = [2500]
  expect(await led(form('guest', html))).toEqual([303, '/refused?code=rate-limited', 'private, no-store'])
  world.ours = false
  expect(await led(form('guest', html))).toEqual([403, null, 'private, no-store'])
  const page = await (await form('guest', html)).text()
  for (const told of ['https://a.example', 'https://b.example', 'PUBLIC_URL=https://a.example']) {
    expect(page).toContain(told)
  }
  // Programs and our own scripts get JSON, whatever they send.
  expect((await form('guest', '*/*')).status).toBe(403)
  expect((await form('guest', html, 'application/json')).status).toBe(403)
})

test('every answer forbids caching', async () => {
  for (const answer of [await call('session'), await call('admin')]) {
    expect(answer.headers.get('cache-control')).toBe('private, no-store')
  }
})

test('a token that may only read changes nothing', async () => {
  world.standing = 'account'
  world.readOnly = true
  expect(await call('session')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect(asked).not.toContain('handled')
})

test('a program does not get where only people go', async () => {
  world.standing = 'account'
  world.isProgram = true
  expect(await call('session')).toMatchObject({ status: 200 })
  expect(await call('account')).toMatchObject({ status: 401 })
})
