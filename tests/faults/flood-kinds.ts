import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as passed } from 'node:timers/promises'
import * as Y from 'yjs'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import { encodePresenceSet } from '#lib/protocol/messages/presence.ts'
import { encodeBatch } from '#lib/protocol/messages/update.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import { connected, join, openSocket, type TestSocket } from '../server/guest.ts'
import { webSocketFrame } from './hostile-corpus.ts'
import { openTcp, RawPolling, RawWebSocket, textFrame } from './raw-client.ts'

/* The floods of one attacker who has the link of a document. Each runs until its process is ended. */

/** The attacker's view: where the server is, the document's address, and randomness. */
export interface Target {
  readonly url: string
  readonly address: string
  readonly ip: string
  readonly random: () => number
}

export interface Flood {
  readonly name: string
  /** Settings of the server that is flooded. */
  readonly env?: Readonly<Record<string, string>>
  /** How long it takes to build up before somebody new comes, ms. Default: half a second. */
  readonly buildsUpMs?: number
  run(target: Target): Promise<unknown>
}

const SEPARATOR = '\x1e'
const HALF_MEBIBYTE = 512 * 1024

/** Runs `attack` again and again in so many parallel loops, however it ends. */
async function endlessly(parallel: number, attack: (loop: number) => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: parallel }, async (_, loop) => {
      for (;;) {
        await attack(loop).catch(() => passed(5))
        await passed(0) // so that the loops of this process take turns
      }
    }),
  )
}

/** Returns the token of a new guest, and the cookie. */
async function guestOf({ url, ip }: Target): Promise<{ token: string; cookie: string }> {
  const response = await fetch(`${url}/api/session`, { method: 'POST', headers: { 'x-forwarded-for': ip } })
  const { token } = (await response.json()) as { token?: string }
  if (token === undefined) throw new Error(`no guest: ${response.status}`)
  return { token, cookie: response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '' }
}

/** Opens WebSockets of one guest after the other, and writes the same bytes to each until it is closed. */
function bytesByWebSocket(piece: Uint8Array, parallel = 2) {
  const chunk = Buffer.concat(Array.from({ length: Math.ceil(65_536 / piece.length) }, () => piece))
  return (target: Target) =>
    endlessly(parallel, async () => {
      const { token } = await guestOf(target)
      for (let i = 0; i < 20; i++) {
        const socket = await RawWebSocket.open(target.url, { ip: target.ip, token })
        while (!socket.isClosed) await socket.write(chunk)
        socket.close()
      }
    })
}

/** Joins with a guest's socket and sends messages until it is closed. */
function messages(send: (socket: TestSocket, room: number, i: number) => void, each = 500) {
  return (target: Target) =>
    endlessly(2, async (loop) => {
      const { token } = await guestOf(target)
      for (let n = 0; n < 20; n++) {
        const socket = openSocket(target.url, { token }, { headers: { 'x-forwarded-for': target.ip } })
        await connected(socket)
        const clientId = 1000 + loop * 100_000 + n
        const { room = 0 } = await join(socket, { address: target.address, clientId })
        for (let i = 0; socket.connected; i++) {
          send(socket, room, i)
          if (i % each === each - 1) await passed(0) // so that what was sent leaves this process
        }
      }
    })
}

/** Requests a path in parallel, over connections that are kept. */
function requests(
  parallel: number,
  options: (target: Target, i: number) => { path: string; method?: string; cookie?: string; body?: string },
) {
  return async (target: Target) => {
    const agent = new Agent({ keepAlive: true, maxSockets: parallel })
    const { port } = new URL(target.url)
    let count = 0
    await endlessly(parallel, async () => {
      const { path, method = 'GET', cookie = '', body = '' } = options(target, count++)
      const headers = {
        'x-forwarded-for': target.ip,
        accept: 'text/html',
        cookie,
        ...(method === 'POST' ? { 'content-type': 'application/json', 'content-length': body.length } : {}),
      }
      const made = request({ host: '127.0.0.1', port, path, method, agent, headers })
      made.end(body)
      const [response] = await once(made, 'response')
      response.resume()
      await once(response, 'end')
    })
  }
}

async function fileOf({ url }: Target): Promise<string> {
  const html = await (await fetch(url)).text()
  return /src="(\/_next\/static\/[^"]+)"/.exec(html)?.[1] ?? '/_next/static/none.js'
}

const few = { MAX_CONNECTIONS: '100' }

