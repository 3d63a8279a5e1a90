import { expect, test } from 'vitest'
import { PresenceRooms } from '#lib/collab/presence/presence-rooms.ts'
import type { RoomJoined } from '#lib/collab/rooms.ts'
import { Addresses } from '#lib/library/addresses.ts'
import type { Right } from '#lib/library/contract.ts'
import { createLog } from '#lib/process/log.ts'
import { ByteList } from '#lib/protocol/byte-list.ts'
import { encodePresenceSet } from '#lib/protocol/messages/presence.ts'
import { encodeBatch } from '#lib/protocol/messages/update.ts'
import {
  type ConnectionPorts,
  DocumentConnection,
  type DocumentSocket,
} from '#lib/server/sockets/document-connection.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const addresses = new Addresses('a secret of more than thirty-two characters')

/** A connection whose rooms do what `rooms` says, and what it did to its socket. */
function setUp(rooms: Partial<ConnectionPorts['rooms']>) {
  const clock = new VirtualClock(Math.random)
  const did: string[] = []
  /** What the limits answer, one after the other; then nothing is limited. */
  const limited: number[] = []
  let logged = ''
  const log = createLog('info', {
    write: (line: string) => {
      logged += line
    },
  })
  const presence = new PresenceRooms({
    clock,
    pingInterval: 10_000,
    send: () => undefined,
    busy: () => false,
  })
  const profile = { userId: 'ada', name: '', guestName: 1, hue: null }
  const socket = {
    id: 'socket',
    data: {
      profile,
      sessionId: 'session',
      tab: 'tab',
      connection: 0,
      expiresAt: Date.now(),
      keys: { session: 'ada', ip: '' },
    },
    emit: (event: string) => did.push(event),
    disconnect: () => did.push('disconnect'),
    join: () => undefined,
    leave: () => undefined,
  } as unknown as DocumentSocket
  const linkId = addresses.newLinkId()
  const facts = { documentId: 'document', link: { linkId } }
  const right = { role: 'owner', facts } as Right
  const live = {
    version: 0,
    admit: () => undefined,
    roleFor: () => 'owner',
    forget: () => undefined,
  } as never
  const connection = new DocumentConnection(
    socket,
    {
      rooms: {
        leave: (_connection: unknown, room?: number) => did.push(`leave ${room}`),
        roleOf: () => 'owner',
        ...rooms,
      } as never,
      presence,
      visits: { note: () => undefined },
      rights: { at: async () => right },
      live,
      limits: { take: () => limited.shift() ?? 0, isCrowded: () => false },
      userOf: async () => null,
      graceMs: { write: 30_000, read: 300_000 },
      pingInterval: 10_000,
      pingTimeout: 30_000,
      clock,
      log,
    },
    new Map(),
  )
  const join = { address: addresses.addressOf(linkId), clientId: 1, schemaVersion: 1, cursor: null }
  return { connection, presence, did, join, clock, limited, logged: () => logged }
}

test('[ERR2] a fault of ours is answered as internal, logged, and not counted', async () => {
  const { connection, did, join, logged } = setUp({
    join: () => Promise.reject(new Error('a bug')),
  })
  const answers: unknown[] = []
  for (let i = 0; i < 20; i++) {
    await connection.receive('document:join', [join, (answer: unknown) => answers.push(answer)])
  }
  expect(answers).toHaveLength(20)
  expect(answers[0]).toMatchObject({ ok: false, code: 'internal' })
  expect(did).toEqual([])
  expect(logged()).toContain('socket.handler-failed')
})

test('a socket that closes while its join is under way is in no room afterwards', async () => {
  const { promise, resolve } = Promise.withResolvers<RoomJoined>()
  const { connection, presence, did, join } = setUp({ join: () => promise })
  let answered = false
  const received = connection.receive('document:join', [
    join,
    () => {
      answered = true
    },
  ])
  connection.close()
  resolve({
    ok: true,
    room: 3,
    lineage: 'lineage',
    schemaVersion: 1,
    acknowledged: 0,
    mode: 'tail',
    vector: null,
    history: new ByteList([new Uint8Array([0, 0])]),
  })
  await received
  expect(did).toEqual(['leave undefined', 'leave 3'])
  expect([answered, presence.size]).toEqual([false, 0])
})

test('what is rate-limited is answered with the time to wait, logged once, and counts for nothing else', async () => {
  const { connection, did, limited, logged } = setUp({ receive: () => did.push('received') })
  const batch = encodeBatch({
    room: 1,
    clientId: 1,
    n: 1,
    part: 0,
    parts: 1,
    restore: false,
    payload: new Uint8Array([0]),
  })
  limited.push(...Array.from({ length: 20 }, () => 700))
  for (let i = 0; i < 21; i++) await connection.receive('document:update', [batch])
  expect(did).toEqual([...Array.from({ length: 20 }, () => 'document:ack'), 'received'])
  expect(logged().split('socket.rate-limited')).toHaveLength(2)
  limited.push(500)
  const answers: object[] = []
  await connection.receive('document:pull', [{ room: 1, seq: 0 }, (answer: object) => answers.push(answer)])
  expect(answers).toEqual([expect.objectContaining({ ok: false, code: 'rate-limited', retryAfterMs: 500 })])
})

test('who sends on and on in spite of it is shut out', async () => {
  const { connection, did, limited } = setUp({})
  limited.push(...Array.from({ length: 1000 }, () => 700))
  for (let i = 0; i < 1000; i++) await connection.receive('document:pull', [{ room: 1, seq: 0 }])
  expect(did.filter((each) => each === 'disconnect')).toHaveLength(1)
})

test('a caret above the rate is set when its time has come, the last one alone, and not after the end', async () => {
  const { connection, clock, limited, presence } = setUp({})
  const set: number[] = []
  presence.set = (_id, { caret }) => {
    set.push(caret[0] ?? 0)
    return true
  }
  const send = (caret: number) =>
    connection.receive('presence:set', [
      encodePresenceSet({ room: 1, idle: false, caret: new Uint8Array([caret]) }),
    ])
  limited.push(500, 400, 300)
  for (const caret of [1, 2, 3]) await send(caret)
  expect(set).toEqual([])
  await clock.advance(500)
  expect(set).toEqual([3])
  limited.push(500)
  await send(4)
  connection.close()
  await clock.advance(1000)
  expect(set).toEqual([3])
})
