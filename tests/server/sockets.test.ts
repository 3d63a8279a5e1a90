/* Over 350 lines: all of these tests share one running server. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import * as LIMITS from '#lib/protocol/limits.ts'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import { decodeHistory } from '#lib/protocol/messages/history.ts'
import {
  decodePresenceDiff,
  encodePresenceSet,
  type PresenceDiffBody,
  type PresenceUpsert,
} from '#lib/protocol/messages/presence.ts'
import { decodeBatch, decodeRow, encodeBatch } from '#lib/protocol/messages/update.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { batchOf, connected, Guest, join, next, openSocket, type TestSocket } from './guest.ts'

let server: ServerProcess
const open: TestSocket[] = []

beforeAll(async () => {
  server = await startServer()
})
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect()
})
afterAll(() => server.stop())

async function guestSocket(guest = new Guest(server.url), handshake: Record<string, unknown> = {}) {
  const socket = await guest.connect(handshake)
  open.push(socket)
  return { guest, socket }
}

/** Returns a guest who has joined a document of their own. */
async function joinedSocket() {
  const { guest, socket } = await guestSocket()
  const { room } = await join(socket, { address: await guest.createDocument() })
  return { guest, socket, room, works: () => ask(socket, 'document:pull', { room, seq: 0 }) }
}

function refused(handshake: Record<string, unknown>, headers: Record<string, string> = {}): Promise<string> {
  const socket = openSocket(server.url, handshake, { headers })
  open.push(socket)
  return connected(socket).then(
    () => 'let in',
    (error: Error) => error.message,
  )
}

/** Sends any event and waits for its answer. */
function ask(socket: TestSocket, event: string, ...args: unknown[]): Promise<{ ok: boolean; code?: string }> {
  return socket.timeout(5000).emitWithAck(event as never, ...(args as never))
}

describe('the handshake', () => {
  test('[HS1] a valid token is accepted', async () => {
    const { token } = await new Guest(server.url).session()
    expect(await refused({ token })).toBe('let in')
  })

  test('[HS3] a wrong token is refused as unauthenticated', async () => {
    const { token } = await new Guest(server.url).session()
    expect(await refused({ token: `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}` })).toBe(
      'unauthenticated',
    )
    expect(await refused({ token: '' })).toBe('unauthenticated')
  })

  test('[HS2] another protocol version is refused as such, whatever else it sends', async () => {
    expect(await refused({ protocol: 999, token: 5, tab: null })).toBe('protocol-version')
  })

  test('[HS3] a malformed handshake is a bad message', async () => {
    expect(await refused({ token: 5 })).toBe('bad-message')
    expect(await refused({ token: 'x', tab: 'not a tab id' })).toBe('bad-message')
  })

  test('[HS1] a page of another site is refused, our own is accepted', async () => {
    const { token } = await new Guest(server.url).session()
    expect(await refused({ token }, { origin: 'https://evil.example' })).toBe('websocket error')
    expect(await refused({ token }, { origin: server.url })).toBe('let in')
  })

  test('[HS1] a page of another site is refused over long polling too', async () => {
    const answer = await fetch(`${server.url}/socket/?EIO=4&transport=polling`, {
      headers: { origin: 'https://evil.example' },
    })
    expect(answer.status).toBe(403)
  })
})

