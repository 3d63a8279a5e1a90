import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { io } from 'socket.io-client'
import { describe, expect, test } from 'vitest'
import { systemClock } from '#lib/protocol/clock.ts'
import { PingWheel } from '#lib/server/sockets/ping-wheel.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const INTERVAL = 10_000
const TIMEOUT = 30_000

/** A connection of engine.io as the wheel sees it, without a WebSocket. */
class Fake extends EventEmitter {
  readonly protocol = 4
  readyState = 'open'
  pingIntervalTimer: NodeJS.Timeout | null = setTimeout(() => undefined, 0)
  readonly pingTimeoutTimer = null
  readonly transport: { name: string }
  readonly pingedAt: number[] = []
  readonly #now: () => number
  /** Called at each ping. */
  answer: () => void = () => undefined

  constructor(now: () => number, name = 'websocket') {
    super()
    this.#now = now
    this.transport = { name }
  }

  sendPacket(): void {
    this.pingedAt.push(this.#now())
    this.answer()
  }

  onClose(reason: string): void {
    this.readyState = 'closed'
    this.emit('close', reason)
  }

  pong(): void {
    this.emit('packet', { type: 'pong' })
  }
}

function scene(clock = new VirtualClock(Math.random)) {
  const unasked: object[] = []
  const wheel = new PingWheel({
    pingInterval: INTERVAL,
    pingTimeout: TIMEOUT,
    clock,
    unasked: (connection) => unasked.push(connection),
  })
  const begun = clock.now()
  const add = (transport?: string) => {
    const connection = new Fake(() => clock.now() - begun, transport)
    expect(wheel.add(connection)).toBe(true)
    return connection
  }
  const closedAt = (connection: Fake) => {
    const closed = { at: -1, reason: '' }
    connection.on('close', (reason: string) => {
      Object.assign(closed, { at: clock.now() - begun, reason })
    })
    return closed
  }
  return { wheel, clock, add, closedAt, unasked }
}

describe('the heartbeat', () => {
  test('each connection is pinged once per interval, whenever it opened, and one timer serves all', async () => {
    const { clock, add } = scene()
    const early = add()
    early.answer = () => early.pong()
    await clock.advance(3333)
    const later = add()
    later.answer = () => later.pong()
    await clock.advance(60_000)
    for (const { pingedAt } of [early, later]) {
      expect(pingedAt).toHaveLength(6)
      for (const [i, at] of pingedAt.entries()) if (i > 0) expect(at - (pingedAt[i - 1] ?? 0)).toBe(INTERVAL)
    }
    expect((early.pingedAt[0] ?? 0) <= INTERVAL && (later.pingedAt[0] ?? 0) > INTERVAL).toBe(true)
    expect(clock.waiting).toBe(1)
  })

  test('a connection that does not answer is pinged once and closed after the timeout', async () => {
    const { clock, add, closedAt } = scene()
    const silent = add()
    const closed = closedAt(silent)
    await clock.advance(INTERVAL + TIMEOUT - 251)
    expect([silent.pingedAt.length, closed.at]).toEqual([1, -1])
    await clock.advance(1000)
    expect(closed.reason).toBe('ping timeout')
    expect(closed.at - (silent.pingedAt[0] ?? 0)).toBe(TIMEOUT)
    expect(clock.waiting).toBe(0)
  })

  test('a pong that is lost for most of the timeout keeps the connection', async () => {
    const { clock, add, closedAt } = scene()
    const slow = add('polling')
    const closed = closedAt(slow)
    slow.answer = () => void clock.after(TIMEOUT - 1, () => slow.pong())
    await clock.advance(200_000)
    expect(closed.at).toBe(-1)
    // The next ping waits for the pong before it, and then for its slot.
    expect(slow.pingedAt.length).toBeGreaterThanOrEqual(6)
  })

  test('other packets prolong the wait once for each ping', async () => {
    const { clock, add, closedAt } = scene()
    const deaf = add()
    const closed = closedAt(deaf)
    const talk = () => {
      deaf.emit('packet', { type: 'message' })
      clock.after(5000, talk)
    }
    clock.after(5000, talk)
    await clock.advance(100_000)
    const [pinged = 0] = deaf.pingedAt
    expect(closed.at - pinged).toBeGreaterThan(TIMEOUT)
    expect(closed.at - pinged).toBeLessThanOrEqual(TIMEOUT + 5250)
  })

  test('time in which this process stands still is not counted', async () => {
    let stopped = 0
    const clock = new VirtualClock(Math.random)
    const paused = Object.assign(Object.create(clock), { steady: () => clock.now() + stopped })
    const { add, closedAt } = scene(paused)
    const connection = add()
    const closed = closedAt(connection)
    await clock.advance(INTERVAL)
    expect(connection.pingedAt).toHaveLength(1)
    stopped = 120_000
    await clock.advance(1000)
    expect(closed.at).toBe(-1)
    connection.pong()
    await clock.advance(INTERVAL)
    expect(connection.pingedAt).toHaveLength(2)
  })

  test('a change of the transport ends the wait for a pong that may be lost', async () => {
    const { clock, add, closedAt } = scene()
    const changing = add('polling')
    const closed = closedAt(changing)
    await clock.advance(INTERVAL)
    changing.emit('upgrade')
    changing.answer = () => changing.pong()
    await clock.advance(60_000)
    expect([closed.at, changing.pingedAt.length]).toEqual([-1, 7])
  })

  test('a pong without a ping is reported, a pong after one is not', async () => {
    const { clock, add, unasked } = scene()
    const connection = add()
    connection.pong()
    expect(unasked).toEqual([connection])
    await clock.advance(INTERVAL)
    connection.pong()
    expect(unasked).toEqual([connection])
    connection.pong()
    expect(unasked).toEqual([connection, connection])
  })

  test('a connection without the internals that are used keeps its own timers', () => {
    const { wheel } = scene()
    const other = new Fake(() => 0)
    Object.defineProperty(other, 'protocol', { value: 5 })
    expect(wheel.add(other)).toBe(false)
    expect(other.pingIntervalTimer).not.toBeNull()
  })
})

describe('with the version of engine.io that is installed', () => {
  test.each(['websocket', 'polling'] as const)(
    'a client over %s gets its pings from the wheel',
    async (transport) => {
      const http = createServer()
      const server = new Server(http, { pingInterval: 200, pingTimeout: 2000, perMessageDeflate: false })
      const wheel = new PingWheel({
        pingInterval: 200,
        pingTimeout: 2000,
        clock: systemClock,
        unasked: () => expect.unreachable(),
      })
      const taken: boolean[] = []
      server.engine.on('connection', (connection: object) => taken.push(wheel.add(connection)))
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
      const connection = once(server, 'connection')
      const client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {
        transports: [transport],
      })
      try {
        const [socket] = (await connection) as [Socket]
        expect(taken).toEqual([true])
        const beats: string[] = []
        await new Promise<void>((resolve) => {
          socket.conn.on('packet', ({ type }: { type: string }) => {
            beats.push(type)
            if (beats.length === 3) resolve()
          })
        })
        expect(beats).toEqual(['pong', 'pong', 'pong'])
        client.disconnect()
        await once(socket.conn, 'close')
      } finally {
        client.disconnect()
        wheel.close()
        await server.close()
      }
    },
  )
})
