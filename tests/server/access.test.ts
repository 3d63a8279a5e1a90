import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Asked, RoleChange } from '#lib/protocol/messages/access.ts'
import type { Reset } from '#lib/protocol/messages/join.ts'
import type { Ack } from '#lib/protocol/messages/update.ts'
import type { SharingOverview } from '#lib/protocol/sharing.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { batchOf, Guest, join, next, type TestSocket } from './guest.ts'

/** The lifetime of tokens in these tests. After it, a socket may write for 200 ms more and read for 2 s more. */
const TOKEN_LIFE_MS = 4000

let server: ServerProcess
const open: TestSocket[] = []

beforeAll(async () => {
  server = await startServer({})
})
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect()
})
afterAll(() => server.stop())

/** Returns a new guest with a socket. */
async function someone(url = server.url) {
  const guest = new Guest(url)
  const socket = await guest.connect()
  open.push(socket)
  const { user } = await guest.session()
  const post = async (path: string, body: object) => {
    const answer = await guest.post(`/api/${path}`, body)
    return { status: answer.status, ...(await answer.json()) }
  }
  return { guest, socket, user, post }
}

/** Returns an owner in their document, and a guest who joined it by its first link. */
async function two() {
  const owner = await someone()
  const address = await owner.guest.createDocument()
  const { room } = await join(owner.socket, { address, clientId: 1 })
  const bob = await someone()
  expect(await join(bob.socket, { address, clientId: 2 })).toMatchObject({ role: 'editor', room })
  const overview = async (): Promise<SharingOverview> => owner.post('access', { address })
  const addressFor = async (role: string) => {
    const link = (await overview()).links.find((each) => each.role === role)
    if (!link) throw new Error(`no link for ${role}`)
    return link.address
  }
  return { owner, bob, address, room, overview, addressFor }
}

const roleOf = async (socket: TestSocket) => (await next<[RoleChange]>(socket, 'document:role'))[0]
const resetOf = async (socket: TestSocket) => (await next<[Reset]>(socket, 'document:reset'))[0]
const ackOf = async (socket: TestSocket) => (await next<[Ack]>(socket, 'document:ack'))[0]

