import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { Rates } from '#lib/process/rates.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import { RequestTurns } from '#lib/server/http/request-turns.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const SCHOOL = '203.0.113.1'
/** How long a page takes, ms. */
const RENDER = 10

function scene() {
  const clock = new VirtualClock(Math.random)
  const turns = new RequestTurns({
    rates: new Rates(clock.steady),
    clock,
    hasSession: (cookie) => cookie === 'signed',
  })
  const begun = clock.now()
  const done: number[] = []
  const refused: Refusal[] = []
  const sent: number[] = []
  const load = ({ cookie = '', key = SCHOOL, route = '/d/[address]' } = {}) => {
    const response = {
      destroyed: false,
      writableEnded: false,
      writeHead: () => sent.push(clock.now() - begun),
    }
    turns.take({
      request: Object.assign(new EventEmitter(), { headers: { cookie } }) as unknown as IncomingMessage,
      response: response as unknown as ServerResponse,
      route,
      key,
      run: () =>
        new Promise<void>((resolve) => {
          if (cookie === 'slow') {
            response.writeHead()
            return
          }
          clock.after(RENDER, () => {
            done.push(clock.now() - begun)
            resolve()
          })
        }),
      refuse: (refusal) => refused.push(refusal),
    })
  }
  return { clock, load, done, refused, sent }
}

describe('[LIM12] first loads', () => {
  test('of one IP address: ninety together are answered, the next is told when to load again', async () => {
    const { clock, load, done, refused } = scene()
    for (let i = 0; i < 90; i++) load()
    expect(refused).toEqual([])
    load()
    expect(refused).toMatchObject([{ code: 'rate-limited', retryAfterMs: expect.any(Number) }])
    await clock.advance(2 * 90 * RENDER)
    expect(done).toHaveLength(90)
    // Nine more in each second.
    for (let i = 0; i < 9; i++) load()
    await clock.advance(2 * 9 * RENDER)
    expect([done.length, refused.length]).toEqual([99, 1])
  })

  test('of another IP address, and where none is counted, are not concerned', async () => {
    const { clock, load, done, refused } = scene()
    for (let i = 0; i < 100; i++) load()
    const before = refused.length
    load({ key: '203.0.113.2' })
    for (let i = 0; i < 200; i++) load({ key: '' })
    expect(refused).toHaveLength(before)
    await clock.advance(30)
    expect(done.length).toBeGreaterThanOrEqual(3)
  })
})

test('[LIM12] a school of 300 with sessions that loads together waits its turn, and no one is refused', async () => {
  const { clock, load, done, refused } = scene()
  for (let i = 0; i < 300; i++) load({ cookie: 'signed' })
  await clock.advance(10_000)
  expect(refused).toEqual([])
  expect(done).toHaveLength(300)
  expect(done.at(-1)).toBeLessThanOrEqual(300 * 2 * RENDER)
})

test('[LIM12] a file that goes down a slow link takes its turn only until its head is written', async () => {
  const { clock, load, sent } = scene()
  for (let i = 0; i < 40; i++) load({ route: '/_next', cookie: 'slow' })
  await clock.advance(RENDER)
  expect(sent).toHaveLength(40)
})

test('[LIM12] routes and files do not wait behind pages of the same IP address', async () => {
  const { clock, load, done } = scene()
  for (let i = 0; i < 20; i++) load({ cookie: 'signed' })
  load({ route: '/api/session' })
  load({ route: '/_next' })
  await clock.advance(RENDER)
  expect(done).toHaveLength(3)
})
