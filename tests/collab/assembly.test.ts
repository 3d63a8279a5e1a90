import { beforeEach, expect, test } from 'vitest'
import { Assemblies, type Assembly, WAITING_PARTS } from '#lib/collab/assembly.ts'
import { RoomPresence } from '#lib/collab/presence/room-presence.ts'
import { type Seat, Seats } from '#lib/collab/seats.ts'
import type { BatchBody } from '#lib/protocol/messages/update.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { Probe } from './rooms-scene.ts'

const MIB = 1024 * 1024
const PARTS = 256

let clock: VirtualClock
let all: Assemblies

beforeEach(() => {
  clock = new VirtualClock(() => 0.5)
  all = new Assemblies(clock)
})

/** A batch that a client sends part by part. */
class Sending {
  readonly #assembly: Assembly
  readonly #payload: Uint8Array
  #part = 0

  constructor(userId: string, network = '', payload = new Uint8Array(MIB / 2)) {
    this.#payload = payload
    this.#assembly = all.begin(this.#body(), { userId, network })
  }

  /** Sends up to `count` parts. Returns the code of the refusal, 'waits', or 'whole'. */
  send(count = 1): string {
    let outcome = 'waits'
    for (let i = 0; i < count && outcome === 'waits'; i++) {
      const added = this.#assembly.add(this.#body())
      this.#part++
      if (added !== null) outcome = added instanceof Uint8Array ? 'whole' : added.code
    }
    return outcome
  }

  #body(): BatchBody {
    const about = { room: 1, clientId: 1, n: 1, parts: PARTS, restore: false }
    return { ...about, part: this.#part, payload: this.#payload }
  }
}

test('[LIM9] a waiting part keeps nothing of the buffer in memory that it was read into', () => {
  const read = new Uint8Array(64 * 1024)
  const body = { room: 1, clientId: 1, n: 1, part: 0, parts: 2, restore: false, payload: read.subarray(7, 8) }
  read[7] = 1
  const assembly = all.begin(body, { userId: 'a' })
  expect(assembly.add(body)).toBe(null)
  read.fill(2)
  expect(assembly.add({ ...body, part: 1 })).toEqual(Uint8Array.of(1, 2))
  expect(all.bytes).toBe(0)
})

test('[LIM9] tiny parts are counted with what they cost in memory', () => {
  const sending = new Sending('a', '', Uint8Array.of(1))
  sending.send(100)
  expect(all.bytes).toBeGreaterThan(100 * 200)
})

test('[LIM9] a user may have 16 MiB in waiting parts, a network 32 and all together 64', () => {
  const fill = (user: string, network: string) => new Sending(user, network).send(15)
  expect([fill('a', 'x'), fill('a', 'x'), fill('a', 'x')]).toEqual(['waits', 'waits', 'storage-slow'])
  expect([fill('b', 'x'), fill('b', 'x'), fill('c', 'x')]).toEqual(['waits', 'waits', 'storage-slow'])
  // Another network is not affected by the first.
  for (const user of ['d', 'e']) for (let i = 0; i < 2; i++) expect(fill(user, 'y')).toBe('waits')
  expect(new Sending('f', 'z').send(16)).toBe('storage-slow')
  expect(all.bytes).toBeLessThanOrEqual(WAITING_PARTS.ofAll)
})

test('[LIM9] a batch ends 30 s after its last part, and its next part has to begin again', async () => {
  const [left, slow] = [new Sending('a'), new Sending('b')]
  left.send()
  const bytes = all.bytes
  for (let i = 1; i <= 3; i++) {
    await clock.advance(10_000)
    expect(slow.send()).toBe('waits')
    expect(all.bytes).toBe((i < 3 ? i + 1 : i) * bytes)
  }
  expect(left.send()).toBe('rewind')
  await clock.advance(30_000)
  expect(slow.send()).toBe('rewind')
  expect(all.bytes).toBe(0)
  expect(clock.waiting).toBe(0)
})

test('[LIM9] batches that have stalled give way when there is no room', async () => {
  const stalled = ['x', 'y'].flatMap((network) =>
    ['a', 'b'].flatMap((user) => [0, 1].map(() => new Sending(user + network, network))),
  )
  for (const each of stalled) expect(each.send(15)).toBe('waits')
  const honest = new Sending('honest', 'z')
  expect(new Sending('honest', 'z').send(16)).toBe('storage-slow')
  await clock.advance(10_000)
  expect(honest.send(15)).toBe('waits')
  // No more of them than was needed.
  const outcomes = stalled.map((each) => each.send())
  expect(outcomes).toContain('waits')
  expect(outcomes).toContain('rewind')
})

test('[LIM9] a limit of one user ends no batch of another', async () => {
  const other = new Sending('other')
  other.send()
  const own = [new Sending('a'), new Sending('a')]
  for (const each of own) each.send(15)
  await clock.advance(10_000)
  expect(new Sending('a').send(15)).toBe('waits')
  expect(other.send()).toBe('waits')
  expect(own.map((each) => each.send())).toContain('rewind')
})

test('[LIM9] whatever ends a batch releases its parts: leaving, a lowered role, a new batch', () => {
  const seats = new Seats(
    1,
    'document',
    new RoomPresence(1, { pingInterval: 10_000 }, clock),
    () => undefined,
  )
  const terms = { clientId: 1, role: 'editor', linkId: 'link', schemaVersion: 1 } as const
  const body = { room: 1, clientId: 1, n: 1, part: 0, parts: 2, restore: false, payload: new Uint8Array(9) }
  const endings: ((seat: Seat) => void)[] = [
    (seat) => seat.leave(),
    (seat) => seat.changeRole('viewer', 'changed'),
    (seat) => {
      seat.assembly = all.begin(body, seat.connection)
    },
  ]
  for (const end of endings) {
    const seat = seats.take(new Probe('a'), terms)
    seat.assembly = all.begin(body, seat.connection)
    seat.assembly.add(body)
    expect(all.bytes).toBeGreaterThan(0)
    end(seat)
    expect(all.bytes).toBe(0)
  }
  expect(clock.waiting).toBe(0)
})
