import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { HeldBytes } from '#lib/process/held-bytes.ts'
import { PACKETS_PER_PAYLOAD } from '#lib/protocol/polling.ts'
import { webSocketFrame } from '../../faults/hostile-corpus.ts'
import { RawPolling, RawWebSocket, textFrame } from '../../faults/raw-client.ts'
import { type CollaborationServer, startCollaboration } from '../../support/collaboration.ts'
import { connected, join, openSocket, type TestSocket } from '../guest.ts'

const SEPARATOR = '\x1e'
let ip = 0
let server: CollaborationServer
let guest: CookieSession
const open: { close(): void }[] = []
const held = new HeldBytes()

beforeAll(async () => {
  server = await startCollaboration({ limited: {}, held })
  guest = await server.guest()
})
afterEach(() => {
  for (const each of open.splice(0)) each.close()
})
afterAll(() => server.close())

function from(token?: string) {
  return { ip: `203.0.113.${++ip % 250}`, ...(token === undefined ? {} : { token }) }
}

async function webSocket(token?: string): Promise<RawWebSocket> {
  const socket = await RawWebSocket.open(server.url, from(token))
  open.push(socket)
  return socket
}

async function polling(token?: string): Promise<RawPolling> {
  const session = await RawPolling.open(server.url, from(token))
  open.push(session)
  return session
}

/** Returns a connected socket of our own client's kind. */
async function member(user: CookieSession): Promise<TestSocket> {
  const socket = openSocket(
    server.url,
    { token: server.token(user) },
    { headers: { 'x-forwarded-for': '192.0.2.9' } },
  )
  open.push(socket)
  await connected(socket)
  return socket
}

const repeated = (bytes: Uint8Array, count: number): Uint8Array =>
  Buffer.concat(Array.from({ length: count }, () => bytes))

describe('[LIM10] long polling', () => {
  test('a payload of as many packets as allowed is taken, one more ends the session before it is decoded', async () => {
    const honest = await polling(server.token(guest))
    const message = '4[2,"/documents",null,["document:leave",{"room":1}]]'
    const payload = (count: number) => Array.from({ length: count }, () => message).join(SEPARATOR)
    expect(await honest.post(payload(PACKETS_PER_PAYLOAD))).toBe(200)
    expect(await honest.post(payload(1))).toBe(200)
    await honest.post(payload(PACKETS_PER_PAYLOAD + 1))
    expect(await honest.post(payload(1))).toBe(400)
  })

  test('before the handshake a session sends a few kilobytes; a larger payload is not read', async () => {
    const stranger = await polling()
    expect(await stranger.post('x'.repeat(9000))).toBe(400)
    expect(await stranger.post('3')).toBe(400)
    const pongs = await polling()
    await pongs.post(Array.from({ length: 60 }, () => '3').join(SEPARATOR))
    expect(await pongs.post('3')).toBe(400)
  })

  test('pongs that were not asked for end the session at the tenth', async () => {
    const session = await polling(server.token(guest))
    for (let i = 0; i < 9; i++) expect(await session.post('3')).toBe(200)
    await session.post('3')
    expect(await session.post('3')).toBe(400)
  })

  test('polling by script elements is not served', async () => {
    const response = await fetch(`${server.url}/socket/?EIO=4&transport=polling&j=0`)
    expect(response.status).toBe(403)
  })
})

