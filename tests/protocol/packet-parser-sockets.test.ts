import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket as ServerSocket } from 'socket.io'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Decoder, Encoder } from '#lib/protocol/packet-parser.ts'
import { NAMESPACE } from '#lib/protocol/version.ts'

const parser = { Encoder, Decoder }

let http: HttpServer
let server: Server
let clients: Socket[]

beforeEach(async () => {
  clients = []
  http = createServer()
  server = new Server(http, { parser, transports: ['polling', 'websocket'] })
  server.of(NAMESPACE).on('connection', (socket) => {
    socket.on('echo', (...args: unknown[]) => {
      const answer = args.pop() as (...args: unknown[]) => void
      answer(...args)
    })
    socket.on('relay', (bytes: Uint8Array) => server.of(NAMESPACE).emit('document:update', bytes))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
})

afterEach(async () => {
  for (const client of clients) client.disconnect()
  await server.close()
})

async function connect(...transports: ('polling' | 'websocket')[]): Promise<Socket> {
  const { port } = http.address() as AddressInfo
  const client = io(`http://127.0.0.1:${port}${NAMESPACE}`, {
    parser,
    transports,
    forceNew: true,
    auth: { token: 't' },
  })
  clients.push(client)
  await new Promise<void>((resolve, reject) => client.once('connect', resolve).once('connect_error', reject))
  return client
}

function next(client: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => client.once(event, (...args) => resolve(args)))
}

/** Collects every engine.io message that arrives: each is one WebSocket message, or one part of a polling body. */
function framesTo(client: Socket): unknown[] {
  const frames: unknown[] = []
  client.io.engine.on('message', (frame) => frames.push(frame))
  return frames
}

const bytesOf = (value: unknown): number[] => [...(value as Uint8Array)]

describe.each([[['websocket']], [['polling']], [['polling', 'websocket']]] as const)(
  'over %s',
  (transports) => {
    test('[FRAME1] text and bytes go up and come back acknowledged', async () => {
      const client = await connect(...transports)
      expect(await client.emitWithAck('echo', { a: [1, null, '漢😀'] })).toEqual({ a: [1, null, '漢😀'] })
      const answers = await new Promise<unknown[]>((resolve) =>
        client.emit('echo', { ok: true }, Uint8Array.of(0, 255, 128), (...args: unknown[]) => resolve(args)),
      )
      expect(answers[0]).toEqual({ ok: true })
      expect(bytesOf(answers[1])).toEqual([0, 255, 128])
    })

    test('[FRAME1] a broadcast of bytes is exactly one frame to each client', async () => {
      const [one, two] = [await connect(...transports), await connect(...transports)]
      const frames = framesTo(two)
      const arrived = [next(one, 'document:update'), next(two, 'document:update')]
      one.emit('relay', new Uint8Array(30).fill(7))
      for (const [bytes] of await Promise.all(arrived)) expect(bytesOf(bytes)).toEqual(new Array(30).fill(7))
      expect(frames).toHaveLength(1)
    })
  },
)

test('[FRAME1] an upgrade from long polling loses and repeats nothing', async () => {
  const client = await connect('polling', 'websocket')
  const got: number[] = []
  client.on('document:update', (bytes) => got.push((bytes as Uint8Array)[0] ?? -1))
  const upgraded =
    client.io.engine.transport.name === 'websocket' ? null : once(client.io.engine as never, 'upgrade')
  for (let i = 0; i < 50; i++) client.emit('relay', Uint8Array.of(i))
  await upgraded
  for (let i = 50; i < 100; i++) client.emit('relay', Uint8Array.of(i))
  await expect.poll(() => got.length, { timeout: 5000 }).toBe(100)
  expect(client.io.engine.transport.name).toBe('websocket')
  expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i))
})

test('[FRAME1] over a WebSocket a relayed update is exactly one WebSocket message', async () => {
  const client = await connect('websocket')
  const { ws } = client.io.engine.transport as unknown as {
    ws: { addEventListener(e: 'message', f: () => void): void }
  }
  let messages = 0
  ws.addEventListener('message', () => {
    messages++
  })
  for (let i = 0; i < 10; i++) {
    const arrived = next(client, 'document:update')
    client.emit('relay', new Uint8Array(30))
    await arrived
  }
  expect(messages).toBe(10)
})

test('[FRAME4] a malformed frame closes that connection and no other', async () => {
  const [good, bad] = [await connect('websocket'), await connect('websocket')]
  for (const frame of ['[2,"/documents"]', Uint8Array.of(2, 0, 200)]) {
    const socket = bad.connected ? bad : await connect('websocket')
    const closed = next(socket, 'disconnect')
    socket.io.engine.write(frame as string)
    await closed
  }
  expect(await good.emitWithAck('echo', 'still here')).toBe('still here')
})

test('[FRAME1] the server’s refusal of a connection arrives with its data', async () => {
  server.of(NAMESPACE).use((socket: ServerSocket, admit) => {
    expect(socket.handshake.auth).toEqual({ token: 't' })
    admit(Object.assign(new Error('draining'), { data: { code: 'draining' } }))
  })
  await expect(connect('websocket')).rejects.toMatchObject({
    message: 'draining',
    data: { code: 'draining' },
  })
})