export const FLOODS: readonly Flood[] = [
  {
    name: 'pongs by polling',
    async run(target) {
      const pongs = Array.from({ length: 700_000 }, () => '3').join(SEPARATOR)
      await endlessly(3, async (loop) => {
        const known = loop === 0 ? {} : { token: (await guestOf(target)).token }
        for (let i = 0; i < 20; i++) {
          const session = await RawPolling.open(target.url, { ip: target.ip, ...known })
          await session.post(pongs)
          await session.post(Array.from({ length: 60 }, () => '3').join(SEPARATOR))
          session.close()
        }
      })
    },
  },
  { name: 'leaves', run: messages((socket, room) => socket.emit('document:leave', { room: room + 1 })) },
  { name: 'unasked acknowledgements', run: bytesByWebSocket(textFrame('4[3,"/documents",7,[]]')) },
  { name: 'pongs by WebSocket', run: bytesByWebSocket(textFrame('3')) },
  { name: 'pages', run: requests(20, () => ({ path: '/' })) },
  {
    name: 'pages with a session',
    async run(target) {
      const { cookie } = await guestOf(target)
      await requests(20, ({ address }, i) => ({ path: i % 2 === 0 ? '/' : `/d/${address}`, cookie }))(target)
    },
  },
  {
    name: 'slow bodies',
    env: few,
    buildsUpMs: 1500,
    async run({ url, ip }) {
      await endlessly(120, async () => {
        const socket = await openTcp(url)
        const head = ['POST /api/session HTTP/1.1', 'Host: 127.0.0.1', `X-Forwarded-For: ${ip}`]
        socket.write(
          `${head.join('\r\n')}\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n{`,
        )
        while (!socket.destroyed) {
          socket.write(' ')
          await passed(200) // the pace of a slow client
        }
      })
    },
  },
  {
    name: 'readers of a link',
    buildsUpMs: 6000,
    async run(target) {
      const sockets: TestSocket[] = []
      for (let user = 0; sockets.length < 999; user++) {
        const { token } = await guestOf(target)
        const opening = Array.from({ length: 55 }, async (_, i) => {
          const socket = openSocket(target.url, { token }, { headers: { 'x-forwarded-for': target.ip } })
          await connected(socket)
          sockets.push(socket)
          await join(socket, { address: target.address, clientId: 5000 + user * 100 + i })
        })
        await Promise.allSettled(opening)
      }
      await once(process, 'disconnect')
    },
  },
  { name: 'pings of WebSocket', run: bytesByWebSocket(webSocketFrame({ opcode: 9 })) },
  {
    name: 'empty fragments',
    run: bytesByWebSocket(webSocketFrame({ fin: false, opcode: 0, payload: new Uint8Array() })),
  },
  {
    name: 'handshakes of polling',
    run: ({ url, ip }) => endlessly(20, async () => (await RawPolling.open(url, { ip })).close()),
  },
  {
    name: 'halves of messages',
    async run(target) {
      const half = Buffer.concat([webSocketFrame({ length: 1_400_000n }), Buffer.alloc(1_390_000)])
      const { token } = await guestOf(target)
      await endlessly(50, async () => {
        const socket = await RawWebSocket.open(target.url, { ip: target.ip, token })
        await socket.join(target.address)
        await socket.write(half)
        await Promise.race([socket.closed, passed(2000)])
        socket.close()
      })
    },
  },
  { name: 'missing pages', run: requests(20, (_, i) => ({ path: `/none/${i}` })) },
  {
    name: 'routes',
    run: requests(20, (_, i) => ({ path: '/api/session', method: 'POST', body: `{"renew":${i}` })),
  },
  {
    name: 'files',
    async run(target) {
      const path = await fileOf(target)
      await requests(20, () => ({ path }))(target)
    },
  },
  {
    name: 'answers that are not read',
    env: few,
    buildsUpMs: 1500,
    async run(target) {
      const path = await fileOf(target)
      await endlessly(120, async () => {
        const socket = await openTcp(target.url)
        socket.pause()
        const one = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: ${target.ip}\r\n\r\n`
        socket.write(one.repeat(20))
        await once(socket, 'close')
      })
    },
  },
  {
    name: 'long texts',
    run: messages((socket, room) => {
      const junk = { room: room + 1, junk: 'x'.repeat(30_000) }
      socket.emit('document:leave', junk as { room: number })
    }, 20),
  },
  {
    name: 'connections',
    async run(target) {
      const { token } = await guestOf(target)
      await endlessly(10, async () => {
        const socket = await RawWebSocket.open(target.url, { ip: target.ip, token })
        socket.close()
      })
    },
  },
  {
    name: 'carets',
    run: messages((socket, room, i) =>
      socket.emit('presence:set', encodePresenceSet({ room, idle: false, caret: Uint8Array.of(i & 255) })),
    ),
  },
  {
    name: 'batches sent again',
    run: messages((socket, room) => {
      const payload = encodeUpdates([Y.encodeStateAsUpdate(new Y.Doc())])
      const batch = { room, clientId: 77, n: 1, part: 0, parts: 1, restore: false, payload }
      socket.emit('document:update', encodeBatch(batch))
    }),
  },
  {
    name: 'joins and pulls',
    async run(target) {
      await messages((socket, room, i) => {
        const { address } = target
        if (i % 2 === 0) socket.emit('document:pull', { room, seq: 0 }, () => undefined)
        else
          socket.emit(
            'document:join',
            { address, clientId: 7, schemaVersion: SCHEMA_VERSION, cursor: null },
            () => undefined,
          )
      }, 100)(target)
    },
  },
  {
    name: 'large messages',
    run: bytesByWebSocket(webSocketFrame({ payload: new Uint8Array(HALF_MEBIBYTE) })),
  },
]
