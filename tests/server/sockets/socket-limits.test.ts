import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { ClientIps } from '#lib/process/client-ip.ts'
import { NO_RATES } from '#lib/process/rates.ts'
import { decodeEntries, encodeUpdates } from '#lib/protocol/log-row.ts'
import { decodePresenceDiff, encodePresenceSet } from '#lib/protocol/messages/presence.ts'
import { decodeRow, encodeBatch } from '#lib/protocol/messages/update.ts'
import { MOST_CONNECTIONS, PLACES, SocketLimits } from '#lib/server/sockets/socket-limits.ts'
import { type CollaborationServer, startCollaboration } from '../../support/collaboration.ts'
import { batchOf, connected, join, next, openSocket, type TestSocket } from '../guest.ts'

const WIDE = { perSecond: 1e6, burst: 1e6 }
let server: CollaborationServer
const open: TestSocket[] = []

beforeAll(async () => {
  server = await startCollaboration({ limited: {} })
})
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect()
})
afterAll(() => server.close())

/** Opens a socket of a guest, from an IP address that a trusted proxy reports. */
async function socketOf(guest: CookieSession, ip: string, at = server): Promise<TestSocket> {
  const socket = openSocket(at.url, { token: at.token(guest) }, { headers: { 'x-forwarded-for': ip } })
  open.push(socket)
  await connected(socket)
  return socket
}

async function joined(ip: string, at = server) {
  const guest = await at.guest()
  const { address } = await at.document(guest)
  const socket = await socketOf(guest, ip, at)
  const { room } = await join(socket, { address, clientId: 1 })
  return { guest, address, socket, room }
}

/** Sends the same batch again and again: each is acknowledged, and counted. */
function repeatedly(room: number) {
  const payload = encodeUpdates([Y.encodeStateAsUpdate(new Y.Doc())])
  return encodeBatch({ room, clientId: 1, n: 1, part: 0, parts: 1, restore: false, payload })
}

describe('updates', () => {
  test('above the rate are answered with rate-limited and a time, after which they are accepted; others notice nothing', async () => {
    const narrow = { perSecond: 2, burst: 50 }
    const strict = await startCollaboration({ limited: { updates: { session: narrow, ip: WIDE } } })
    const { socket, room } = await joined('203.0.113.1', strict)
    const other = await joined('203.0.113.1', strict)
    const codes = new Map<string, number>()
    let wait = 0
    socket.on('document:ack', ({ refusal }) => {
      const code = refusal?.code ?? 'acknowledged'
      codes.set(code, (codes.get(code) ?? 0) + 1)
      wait = Math.max(wait, refusal?.retryAfterMs ?? 0)
    })
    const committed = next(socket, 'document:update')
    socket.emit('document:update', batchOf(room, 1, 1, 'x'))
    await committed
    const batch = repeatedly(room)
    for (let i = 0; i < 120; i++) socket.emit('document:update', batch)
    await expect.poll(() => codes.get('rate-limited')).toBeGreaterThan(0)
    const theirs = next(other.socket, 'document:update')
    other.socket.emit('document:update', batchOf(other.room, 1, 1, 'x'))
    await theirs
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThan(1000)
    await expect.poll(() => [...codes.values()].reduce((sum, count) => sum + count, 0)).toBe(120)
    expect([...codes.keys()].sort()).toEqual(['acknowledged', 'rate-limited'])
    const before = codes.get('acknowledged') ?? 0
    const again = () => {
      socket.emit('document:update', batch)
      return codes.get('acknowledged')
    }
    await expect.poll(again).toBeGreaterThan(before)
    await strict.close()
  })
})

describe('joins and pulls', () => {
  test('above the rate are refused with a time to wait', async () => {
    const narrow = { perSecond: 0.2, burst: 20 }
    const strict = await startCollaboration({ limited: { joins: { session: narrow, ip: WIDE } } })
    const { socket, room } = await joined('203.0.113.2', strict)
    const pull = () => socket.timeout(5000).emitWithAck('document:pull', { room, seq: 0 })
    for (let i = 1; i < narrow.burst; i++) expect(await pull()).toMatchObject({ ok: true })
    const answers = [await pull(), await pull(), await pull()]
    expect(answers.at(-1)).toMatchObject({
      ok: false,
      code: 'rate-limited',
      retryAfterMs: expect.any(Number),
    })
    await strict.close()
  })
})

describe('presence', () => {
  test('above the rate is set later, and the last one counts', async () => {
    const { address, socket, room } = await joined('203.0.113.3')
    const watcher = await server.guest()
    const sees = await socketOf(watcher, '203.0.113.4')
    let seen = 0
    sees.on('presence:diff', (bytes) => {
      for (const { caret } of decodePresenceDiff(bytes).upserts) {
        if (caret && caret.length === 2) seen = Buffer.from(caret).readUInt16BE()
      }
    })
    await join(sees, { address, clientId: 2 })
    for (let i = 1; i <= 600; i++) {
      const caret = Buffer.alloc(2)
      caret.writeUInt16BE(i)
      socket.emit('presence:set', encodePresenceSet({ room, idle: false, caret }))
    }
    await expect.poll(() => seen, { timeout: 10_000 }).toBe(600)
  })
})

