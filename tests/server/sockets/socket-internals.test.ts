import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Server, type Socket } from 'socket.io'
import { type Socket as ClientSocket, io } from 'socket.io-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Decoder, Encoder } from '#lib/protocol/packet-parser.ts'
import { NAMESPACE } from '#lib/protocol/version.ts'
import {
  FrameSender,
  forgetRequests,
  isBusy,
  keepNoRooms,
  writesFrames,
} from '#lib/server/sockets/socket-internals.ts'

let server: Server
let url: string
const clients: ClientSocket[] = []

beforeEach(async () => {
  const http = createServer()
  server = new Server(http, { parser: { Encoder, Decoder }, perMessageDeflate: false })
  server.of(NAMESPACE)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}${NAMESPACE}`
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await server.close()
})

async function connect(transport: 'websocket' | 'polling') {
  const connection = once(server.of(NAMESPACE), 'connection')
  const client = io(url, { parser: { Encoder, Decoder }, transports: [transport], forceNew: true })
  clients.push(client)
  const [socket] = (await connection) as [Socket]
  if (!client.connected) await once(client as never, 'connect')
  return { client, socket }
}

const rows = new FrameSender('document:update')

/** Resolves to the next `count` events of a client, as names and lengths of their bytes. */
function received(client: ClientSocket, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    const events: string[] = []
    client.onAny((event: string, body: unknown) => {
      events.push(body instanceof Uint8Array ? `${event} ${body.length} ${body.at(-1) ?? ''}` : event)
      if (events.length === count) resolve(events)
    })
  })
}

const version = (name: string): string =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../node_modules', name, 'package.json'), 'utf8'))
    .version

test('[FRAME1] with the versions of engine.io and ws that are installed, frames are written straight to a WebSocket', async () => {
  const { socket } = await connect('websocket')
  expect(writesFrames(socket), `engine.io ${version('engine.io')}, ws ${version('ws')}`).toBe(true)
  expect(isBusy(socket)).toBe(false)
})

test('[FRAME1] bodies of every size of header arrive as they are, over WebSocket and over polling', async () => {
  const sizes = [0, 1, 90, 125, 126, 300, 65_535, 65_536, 300_000]
  const pair = [await connect('websocket'), await connect('polling')]
  expect(pair.map(({ socket }) => writesFrames(socket))).toEqual([true, false])
  const heard = pair.map(({ client }) => received(client, sizes.length))
  for (const size of sizes) {
    const body = new Uint8Array(size).fill(size % 251)
    for (const { socket } of pair) rows.send(socket, body)
  }
  const expected = sizes.map((size) => `document:update ${size} ${size === 0 ? '' : size % 251}`)
  expect(await Promise.all(heard)).toEqual([expected, expected])
})

test('[UPD4] a frame does not overtake packets sent before it in the ordinary way', async () => {
  const { client, socket } = await connect('websocket')
  const heard = received(client, 6)
  socket.emit('server:notice', { room: 1, code: 'storage-slow' })
  rows.send(socket, Uint8Array.of(1))
  socket.emit('server:notice', { room: 1, code: 'storage-ok' })
  socket.emit('server:drain', { retryAfterMs: 1 })
  rows.send(socket, Uint8Array.of(2))
  new FrameSender('presence:diff').send(socket, Uint8Array.of(3))
  expect(await heard).toEqual([
    'server:notice',
    'document:update 1 1',
    'server:notice',
    'server:drain',
    'document:update 1 2',
    'presence:diff 1 3',
  ])
})

test('a connection without the internals that we use gets its packets in the ordinary way', async () => {
  const { client, socket } = await connect('websocket')
  const transport = socket.conn.transport as unknown as { socket: { _sender: { sendFrame?: unknown } } }
  const heard = received(client, 1)
  const { _sender: sender } = transport.socket
  Object.defineProperty(transport, 'socket', {
    value: new Proxy(transport.socket, {
      get: (target, key) => {
        if (key === '_sender') return undefined
        const value: unknown = Reflect.get(target, key)
        return typeof value === 'function' ? value.bind(target) : value
      },
    }),
  })
  expect(sender).toBeDefined()
  expect(writesFrames(socket)).toBe(false)
  rows.send(socket, Uint8Array.of(7))
  expect(await heard).toEqual(['document:update 1 7'])
})

test('with the version of engine.io that is installed, an open connection keeps no HTTP request', async () => {
  const responses: object[] = []
  server.engine.use((_request: object, response: object, next: () => void) => {
    responses.push(response)
    next()
  })
  forgetRequests(server.engine)
  const { client, socket } = await connect('websocket')
  expect(socket.conn.request).toBeNull()
  expect(responses, `engine.io ${version('engine.io')}`).toEqual([expect.objectContaining({ req: null })])
  const heard = received(client, 1)
  socket.emit('server:drain', { retryAfterMs: 1 })
  expect(await heard).toEqual(['server:drain'])
})

test('a connection that begins with long polling and becomes a WebSocket does so without its request', async () => {
  forgetRequests(server.engine)
  const client = io(url, {
    parser: { Encoder, Decoder },
    transports: ['polling', 'websocket'],
    forceNew: true,
  })
  clients.push(client)
  const [socket] = (await once(server.of(NAMESPACE), 'connection')) as [Socket]
  await once(socket.conn, 'upgrade')
  const heard = received(client, 1)
  socket.emit('server:drain', { retryAfterMs: 1 })
  expect(await heard).toEqual(['server:drain'])
  expect(socket.conn.transport.name).toBe('websocket')
})

test('without rooms of their own all sockets get broadcasts, and a closed one is forgotten', async () => {
  const documents = server.of(NAMESPACE)
  keepNoRooms(documents)
  const [{ client }, { client: other }] = [await connect('websocket'), await connect('polling')]
  const heard = [received(client, 1), received(other, 1)]
  documents.emit('server:drain')
  expect(await Promise.all(heard)).toEqual([['server:drain'], ['server:drain']])
  expect([documents.adapter.rooms.size, documents.adapter.sids.size]).toEqual([0, 2])
  const [socket] = documents.sockets.values()
  const closed = once(socket as never, 'disconnect')
  socket?.disconnect(true)
  await closed
  await expect.poll(() => documents.adapter.sids.size).toBe(1)
})