describe('roles that change while users are connected', () => {
  test('[LIVE1] [LIVE2] a user whose role is lowered is notified and later batches are refused; raised, they write again', async () => {
    const { owner, bob, address, room } = await two()
    const lowered = roleOf(bob.socket)
    await owner.post('access/link-role', { address, role: 'viewer' })
    expect(await lowered).toEqual({ room, role: 'viewer', reason: 'changed' })
    const refused = ackOf(bob.socket)
    bob.socket.emit('document:update', batchOf(room, 2, 1, 'x'))
    expect(await refused).toMatchObject({ clientId: 2, n: 1, refusal: { code: 'read-only' } })
    const raised = roleOf(bob.socket)
    await owner.post('access/link-role', { address, role: 'editor' })
    expect(await raised).toMatchObject({ role: 'editor' })
    const row = next(owner.socket, 'document:update')
    bob.socket.emit('document:update', batchOf(room, 2, 1, 'x'))
    await row
  })

  test('[LIVE3] the link role "Nobody" removes users from the document; if they join again it does not exist', async () => {
    const { owner, bob, address, room } = await two()
    const withdrawn = resetOf(bob.socket)
    await owner.post('access/link-role', { address, role: null })
    expect(await withdrawn).toEqual({ room, reason: 'withdrawn' })
    expect(await join(bob.socket, { address, clientId: 2 })).toMatchObject({ ok: false, code: 'not-found' })
    expect(await bob.post('access', { address })).toMatchObject({ status: 404, code: 'not-found' })
    // The owner is not affected.
    expect(await join(owner.socket, { address, clientId: 1 })).toMatchObject({ ok: true, role: 'owner' })
  })

  test('[ACC6] a new address ends the old one for users without a role of their own, and reports how many', async () => {
    const { owner, bob, address, room } = await two()
    const eve = await someone()
    await join(eve.socket, { address, clientId: 3 })
    await owner.post('access/grant', { address, userId: eve.user.userId, role: 'editor' })
    const withdrawn = resetOf(bob.socket)
    const renewed = await owner.post('access/renew', { address, role: 'editor' })
    expect(renewed).toMatchObject({ ok: true, disconnected: 1 })
    expect(await withdrawn).toEqual({ room, reason: 'withdrawn' })
    expect(await join(bob.socket, { address, clientId: 2 })).toMatchObject({ code: 'not-found' })
    expect(await join(bob.socket, { address: renewed.address, clientId: 2 })).toMatchObject({ ok: true })
    // Eve still uses the old address.
    expect(await join(eve.socket, { address, clientId: 3 })).toMatchObject({ ok: true, role: 'editor' })
  })

  test('[ACC4] a grant is valid at any address of the document, until it is removed', async () => {
    const { owner, bob, address, room, addressFor } = await two()
    const viewing = await addressFor('viewer')
    const eve = await someone()
    expect(await join(eve.socket, { address: viewing, clientId: 3 })).toMatchObject({ role: 'viewer' })
    const raised = roleOf(eve.socket)
    await owner.post('access/grant', { address, userId: eve.user.userId, role: 'commenter' })
    expect(await raised).toEqual({ room, role: 'commenter', reason: 'changed' })
    const lowered = roleOf(eve.socket)
    await owner.post('access/grant', { address, userId: eve.user.userId, role: null })
    expect(await lowered).toMatchObject({ role: 'viewer' })
    expect(
      await owner.post('access/grant', { address, userId: owner.user.userId, role: 'viewer' }),
    ).toMatchObject({ status: 400 })
    expect(await owner.post('access/grant', { address, userId: 'nobody', role: 'viewer' })).toMatchObject({
      status: 400,
    })
    expect(bob.socket.connected).toBe(true)
  })

  test('[LIVE6] a link that expires removes users who joined by it', async () => {
    const { owner, bob, address, room } = await two()
    const withdrawn = resetOf(bob.socket)
    const expiresAt = Date.now() + 300
    await owner.post('access/link', { address, role: 'editor', expiresAt })
    expect(await withdrawn).toEqual({ room, reason: 'withdrawn' })
    expect(Date.now() - expiresAt).toBeGreaterThanOrEqual(0)
    expect(await join(bob.socket, { address, clientId: 2 })).toMatchObject({ code: 'not-found' })
    const past = await owner.post('access/link', { address, role: 'editor', expiresAt: Date.now() - 1 })
    expect(past).toMatchObject({ status: 400, code: 'bad-message' })
  })

  test('[ACC5] a password locks a link until each user has entered it, and a new one locks it again', async () => {
    const { owner, bob, address, room } = await two()
    const withdrawn = resetOf(bob.socket)
    await owner.post('access/link', { address, role: 'editor', password: '石虎 1' })
    expect(await withdrawn).toEqual({ room, reason: 'withdrawn' })
    expect(await join(bob.socket, { address, clientId: 2 })).toMatchObject({ code: 'link-locked' })
    expect(await bob.post('access', { address })).toMatchObject({ status: 403, code: 'link-locked' })
    const enter = (password: string) => bob.post('access/unlock', { address, password })
    expect(await enter('wrong')).toMatchObject({ ok: true, unlocked: false })
    expect(await enter('石虎 1')).toMatchObject({ ok: true, unlocked: true })
    expect(await join(bob.socket, { address, clientId: 2 })).toMatchObject({ ok: true, role: 'editor' })
    const again = resetOf(bob.socket)
    await owner.post('access/link', { address, role: 'editor', password: 'another' })
    expect(await again).toMatchObject({ reason: 'withdrawn' })
    await owner.post('access/link', { address, role: 'editor', password: null })
    expect(await join(bob.socket, { address, clientId: 2 })).toMatchObject({ ok: true })
  })
})