describe('[LIM10] WebSocket', () => {
  test.each([
    ['pongs without a ping', repeated(textFrame('3'), 10)],
    ['packets that no client sends', repeated(textFrame('6'), 10)],
    ['handshakes in other namespaces', repeated(textFrame('4[0,"/nope",null,null]'), 11)],
    [
      'a long text',
      textFrame(`4[2,"/documents",null,["document:leave",{"room":1,"x":"${'x'.repeat(40_000)}"}]]`),
    ],
    [
      'a long text before bytes',
      webSocketFrame({ payload: Uint8Array.from([2, 0, 0xff, 0xff, 0x7f, 0, 0]) }),
    ],
    ['a message of a thousand frames', fragments(1000)],
  ])('%s close an admitted connection', async (_what, bytes) => {
    const socket = await webSocket(server.token(guest))
    await socket.write(bytes)
    await socket.closed
  })

  test.each([
    ['seventeen packets', repeated(textFrame('6'), 17)],
    ['a message of nine kilobytes', textFrame('4'.repeat(9000))],
    ['the beginning of a large message', webSocketFrame({ length: 900_000n })],
    ['pings of WebSocket', repeated(webSocketFrame({ opcode: 9 }), 3)],
  ])('%s close a connection without a handshake', async (_what, bytes) => {
    const socket = await webSocket()
    await socket.write(bytes)
    await socket.closed
  })

  test('pings of WebSocket are counted, on an admitted connection too', async () => {
    const socket = await webSocket(server.token(await server.guest()))
    await socket.write(repeated(webSocketFrame({ opcode: 9 }), 3000))
    await socket.closed
  })

  test('whatever it sends, a connection ends above its rate of packets', async () => {
    const socket = await webSocket(server.token(await server.guest()))
    await socket.write(repeated(webSocketFrame({ opcode: 10 }), 3000))
    await socket.closed
  })

  test('before a join no large message begins, afterwards it does', async () => {
    const owner = await server.guest()
    const { address } = await server.document(owner)
    const large = webSocketFrame({ length: 900_000n })
    const unseated = await webSocket(server.token(owner))
    await unseated.write(large)
    await unseated.closed
    const seated = await webSocket(server.token(owner))
    await seated.join(address)
    await seated.write(large)
    await join(await member(owner), { address, clientId: 6 })
    expect(seated.isClosed).toBe(false)
  })

  test('halves of messages are counted by IP address, and given back when the connection ends', async () => {
    const owner = await server.guest()
    const { address: document } = await server.document(owner)
    const half = Buffer.concat([webSocketFrame({ length: 1_300_000n }), Buffer.alloc(1_200_000)])
    const address = from(server.token(owner))
    const sockets: RawWebSocket[] = []
    for (let i = 0; i < 18; i++) {
      const socket = await RawWebSocket.open(server.url, address)
      open.push(socket)
      await socket.join(document)
      sockets.push(socket)
    }
    for (const socket of sockets) await socket.write(half)
    await Promise.race(sockets.map(({ closed }) => closed))
    expect(held.total).toBeLessThan(18 * 1024 * 1024)
    for (const socket of sockets) socket.close()
    await expect.poll(() => held.total).toBe(0)
  })
})

test('[LIM10] acknowledgements that were not asked for close the connection at the tenth', async () => {
  const { address } = await server.document(guest)
  const socket = openSocket(
    server.url,
    { token: server.token(guest) },
    { headers: { 'x-forwarded-for': '203.0.113.251' } },
  )
  open.push(socket)
  await connected(socket)
  await join(socket, { address, clientId: 7 })
  const closed = new Promise((resolve) => socket.once('disconnect', resolve))
  const acknowledge = (count: number) => {
    for (let i = 0; i < count; i++) socket.io.engine.write(`[3,"/documents",${1000 + i},[]]`)
  }
  acknowledge(9)
  expect(await join(socket, { address, clientId: 8 })).toMatchObject({ ok: true })
  acknowledge(1)
  await closed
})

test('[LIM10] an IP address that floods does not end the connections of others behind it', async () => {
  const address = { ip: '198.51.100.77' }
  const { address: document } = await server.document(guest)
  const honest: TestSocket = openSocket(
    server.url,
    { token: server.token(guest) },
    { headers: { 'x-forwarded-for': address.ip } },
  )
  open.push(honest)
  await connected(honest)
  const { room } = await join(honest, { address: document, clientId: 9 })
  const flood = repeated(webSocketFrame({ opcode: 9 }), 3000)
  for (let i = 0; i < 5; i++) {
    const flooder = await RawWebSocket.open(server.url, {
      ...address,
      token: server.token(await server.guest()),
    })
    open.push(flooder)
    await flooder.write(flood)
    await flooder.closed
  }
  for (let i = 0; i < 100; i++) honest.emit('document:leave', { room: room + 1 })
  expect(await join(honest, { address: document, clientId: 10 })).toMatchObject({ ok: true })
})

function fragments(count: number): Uint8Array {
  const piece = Uint8Array.of(1)
  const first = webSocketFrame({ fin: false, opcode: 2, payload: piece })
  return Buffer.concat([first, repeated(webSocketFrame({ fin: false, opcode: 0, payload: piece }), count)])
}
