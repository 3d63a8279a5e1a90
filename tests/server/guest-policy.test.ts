import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { GUEST_POLICIES } from '#lib/process/settings.ts'
import { type CollaborationServer, startCollaboration } from '../support/collaboration.ts'
import { startServer } from '../support/server-process.ts'
import { connected, Guest, join, openSocket } from './guest.ts'

const ROLES = { view: 'viewer', edit: 'editor', create: 'editor' } as const
const CREDENTIALS = { email: 'owner@example.org', password: 'correct horse battery' }

describe.for(GUEST_POLICIES.filter((policy) => policy !== 'off'))('GUESTS=%s', (guests) => {
  let server: CollaborationServer
  beforeAll(async () => {
    server = await startCollaboration({ guests })
  })
  afterAll(() => server.close())

  const roleOf = async (who: CookieSession, address: string) => {
    const socket = openSocket(server.url, { token: server.token(who) })
    await connected(socket)
    const { role } = await join(socket, { address })
    socket.disconnect()
    return role
  }

  test('caps the role of a guest, in their own documents too, and not that of an account', async () => {
    const owner = await server.people.accounts.signUp(new Headers(), { ...CREDENTIALS, name: '' })
    if (typeof owner === 'string') throw new Error(owner)
    const guest = await server.guest()
    const [theirs, own] = [await server.document(owner), await server.document(guest)]
    expect(await roleOf(guest, theirs.address)).toBe(ROLES[guests])
    expect(await roleOf(guest, own.address)).toBe(guests === 'create' ? 'owner' : ROLES[guests])
    expect(await roleOf(owner, theirs.address)).toBe('owner')
    const { authentication } = server.people
    expect(authentication.ofCookie(guest)?.mayCreate).toBe(guests === 'create')
    expect(authentication.ofCookie(owner)).toMatchObject({ mayCreate: true, cap: null })
  })
})

test('GUESTS=off admits no one without an account, not even earlier guests', async () => {
  const before = await startServer()
  onTestFinished(() => before.stop())
  const guest = new Guest(before.url)
  const { token } = await guest.session()
  const address = await guest.createDocument()
  await before.kill('SIGTERM')
  const server = await startServer({ dataDir: before.dataDir, port: before.port, env: { GUESTS: 'off' } })
  onTestFinished(() => server.stop())
  await expect(connected(openSocket(server.url, { token }))).rejects.toThrow('unauthenticated')
  for (const asked of [guest, new Guest(server.url)]) {
    const answer = await asked.post('/api/session')
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []])
    expect((await asked.post('/api/documents', {})).status).toBe(401)
    expect(await (await asked.get(`/d/${address}`)).text()).toContain('current-password')
  }
  // The guest can still turn into an account.
  await guest.post('/api/account/sign-up', { email: 'mei@example.org', password: 'correct horse battery' })
  const deleted = await guest.post('/api/documents/delete', { address })
  expect(await deleted.json()).toMatchObject({ ok: true, outcome: 'deleted' })
}, 60_000)