describe('asking for more', () => {
  test('[ASK1] [ASK2] the owner is notified immediately and answers; a yes gives the user their own role', async () => {
    const { owner, address, room, addressFor, overview } = await two()
    const eve = await someone()
    await join(eve.socket, { address: await addressFor('viewer'), clientId: 3 })
    const asked = next<[Asked]>(owner.socket, 'access:asked')
    const ask = (role: 'commenter' | 'editor') =>
      eve.socket.timeout(5000).emitWithAck('access:ask', { room, role })
    expect(await ask('editor')).toEqual({ ok: true })
    expect((await asked)[0]).toMatchObject({ room, role: 'editor', user: { userId: eve.user.userId } })
    const { requests, people } = await overview()
    expect(requests).toMatchObject([{ role: 'editor', user: { userId: eve.user.userId } }])
    expect(people.map(({ role, via, present }) => [role, via, present])).toEqual([
      ['owner', 'owner', true],
      ['editor', 'link', true],
      ['viewer', 'link', true],
    ])
    const raised = roleOf(eve.socket)
    await owner.post('access/request', { address, userId: eve.user.userId, role: 'editor' })
    expect(await raised).toMatchObject({ role: 'editor' })
    expect((await overview()).requests).toEqual([])
    // Asking for a role that they already have creates no request.
    expect(await ask('editor')).toEqual({ ok: true })
    expect((await overview()).requests).toEqual([])
  })

  test('[ASK2] a no removes the request and changes nothing else', async () => {
    const { owner, address, room, addressFor, overview } = await two()
    const eve = await someone()
    await join(eve.socket, { address: await addressFor('viewer'), clientId: 3 })
    await eve.socket.timeout(5000).emitWithAck('access:ask', { room, role: 'commenter' })
    await owner.post('access/request', { address, userId: eve.user.userId, role: null })
    expect((await overview()).requests).toEqual([])
    expect(await join(eve.socket, { address: await addressFor('viewer'), clientId: 3 })).toMatchObject({
      role: 'viewer',
    })
  })
})

describe('what users see of the sharing', () => {
  test('[ACC7] links up to their own role, and of the people the owner and themselves', async () => {
    const { address, bob, addressFor } = await two()
    const eve = await someone()
    const viewing = await addressFor('viewer')
    await join(eve.socket, { address: viewing, clientId: 3 })
    const seen: SharingOverview = await eve.post('access', { address: viewing })
    expect(seen.links.map(({ role, address, connected }) => ({ role, address, connected }))).toEqual([
      { role: 'viewer', address: viewing, connected: 1 },
    ])
    expect(seen.people.map(({ role }) => role)).toEqual(['owner', 'viewer'])
    expect(seen.requests).toEqual([])
    const byBob: SharingOverview = await bob.post('access', { address })
    expect(byBob.links.map(({ role }) => role)).toEqual(['viewer', 'commenter', 'editor'])
    expect(await bob.post('access/link-role', { address, role: 'viewer' })).toMatchObject({
      status: 403,
      code: 'forbidden',
    })
  })
})

describe('the trash', () => {
  test('[TRASH1] a deleted document ends for everyone, is listed for its owner, and can be restored', async () => {
    const { owner, bob, address, room } = await two()
    const ended = resetOf(bob.socket)
    await owner.post('documents/delete', { address })
    expect(await ended).toEqual({ room, reason: 'deleted' })
    const { documents } = await owner.post('documents/trash', {})
    expect(documents).toMatchObject([{ address }])
    expect(documents[0].erasedAt - documents[0].deletedAt).toBe(30 * 24 * 3_600_000)
    expect(await bob.post('documents/trash', {})).toMatchObject({ documents: [] })
    for (const path of ['documents/restore', 'documents/erase']) {
      expect(await bob.post(path, { address })).toMatchObject({ status: 404, code: 'not-found' })
    }
    const back = resetOf(bob.socket)
    expect(await owner.post('documents/restore', { address })).toMatchObject({ ok: true })
    expect(await back).toEqual({ room, reason: 'rejoin' })
    expect(await join(bob.socket, { address, clientId: 2 })).toMatchObject({ ok: true })
    await owner.post('documents/delete', { address })
    expect(await owner.post('documents/erase', { address })).toMatchObject({ ok: true })
    expect(await owner.post('documents/restore', { address })).toMatchObject({ status: 404 })
  })

  test('[JOIN3] only who had the document open, and might open it still, is told that it was deleted', async () => {
    const { owner, bob, address, addressFor } = await two()
    const viewing = await addressFor('viewer')
    const eve = await someone(server.url)
    const { lineage } = await join(eve.socket, { address: viewing, clientId: 3 })
    await owner.post('access/renew', { address, role: 'viewer' })
    await owner.post('documents/delete', { address })
    const cursor = { lineage, seq: 0, chain: '0'.repeat(32) }
    const answers = await Promise.all([
      join(bob.socket, { address, clientId: 2, cursor }),
      join(bob.socket, { address, clientId: 2 }),
      join(bob.socket, { address, clientId: 2, cursor: { ...cursor, lineage: 'another' } }),
      join(eve.socket, { address: viewing, clientId: 3, cursor }),
    ])
    expect(answers).toMatchObject(
      ['document-deleted', 'not-found', 'not-found', 'not-found'].map((code) => ({ code })),
    )
  })
})

