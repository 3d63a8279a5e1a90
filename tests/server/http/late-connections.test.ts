import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { HeldBytes } from '#lib/process/held-bytes.ts'
import { Bodies } from '#lib/server/http/bodies.ts'
import { LateConnections } from '#lib/server/http/late-connections.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const MOST = 10

let http: Server
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  http.closeAllConnections()
  http.close()
})

/** A server that answers with `late` or `ok`, and counts a request under its header `X-Key`. */
async function scene(socketKey = '') {
  const clock = new VirtualClock(Math.random)
  const held = new HeldBytes()
  const keyOf = ({ headers }: { headers: Record<string, unknown> }) => String(headers['x-key'] ?? '')
  const bodies = new Bodies({ held, keyOf, clock })
  http = createServer((request, response) => {
    bodies.watch(request, response)
    request.resume()
    late.answering(request)
    if (request.url === '/unanswered') return
    const answer = late.isLate(request) ? 'late' : 'ok'
    if (Number(request.headers['content-length'] ?? 0) === 0) response.end(answer)
    else request.once('end', () => response.end(answer))
  })
  const late = new LateConnections(http, { most: MOST, keyOf, keyOfSocket: () => socketKey, clock })
  http.prependListener('request', (request, response) => late.requested(request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const open = async (text = ''): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => undefined)
    const accepted = once(http, 'connection')
    const requested = text === '' ? null : once(http, 'request')
    socket.write(text)
    await accepted
    await requested
    return socket
  }
  const slowBody = (key: string) =>
    open(`POST / HTTP/1.1\r\nHost: x\r\nX-Key: ${key}\r\nContent-Length: 9999\r\n\r\nbegin`)
  const ask = async (key: string): Promise<string> => {
    const socket = await open(`GET / HTTP/1.1\r\nHost: x\r\nX-Key: ${key}\r\nConnection: close\r\n\r\n`)
    let answer = ''
    socket.on('data', (bytes) => {
      answer += bytes
    })
    await once(socket, 'close')
    return answer.split('\r\n\r\n')[1] ?? ''
  }
  return { clock, held, bodies, open, slowBody, ask }
}

test('slow bodies of one IP address do not keep others out', async () => {
  const { slowBody, ask } = await scene()
  for (let i = 0; i < MOST; i++) await slowBody('attacker')
  expect(await ask('honest')).toBe('ok')
})

test('silent connections give way to a new one after some seconds, the oldest first', async () => {
  const { clock, open, ask } = await scene()
  const silent: Socket[] = []
  for (let i = 0; i < MOST; i++) silent.push(await open())
  expect(await ask('honest')).toBe('late')
  await clock.advance(4000)
  expect(await ask('honest')).toBe('ok')
  await expect.poll(() => silent.map(({ destroyed }) => destroyed).indexOf(true)).toBe(0)
})

test('a connection that sends many requests without waiting for answers ends', async () => {
  const { open } = await scene()
  const one = 'GET /unanswered HTTP/1.1\r\nHost: x\r\n\r\n'
  const four = await open(one.repeat(4))
  const five = await open(one.repeat(5))
  await expect.poll(() => five.destroyed).toBe(true)
  expect(four.destroyed).toBe(false)
})

test('silent connections of one IP address take half of the places, and its oldest gives way', async () => {
  const { open, ask } = await scene('attacker')
  const silent: Socket[] = []
  for (let i = 0; i < 3 * MOST; i++) silent.push(await open())
  await expect.poll(() => silent.filter(({ destroyed }) => !destroyed).length).toBe(MOST / 2)
  expect(silent.at(-1)?.destroyed).toBe(false)
  expect(await ask('honest')).toBe('ok')
})

test('a connection that is being answered never gives way', async () => {
  const { clock, open, ask } = await scene()
  for (let i = 0; i < MOST; i++) await open('GET /unanswered HTTP/1.1\r\nHost: x\r\n\r\n')
  await clock.advance(60_000)
  expect(await ask('honest')).toBe('late')
  expect(sockets.slice(0, MOST).every(({ destroyed }) => !destroyed)).toBe(true)
})

test('a body that stands still ends, one that moves at a twentieth of 64 kbit/s does not', async () => {
  const { clock, held, bodies, open, slowBody } = await scene()
  const accepted: Socket[] = []
  http.on('connection', (socket: Socket) => accepted.push(socket))
  const still = await slowBody('a')
  const moves = await open('POST / HTTP/1.1\r\nHost: x\r\nX-Key: b\r\nContent-Length: 60000\r\n\r\n')
  await expect.poll(() => [bodies.size, held.total]).toEqual([2, 69_999])
  for (let i = 1; i <= 4; i++) {
    moves.write('x'.repeat(7000))
    await expect.poll(() => accepted[1]?.bytesRead).toBeGreaterThan(7000 * i)
    await clock.advance(15_000)
  }
  await expect.poll(() => still.destroyed).toBe(true)
  expect([moves.destroyed, bodies.size]).toEqual([false, 1])
  moves.destroy()
  await expect.poll(() => [bodies.size, held.total]).toEqual([0, 0])
})