describe('messages', () => {
  test('[JOIN1] a join opens the document and an update comes back as a committed row', async () => {
    const { guest, socket } = await guestSocket()
    const joined = await join(socket, { address: await guest.createDocument(), clientId: 7 })
    expect(joined).toMatchObject({ ok: true, role: 'owner', mode: 'snapshot', chunked: 0, acknowledged: 0 })
    expect(decodeHistory(joined.history ?? new Uint8Array())).toEqual({ snapshot: null, rows: [] })
    const row = next<[Uint8Array]>(socket, 'document:update')
    socket.emit('document:update', batchOf(joined.room, 7, 1, 'hello'))
    expect(decodeRow((await row)[0])).toMatchObject({ room: joined.room, seq: 1 })
  })

  test('[UPD2] a part sent with an acknowledgement is acknowledged on arrival, before the batch is complete', async () => {
    const { guest, socket } = await guestSocket()
    const { room } = await join(socket, { address: await guest.createDocument(), clientId: 7 })
    const whole = decodeBatch(batchOf(room, 7, 1, 'hello'))
    const parts = [whole.payload.slice(0, 9), whole.payload.slice(9)].map((payload, part) =>
      encodeBatch({ ...whole, part, parts: 2, payload }),
    )
    const row = next<[Uint8Array]>(socket, 'document:update')
    for (const part of parts) expect(await ask(socket, 'document:update', part)).toEqual({ ok: true })
    expect(decodeRow((await row)[0])).toMatchObject({ room, seq: 1 })
  })

  test('a guest who joins by the link is an editor and gets the content', async () => {
    const owner = await guestSocket()
    const address = await owner.guest.createDocument()
    const { room } = await join(owner.socket, { address, clientId: 7 })
    const row = next(owner.socket, 'document:update')
    owner.socket.emit('document:update', batchOf(room, 7, 1, 'hello'))
    await row
    const { socket } = await guestSocket()
    const joined = await join(socket, { address, clientId: 8 })
    expect(joined).toMatchObject({ ok: true, role: 'editor', room })
    expect(decodeHistory(joined.history ?? new Uint8Array()).rows).toHaveLength(1)
  })

  test('[PULL2] a long history is sent in chunks, at most two of them unconfirmed', async () => {
    const { guest, socket } = await guestSocket()
    const address = await guest.createDocument()
    const { room } = await join(socket, { address, clientId: 7 })
    const text = 'x'.repeat(LIMITS.batchBytes - 1000)
    for (let n = 1; n <= 4; n++) {
      const row = next(socket, 'document:update')
      socket.emit('document:update', batchOf(room, 100 + n, 1, text))
      await row
    }
    const reader = (await guestSocket()).socket
    const parts: { offset: number; bytes: Uint8Array }[] = []
    const confirm: (() => void)[] = []
    let arrived = Promise.withResolvers<void>()
    reader.on('document:chunk', ({ offset }, bytes, received) => {
      parts.push({ offset, bytes })
      confirm.push(received)
      arrived.resolve()
    })
    const { chunked, history } = await join(reader, { address, clientId: 9 })
    expect(chunked).toBeGreaterThan(3 * LIMITS.chunkBytes)
    expect(history).toBeUndefined()
    let size = 0
    while (size < chunked) {
      if (confirm.length === 0) await arrived.promise
      // A third chunk, if one were sent, would arrive within this round trip.
      await ask(reader, 'document:pull', { room: 0 })
      expect(confirm.length).toBeLessThanOrEqual(2)
      arrived = Promise.withResolvers()
      size = parts.reduce((sum, { bytes }) => sum + bytes.length, 0)
      confirm.shift()?.()
    }
    const whole = Buffer.concat(parts.toSorted((a, b) => a.offset - b.offset).map(({ bytes }) => bytes))
    expect(decodeHistory(new Uint8Array(whole)).rows).toHaveLength(4)
  })

  test('[JOIN3] unknown, forged and deleted addresses are answered alike', async () => {
    const { guest, socket } = await guestSocket()
    const address = await guest.createDocument()
    const forged = address.slice(0, 31) + (address.endsWith('A') ? 'B' : 'A')
    const refusals = [
      await join(socket, { address: 'A'.repeat(32) }),
      await join(socket, { address: forged }),
    ]
    await guest.post('/api/documents/delete', { address })
    refusals.push(await join(socket, { address }))
    for (const refusal of refusals) expect(refusal).toEqual(refusals[0])
    expect(refusals[0]).toMatchObject({ ok: false, code: 'not-found' })
  })

  test('[END1] deleting ends the room for everyone in it', async () => {
    const { guest, socket } = await guestSocket()
    const address = await guest.createDocument()
    const { room } = await join(socket, { address })
    const reset = next(socket, 'document:reset')
    await guest.post('/api/documents/delete', { address })
    expect(await reset).toEqual([{ room, reason: 'deleted' }])
  })

  test('[ERR1] [ERR2] unknown events and malformed requests get a coded refusal', async () => {
    const { socket } = await guestSocket()
    expect(await ask(socket, 'document:burn', {})).toMatchObject({ ok: false, code: 'unknown-event' })
    expect(await ask(socket, 'document:join', { address: 5 })).toMatchObject({
      ok: false,
      code: 'bad-message',
    })
    expect(await ask(socket, 'document:pull', 'x')).toMatchObject({ ok: false, code: 'bad-message' })
    expect(await ask(socket, 'document:pull', { room: 99, seq: 0 })).toMatchObject({
      ok: false,
      code: 'not-joined',
    })
  })

  test('[BODY2] bytes are checked, never coerced', async () => {
    const { socket, works } = await joinedSocket()
    for (const bytes of ['text', [1, 2, 3], { 0: 1 }, null, 5]) {
      expect(await ask(socket, 'document:update', bytes)).toMatchObject({ ok: false, code: 'bad-message' })
      expect(await ask(socket, 'presence:set', bytes)).toMatchObject({ ok: false, code: 'bad-message' })
      // Send a valid message between them: this test is not about counting.
      expect(await works()).toMatchObject({ ok: true })
    }
  })

  test('[LIM1] a message above the limit is refused with its batch named', async () => {
    const { socket, room } = await joinedSocket()
    const ack = next(socket, 'document:ack')
    socket.emit('document:update', batchOf(room, 1, 1, 'x'.repeat(LIMITS.messageBytes + 10)))
    expect(await ack).toMatchObject([{ room, clientId: 1, n: 1, refusal: { code: 'too-large' } }])
  })

  test('[ERR3] an invalid message closes that connection and no other', async () => {
    const other = await joinedSocket()
    const { socket } = await guestSocket()
    const closed = next(socket, 'disconnect')
    socket.emit('document:update', new Uint8Array(4 * LIMITS.messageBytes))
    await closed
    expect(await other.works()).toMatchObject({ ok: true })
  })

  test('[ERR4] [END2] ten refusals in a row close the socket, after a warning; nine do not', async () => {
    const { socket, works } = await joinedSocket()
    const warned = next(socket, 'server:notice')
    for (let i = 0; i < LIMITS.refusalsInARow - 1; i++) await ask(socket, 'document:burn')
    expect(await warned).toEqual([{ room: 0, code: 'last-warning' }])
    expect(await works()).toMatchObject({ ok: true })
    for (let i = 0; i < LIMITS.refusalsInARow - 1; i++) await ask(socket, 'document:burn')
    expect(socket.connected).toBe(true)
    const closed = next(socket, 'disconnect')
    void ask(socket, 'document:burn').catch(() => 'closed')
    await closed
  })

  test('[ERR4] ten updates that fail the gate close the socket', async () => {
    const { socket, room } = await joinedSocket()
    const payload = encodeUpdates([new Uint8Array([1, 2, 3])])
    const forged = encodeBatch({ room, clientId: 1, n: 1, part: 0, parts: 1, restore: false, payload })
    const closed = next(socket, 'disconnect')
    for (let i = 0; i < LIMITS.refusalsInARow; i++) socket.emit('document:update', forged)
    await closed
  })

  test('[FRAME4] a frame that is not a packet closes that connection and no other', async () => {
    const other = await joinedSocket()
    const { socket } = await guestSocket()
    const closed = next(socket, 'disconnect')
    socket.io.engine.write('no packet')
    await closed
    expect(await other.works()).toMatchObject({ ok: true })
  })

  test('[LIM1] one connection joins a limited number of documents', async () => {
    const { guest, socket } = await guestSocket()
    const addresses = await Promise.all(
      Array.from({ length: LIMITS.documentsPerConnection + 1 }, () => guest.createDocument()),
    )
    const answers = await Promise.all(addresses.map((address) => join(socket, { address })))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(LIMITS.documentsPerConnection)
    expect(answers.find(({ ok }) => !ok)).toMatchObject({ code: 'too-many-documents' })
    const [first] = answers
    socket.emit('document:leave', { room: first?.room ?? 0 })
    expect(await join(socket, { address: addresses.at(-1) ?? '' })).toMatchObject({ ok: true })
  })
})