describe('connections at the same time', () => {
  test('of one user are bounded, refused with a code, and possible again when some have closed', async () => {
    const guest = await server.guest()
    const sockets: TestSocket[] = []
    for (let i = 0; i < MOST_CONNECTIONS.ofUser; i++) sockets.push(await socketOf(guest, '203.0.113.5'))
    await expect(socketOf(guest, '203.0.113.5')).rejects.toThrow('too-many-connections')
    expect(await socketOf(await server.guest(), '203.0.113.5')).toBeDefined()
    sockets[0]?.disconnect()
    await expect
      .poll(() => socketOf(guest, '203.0.113.5').then(() => 'in', String), { interval: 100 })
      .toBe('in')
  })

  test('of one IP address are bounded too, but not those of this machine, which may be all users behind a proxy', () => {
    const limits = (trusted: number) =>
      new SocketLimits({ rates: NO_RATES, clientIps: new ClientIps(trusted), bounded: true })
    const others = (ip: string) =>
      Array.from({ length: MOST_CONNECTIONS.ofIp }, (_, i) => ({ session: `${i}`, ip }))
    expect(limits(1).isFull({ session: 'ada', ip: 'school' }, others('school'))).toBe(true)
    expect(limits(1).isFull({ session: 'ada', ip: 'school' }, others('school').slice(1))).toBe(false)
    expect(limits(1).isFull({ session: 'ada', ip: 'home' }, others('school'))).toBe(false)
    expect(limits(0).isFull({ session: 'ada', ip: '' }, others(''))).toBe(false)
  })

  test('of one document are bounded', () => {
    const limits = new SocketLimits({ rates: NO_RATES, clientIps: new ClientIps(0), bounded: true })
    expect(limits.isCrowded(MOST_CONNECTIONS.ofDocument - 1)).toBe(false)
    expect(limits.isCrowded(MOST_CONNECTIONS.ofDocument)).toBe(true)
  })

  test('places of a document are kept for editors and the owner, and for other IP addresses', () => {
    const limits = new SocketLimits({ rates: NO_RATES, clientIps: new ClientIps(0), bounded: true })
    for (const place of ['viewer', 'editor', 'owner'] as const) {
      expect(limits.isCrowded(PLACES[place] - 1, place)).toBe(false)
      expect(limits.isCrowded(PLACES[place], place)).toBe(true)
    }
    expect(limits.isCrowded(800, 'viewer', () => PLACES.ofIp)).toBe(true)
    expect(limits.isCrowded(800, 'viewer', () => PLACES.ofIp - 1)).toBe(false)
    expect(limits.isCrowded(800, 'editor', () => PLACES.ofIp)).toBe(true)
    expect(limits.isCrowded(800, 'owner', () => PLACES.ofIp)).toBe(false)
  })

  test('of one IP address are four fifths of the server, and of all as many as it takes, by polling too', () => {
    const ports = { rates: NO_RATES, clientIps: new ClientIps(1), mostConnections: 100, bounded: true }
    const limits = new SocketLimits(ports)
    const from = (ip: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({ session: `${i}`, ip }))
    expect(limits.isFull({ session: 'ada', ip: 'a' }, from('a', 79))).toBe(false)
    expect(limits.isFull({ session: 'ada', ip: 'a' }, from('a', 80))).toBe(true)
    expect(limits.isFull({ session: 'ada', ip: 'b' }, from('a', 80))).toBe(false)
    expect(limits.isFull({ session: 'ada', ip: 'b' }, [...from('a', 80), ...from('c', 20)])).toBe(true)
  })
})

test('a school of a hundred behind one IP address reconnects together, three times, and no one is refused', async () => {
  const owner = await server.guest()
  const { address } = await server.document(owner)
  const pupils = await Promise.all(Array.from({ length: 100 }, () => server.guest()))
  for (let round = 1; round <= 3; round++) {
    const sockets = await Promise.all(pupils.map((pupil) => socketOf(pupil, '198.51.100.9')))
    const answers = await Promise.all(
      sockets.map((socket, i) => join(socket, { address, clientId: round * 1000 + i })),
    )
    expect(answers.filter(({ ok }) => !ok)).toEqual([])
    const outcomes = await Promise.all(
      sockets.map((socket, i) => typed(socket, answers[i]?.room ?? 0, round * 1000 + i)),
    )
    expect(new Set(outcomes)).toEqual(new Set(['saved']))
    for (const socket of sockets) socket.disconnect()
  }
}, 60_000)

/**
 * Sends twenty batches together. Resolves to 'saved' when the last one is in the log, otherwise to the code of the
 * refusal.
 */
function typed(socket: TestSocket, room: number, clientId: number): Promise<string> {
  const last = 20
  for (let n = 1; n <= last; n++) socket.emit('document:update', batchOf(room, clientId, n, 'x'))
  return new Promise((resolve) => {
    socket.on('document:ack', ({ refusal }) => refusal && resolve(refusal.code))
    socket.on('document:update', (row) => {
      const own = decodeEntries(decodeRow(row).entries).filter((entry) => entry.clientId === clientId)
      if (own.some(({ n }) => n === last)) resolve('saved')
    })
  })
}
