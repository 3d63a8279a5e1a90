import { expect, test } from 'vitest'
import { Addresses } from '#lib/library/addresses.ts'
import { LiveAccess } from '#lib/library/live-access.ts'
import { Rights } from '#lib/library/rights.ts'
import { Visits } from '#lib/library/visits.ts'
import { createLog } from '#lib/process/log.ts'
import { encodePresenceSet } from '#lib/protocol/messages/presence.ts'
import { encodeBatch } from '#lib/protocol/messages/update.ts'
import { type ConnectionPorts, DocumentConnection } from '#lib/server/sockets/document-connection.ts'
import type { DocumentSocket } from '#lib/server/sockets/document-socket.ts'
import { SlowReaders } from '#lib/server/sockets/slow-readers.ts'
import { FrameSender } from '#lib/server/sockets/socket-internals.ts'
import { Probe, RoomsScene } from '../../collab/rooms-scene.ts'
import { newDocument } from '../../storage/stored-values.ts'

const LIFE = 600_000
const GRACE = { write: 30_000, read: 300_000 }
const PROFILE = { userId: 'ada', name: '', guestName: 1, hue: null }

/**
 * Returns a connection of a document's owner to real rooms, and the messages its socket was sent. Its socket, its limits
 * and the users of tokens are stand-ins.
 */
async function setUp() {
  const scene = await RoomsScene.open()
  const { clock, store, rooms } = scene
  const addresses = new Addresses('a secret of more than thirty-two characters')
  const linkId = addresses.newLinkId()
  await store.create(newDocument('document', { ownerId: 'ada', linkId }))
  const did: string[] = []
  /** The answers of the limits, in order; after them nothing is limited. */
  const limited: number[] = []
  const crowd = { at: 1000 }
  let logged = ''
  const log = createLog('info', {
    write: (line: string) => {
      logged += line
    },
  })
  const session = { profile: PROFILE, aliases: new Set<string>(), cap: null, sessionId: 'session' }
  const socket: DocumentSocket = {
    data: {
      ...session,
      tab: 'tab',
      connection: 0,
      expiresAt: clock.now() + LIFE,
      keys: { session: 'ada', ip: '' },
    },
    conn: { transport: { writable: true }, close: () => did.push('close') },
    emit: (event, ..._args) => did.push(event),
    disconnect: () => did.push('disconnect'),
  }
  const limits: ConnectionPorts['limits'] = {
    take: () => limited.shift() ?? 0,
    isCrowded: (others) => others >= crowd.at,
  }
  const users: ConnectionPorts['users'] = {
    readNow: async () => ({ ...session, userId: 'ada', expiresAt: clock.now() + LIFE }),
  }
  const rights = new Rights({ access: store, addresses, clock })
  const connection = new DocumentConnection(socket, {
    rooms,
    rights,
    live: new LiveAccess({ rooms, rights, access: store, clock, log }),
    visits: new Visits({ catalog: store, clock, onLost: () => undefined }),
    limits,
    users,
    readers: new SlowReaders(clock),
    presenceFrames: new FrameSender('presence:diff'),
    graceMs: GRACE,
    pingInterval: 10_000,
    pingTimeout: 30_000,
    clock,
    log,
  })
  /** Sends one event. Returns its answer, null if there was none. */
  const ask = async (event: string, body: object): Promise<object | null> => {
    let answered: object | null = null
    await connection.receive(event, [
      body,
      (answer: object) => {
        answered = answer
      },
    ])
    return answered
  }
  const address = addresses.addressOf(linkId)
  const join = () => ask('document:join', { address, clientId: 1, schemaVersion: 1, cursor: null })
  const seats = async () => [...(await rooms.seatsOf('document'))]
  return { scene, connection, did, ask, join, seats, clock, limited, crowd, logged: () => logged }
}

const caret = (room: number, at: number) =>
  encodePresenceSet({ room, idle: false, caret: new Uint8Array([at]) })

test('[ERR2] a bug is answered as internal, logged, and not counted', async () => {
  const { scene, did, join, logged } = await setUp()
  scene.store.facts = () => Promise.reject(new Error('a bug'))
  for (let i = 0; i < 20; i++) expect(await join()).toMatchObject({ ok: false, code: 'internal' })
  expect(did).toEqual([])
  expect(logged()).toContain('socket.handler-failed')
})

test('a connection is seated by its join, and leaves one room or, closing, all of them', async () => {
  const { connection, did, ask, join, seats, clock } = await setUp()
  expect(await join()).toMatchObject({ ok: true, role: 'owner', documentId: 'document', member: 1 })
  const [seat] = await seats()
  expect(seat).toMatchObject({ connection, documentId: 'document', clientId: 1, role: 'owner' })
  await ask('document:leave', { room: seat?.room ?? 0 })
  expect([await seats(), connection.seats.size, seat?.isLeft]).toEqual([[], 0, true])
  await join()
  connection.close()
  expect([await seats(), connection.seats.size]).toEqual([[], 0])
  await clock.advance(LIFE)
  expect(did).toEqual([])
})

