import { afterEach, expect, test } from 'vitest'
import { decodeHistory } from '#lib/protocol/messages/history.ts'
import { batchOf, Guest, join, next } from '../server/guest.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'

let server: ServerProcess
afterEach(() => server.stop())

test.for(['SIGTERM', 'SIGINT'] as const)(
  '[END3] %s notifies every client, keeps what was sent and ends with 0 within ten seconds',
  async (signal) => {
    server = await startServer()
    const guest = new Guest(server.url)
    const address = await guest.createDocument()
    const socket = await guest.connect()
    const idle = await new Guest(server.url).connect()
    const { room } = await join(socket, { address, clientId: 7 })
    const drain = Promise.all([next(socket, 'server:drain'), next(idle, 'server:drain')])
    const gone = next(socket, 'disconnect')
    const rows: unknown[] = []
    socket.on('document:update', (row) => rows.push(row))
    socket.emit('document:update', batchOf(room, 7, 1, 'the last words'))
    const committed = next(socket, 'document:update')
    await committed
    const told = performance.now()
    const ended = server.kill(signal)
    expect(await drain).toMatchObject([[{ retryAfterMs: expect.any(Number) }], [{}]])
    await gone
    expect(await ended).toEqual({ code: 0, signal: null })
    expect(performance.now() - told).toBeLessThan(10_000)

    await server.restart()
    const reader = await guest.connect()
    const { history } = await join(reader, { address, clientId: 8 })
    expect(decodeHistory(history ?? new Uint8Array()).rows).toHaveLength(rows.length)
    reader.disconnect()
  },
)