describe('presence', () => {
  /** Resolves to the next value of a member's field that is `wanted`. */
  function upsertOf<F extends 'caret' | 'identity'>(
    socket: TestSocket,
    member: number,
    field: F,
    wanted: (value: NonNullable<PresenceUpsert[F]>) => boolean,
  ): Promise<PresenceUpsert[F]> {
    return new Promise((resolve) => {
      socket.on('presence:diff', (body) => {
        const value = decodePresenceDiff(body).upserts.find((each) => each.member === member)?.[field]
        if (value && wanted(value)) resolve(value)
      })
    })
  }

  /** Resolves at the first diff that is `wanted`. */
  function diffAt(socket: TestSocket, wanted: (diff: PresenceDiffBody) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const hear = (body: Uint8Array) => {
        if (!wanted(decodePresenceDiff(body))) return
        socket.off('presence:diff', hear)
        resolve()
      }
      socket.on('presence:diff', hear)
    })
  }

  test('[HS4] names come from the server, and a new one reaches everyone', async () => {
    const owner = await guestSocket()
    const address = await owner.guest.createDocument()
    const { room } = await join(owner.socket, { address, clientId: 7 })
    const { guest, socket } = await guestSocket()
    const { member } = await join(socket, { address, clientId: 8 })
    const caret = new Uint8Array([1, 2, 3])
    const moved = upsertOf(owner.socket, member, 'caret', ({ length }) => length > 0)
    socket.emit('presence:set', encodePresenceSet({ room, idle: false, caret }))
    expect(await moved).toEqual(caret)
    const renamed = upsertOf(owner.socket, member, 'identity', ({ name }) => name !== '')
    const answer = await guest.post('/api/session/profile', { name: ' Ada\u202e  L ', hue: 4 })
    expect(await answer.json()).toMatchObject({ ok: true, user: { name: 'Ada L', hue: 4 } })
    expect(await renamed).toMatchObject({ name: 'Ada L', hue: 4, role: 'editor' })
  })

  test('[PRES2] a tab’s joining and leaving reaches the others within 1 s', async () => {
    const owner = await guestSocket()
    const address = await owner.guest.createDocument()
    const self = await join(owner.socket, { address, clientId: 7 })
    const other = await guestSocket()
    const waits: { came: number; went: number }[] = []
    for (let i = 0; i < 5; i++) {
      const coming = diffAt(owner.socket, ({ upserts }) =>
        upserts.some(({ member }) => member !== self.member),
      )
      const begun = performance.now()
      const { member } = await join(other.socket, { address, clientId: 8 })
      await coming
      const came = performance.now() - begun
      const going = diffAt(owner.socket, ({ removes }) => removes.includes(member))
      const left = performance.now()
      other.socket.disconnect()
      await going
      waits.push({ came, went: performance.now() - left })
      other.socket.connect()
      await connected(other.socket)
    }
    // Take the median: the machine may stall once.
    const middle = (ms: number[]) => ms.toSorted((a, b) => a - b)[2]
    expect(middle(waits.map(({ came }) => came))).toBeLessThan(1000)
    expect(middle(waits.map(({ went }) => went))).toBeLessThan(1000)
  })

  test('[PRES6] an older connection of a tab cannot take the place of a newer one', async () => {
    const { guest, socket } = await guestSocket(new Guest(server.url), { tab: 'same', connection: 2 })
    const address = await guest.createDocument()
    const { member } = await join(socket, { address })
    const older = await guestSocket(guest, { tab: 'same', connection: 1 })
    expect(await join(older.socket, { address })).toMatchObject({ ok: false, code: 'not-joined' })
    const newer = await guestSocket(guest, { tab: 'same', connection: 3 })
    expect(await join(newer.socket, { address })).toMatchObject({ ok: true, member })
  })
})
