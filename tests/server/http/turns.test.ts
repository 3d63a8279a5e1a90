import { describe, expect, test } from 'vitest'
import { Turns, type TurnsOptions } from '#lib/server/http/turns.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const PAGES = { together: { ofIp: 1, all: 2 }, rests: true }

function scene(options: Omit<TurnsOptions, 'clock'> = PAGES) {
  const clock = new VirtualClock(Math.random)
  const turns = new Turns({ ...options, clock })
  const begun = clock.now()
  const told: string[] = []
  /** Takes a turn of `ms`; with 0 it runs until it is ended by hand. */
  const take = (key: string, name: string, ms: number) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let isGone = false
    turns.take({
      key,
      run() {
        told.push(`${name} at ${clock.now() - begun}`)
        if (ms > 0) clock.after(ms, resolve)
        return promise
      },
      refuse: () => told.push(`${name} refused at ${clock.now() - begun}`),
      isGone: () => isGone,
    })
    return { end: resolve, leave: () => (isGone = true) }
  }
  return { clock, turns, told, take }
}

describe('requests in turns', () => {
  test('a lone one runs immediately, and nothing is remembered afterwards', async () => {
    const { clock, turns, told, take } = scene()
    take('a', 'page', 10)
    expect(told).toEqual(['page at 0'])
    await clock.advance(100)
    expect([turns.size, clock.waiting]).toEqual([0, 0])
  })

  test('those of one IP address run one by one, with a rest as long as each took', async () => {
    const { clock, told, take } = scene()
    for (const name of ['1', '2', '3']) take('a', name, 10)
    await clock.advance(100)
    expect(told).toEqual(['1 at 0', '2 at 20', '3 at 40'])
  })

  test('others do not wait for an IP address that sends many', async () => {
    const { clock, told, take } = scene()
    for (let i = 0; i < 20; i++) take('a', `a${i}`, 10)
    await clock.advance(5)
    take('b', 'b', 10)
    take('c', 'c', 10)
    await clock.advance(30)
    expect(told).toEqual(['a0 at 0', 'b at 5', 'c at 10', 'a1 at 20'])
  })

  test('one that does not end gives its turn away', async () => {
    const { clock, told, take } = scene()
    take('a', 'stuck', 0)
    take('b', 'stuck too', 0)
    take('c', 'next', 10)
    await clock.advance(1000)
    expect(told).toEqual(['stuck at 0', 'stuck too at 0', 'next at 250'])
  })

  test('a client that has gone is skipped; too many, and those that wait too long, are refused', async () => {
    const { clock, told, take } = scene({ together: { ofIp: 1, all: 1 }, rests: true })
    take('a', 'first', 250)
    const gone = take('a', 'gone', 10)
    gone.leave()
    for (let i = 0; i < 600; i++) take('a', `${i}`, 250)
    take('a', 'one too many', 10)
    expect(told).toEqual(['first at 0', 'one too many refused at 0'])
    await clock.advance(20_500)
    const ran = told.filter((each) => !each.includes('refused')).length
    expect(ran).toBe(41)
    expect(told.filter((each) => each.includes('refused'))).toHaveLength(1 + 600 - 40)
  })

  test('with a gap they do not begin together', async () => {
    const { clock, told, take } = scene({ together: { ofIp: 3, all: 4 }, rests: false, gapMs: 2 })
    for (let i = 0; i < 4; i++) take('a', `a${i}`, 10)
    take('b', 'b', 10)
    await clock.advance(30)
    expect(told).toEqual(['a0 at 0', 'b at 0', 'a1 at 2', 'a2 at 4', 'a3 at 10'])
  })

  test('without rests several run together', async () => {
    const { clock, told, take } = scene({ together: { ofIp: 3, all: 4 }, rests: false })
    for (let i = 0; i < 5; i++) take('a', `a${i}`, 10)
    for (let i = 0; i < 2; i++) take('b', `b${i}`, 10)
    await clock.advance(15)
    expect(told).toEqual(['a0 at 0', 'a1 at 0', 'a2 at 0', 'b0 at 0', 'a3 at 10', 'b1 at 10', 'a4 at 10'])
  })
})