describe('tokens', () => {
  let brief: ServerProcess
  beforeAll(async () => {
    brief = await startServer({ env: { TOKEN_LIFE_MS: String(TOKEN_LIFE_MS), RATE_LIMITS: 'off' } })
  })
  afterAll(() => brief.stop())

  const renew = (socket: TestSocket, token: string) =>
    socket.timeout(5000).emitWithAck('session:renew', { token })

  test('[HS7] renewed on the live socket, a connection keeps writing beyond its first token', async () => {
    const { guest, socket } = await someone(brief.url)
    const address = await guest.createDocument()
    const { room } = await join(socket, { address, clientId: 1 })
    let roles = 0
    socket.on('document:role', () => roles++)
    const forgetful = await guest.connect()
    open.push(forgetful)
    const lapsed = roleOf(forgetful)
    await join(forgetful, { address, clientId: 2 })
    let over = false
    void lapsed.then(() => {
      over = true
    })
    while (!over) {
      const { token, expiresAt } = await guest.session()
      expect(await renew(socket, token)).toEqual({ ok: true, expiresAt })
    }
    // The first socket's first token was older than the other socket's only one, which has expired.
    expect(await lapsed).toMatchObject({ reason: 'expired' })
    expect(roles).toBe(0)
    const row = next(socket, 'document:update')
    socket.emit('document:update', batchOf(room, 1, 1, 'x'))
    await row
  })

  test('[HS7] a connection not renewed only reads, then is closed; renewed between, it has its role again', async () => {
    const { guest, socket } = await someone(brief.url)
    const address = await guest.createDocument()
    const { room } = await join(socket, { address, clientId: 1 })
    expect(await roleOf(socket)).toEqual({ room, role: 'viewer', reason: 'expired' })
    const refused = ackOf(socket)
    socket.emit('document:update', batchOf(room, 1, 1, 'x'))
    expect(await refused).toMatchObject({ refusal: { code: 'read-only' } })
    // A join grants no more than the connection has.
    expect(await join(socket, { address, clientId: 1 })).toMatchObject({ ok: true, role: 'viewer' })
    const back = roleOf(socket)
    await renew(socket, (await guest.session()).token)
    expect(await back).toEqual({ room, role: 'owner', reason: 'renewed' })
    expect(await roleOf(socket)).toMatchObject({ reason: 'expired' })
    await next(socket, 'disconnect')
  })

  test('[HS7] another user’s token or an invalid one renews nothing', async () => {
    const { guest, socket } = await someone()
    const other = new Guest(server.url)
    const again = new Guest(server.url)
    again.cookie = guest.cookie
    for (const token of ['nonsense', 'st1.x.y', (await other.session()).token]) {
      expect(await renew(socket, token)).toMatchObject({ ok: false, code: 'session-expired' })
    }
    expect(await renew(socket, (await again.session()).token)).toMatchObject({ ok: true })
  })
})
