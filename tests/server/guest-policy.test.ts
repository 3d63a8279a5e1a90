import { afterEach, describe, expect, test } from 'vitest'
import { GUEST_POLICIES, type GuestPolicy } from '../../lib/server/services.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { connected, Guest, join, openSocket } from './guest.ts'

let server: ServerProcess | null = null
afterEach(() => server?.stop())

/** A server under a policy, with a document of an account and a guest who comes to it. */
async function world(policy: GuestPolicy) {
  server = await startServer({ env: { GUESTS: policy } })
  const owner = new Guest(server.url)
  await owner.post('/api/account/sign-up', { email: 'owner@example.org', password: 'correct horse battery' })
  return { url: server.url, owner, guest: new Guest(server.url), address: await owner.createDocument() }
}

const ROLES = { view: 'viewer', comment: 'commenter', edit: 'editor', create: 'editor' } as const

describe.for(GUEST_POLICIES.filter((policy) => policy !== 'off'))('GUESTS=%s', (policy) => {
  test(`lets a guest be ${ROLES[policy]} by a link for editors, and make documents or not`, async () => {
    const { guest, owner, address } = await world(policy)
    const socket = await guest.connect()
    expect(await join(socket, { address })).toMatchObject({ ok: true, role: ROLES[policy] })
    socket.disconnect()
    const made = await guest.post('/api/documents', {})
    expect(made.status).toBe(policy === 'create' ? 200 : 403)
    // An account is asked nothing.
    const owns = await owner.connect()
    expect(await join(owns, { address })).toMatchObject({ role: 'owner' })
    owns.disconnect()
  })
})

test('GUESTS=off lets nobody in without an account, not even who was a guest before', async () => {
  const before = await startServer()
  const guest = new Guest(before.url)
  const { token } = await guest.session()
  const address = await guest.createDocument()
  await before.kill('SIGTERM')
  server = await startServer({ dataDir: before.dataDir, port: before.port, env: { GUESTS: 'off' } })
  await expect(connected(openSocket(server.url, { token }))).rejects.toThrow('unauthenticated')
  for (const asked of [guest, new Guest(server.url)]) {
    const answer = await asked.post('/api/session')
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []])
    expect((await asked.post('/api/documents', {})).status).toBe(401)
    expect(await (await asked.get(`/d/${address}`)).text()).toContain('current-password')
  }
  // The guest's own way in is still the account they make.
  await guest.post('/api/account/sign-up', { email: 'mei@example.org', password: 'correct horse battery' })
  const deleted = await guest.post('/api/documents/delete', { address })
  expect(await deleted.json()).toMatchObject({ ok: true, outcome: 'deleted' })
  await before.stop()
})