test('a socket that closes while its join is under way is in no room afterwards', async () => {
  const { connection, join, seats, scene } = await setUp()
  const { promise, resolve } = Promise.withResolvers<null>()
  scene.store.readSnapshot = () => promise
  const joined = join()
  await scene.clock.advance(10)
  expect(await seats()).toHaveLength(1)
  connection.close()
  resolve(null)
  expect(await joined).toBeNull()
  expect(await seats()).toEqual([])
})

test('a socket that closed before it was seated is in no room afterwards', async () => {
  const { connection, join, seats } = await setUp()
  const joined = join()
  connection.close()
  expect(await joined).toBeNull()
  expect([await seats(), connection.seats.size]).toEqual([[], 0])
})

test('a document with too many connections takes no further one', async () => {
  const { scene, join, seats, crowd } = await setUp()
  await scene.join(new Probe('bob'), { documentId: 'document' })
  crowd.at = 1
  expect(await join()).toMatchObject({ ok: false, code: 'too-many-connections' })
  expect(await seats()).toHaveLength(1)
})

test('[PRES6] an older connection of a tab is not seated beside the newer one', async () => {
  const { scene, join, seats } = await setUp()
  const { seat } = await scene.join(new Probe('newer', 'ada'), { documentId: 'document' })
  seat.appear({ key: 'session tab', connection: 1, identity: PROFILE })
  expect(await join()).toMatchObject({ ok: false, code: 'not-joined' })
  expect(await seats()).toEqual([seat])
})

test('[HS7] [ACC9] a lapsed connection only reads, also where it joins then; renewed, it has its roles again', async () => {
  const { connection, did, ask, join, seats, clock } = await setUp()
  await join()
  const [seat] = await seats()
  await clock.advance(LIFE + GRACE.write)
  expect([seat?.role, connection.cap]).toEqual(['viewer', 'viewer'])
  expect(await join()).toMatchObject({ ok: true, role: 'viewer' })
  expect(await ask('access:ask', { room: seat?.room, role: 'editor' })).toMatchObject({
    code: 'session-expired',
  })
  expect(await ask('session:renew', { token: 'a token' })).toMatchObject({ ok: true })
  await clock.advance(0)
  expect([seat?.role, connection.cap]).toEqual(['owner', null])
  expect(did.filter((each) => each === 'document:role')).toHaveLength(2)
  await clock.advance(LIFE + GRACE.read)
  expect(did).toContain('disconnect')
})

test('a rate-limited message is answered with the time to wait, logged once, and counts for nothing else', async () => {
  const { connection, did, limited, logged, join, seats, ask, clock, scene } = await setUp()
  await join()
  const [seat] = await seats()
  const doc = new Probe('ada').edit(seat?.room ?? 0, 'x')
  limited.push(...Array.from({ length: 20 }, () => 700))
  for (let i = 0; i < 21; i++) await connection.receive('document:update', [encodeBatch(doc)])
  expect(did.filter((each) => each === 'document:ack')).toHaveLength(20)
  await clock.advance(50)
  expect((await scene.store.load('document'))?.headSeq).toBe(1)
  expect(did.filter((each) => each === 'document:update')).toHaveLength(1)
  expect(logged().split('socket.rate-limited')).toHaveLength(2)
  limited.push(500)
  expect(await ask('document:pull', { room: 1, seq: 0 })).toMatchObject({
    ok: false,
    code: 'rate-limited',
    retryAfterMs: 500,
  })
})

test('a client that keeps sending in spite of it is disconnected', async () => {
  const { connection, did, limited } = await setUp()
  limited.push(...Array.from({ length: 1000 }, () => 700))
  for (let i = 0; i < 1000; i++) await connection.receive('document:pull', [{ room: 1, seq: 0 }])
  expect(did.filter((each) => each === 'disconnect')).toHaveLength(1)
})

test('of carets above the rate only the last is set, once its time has come, and none after the end', async () => {
  const { scene, connection, clock, limited, join, seats } = await setUp()
  const bob = new Probe('bob')
  const watching = await scene.join(bob, { documentId: 'document' })
  watching.seat.appear({ key: 'bob', connection: 0, identity: { ...PROFILE, userId: 'bob' } })
  await join()
  const room = (await seats())[0]?.room ?? 0
  await clock.advance(1000)
  bob.diffs.length = 0
  const carets = () => bob.diffs.flatMap(({ upserts }) => upserts.flatMap((each) => each.caret?.[0] ?? []))
  limited.push(500, 400, 300)
  for (const at of [1, 2, 3]) await connection.receive('presence:set', [caret(room, at)])
  await clock.advance(400)
  expect(carets()).toEqual([])
  await clock.advance(1000)
  expect(carets()).toEqual([3])
  limited.push(500)
  await connection.receive('presence:set', [caret(room, 4)])
  connection.close()
  await clock.advance(1000)
  expect(carets()).toEqual([3])
})
