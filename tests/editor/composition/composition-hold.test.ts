import { expect, test } from 'vitest'
import { CompositionHold } from '#lib/editor/composition/composition-hold.ts'

/** Makes a hold over a clock that advances only on demand. */
function scene(isBlockKnown = true) {
  let now = 0
  let timers: { at: number; task: () => void }[] = []
  /** The number of holds, by what they hold back. */
  const holds = { all: 0, block: 0 }
  const hold = new CompositionHold(
    { all: () => held('all'), block: () => (isBlockKnown ? held('block') : null) },
    (task, ms) => {
      const timer = { at: now + ms, task }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
  )
  function held(what: 'all' | 'block') {
    holds[what] += 1
    return () => {
      holds[what] -= 1
    }
  }
  const pass = (ms: number) => {
    now += ms
    const due = timers.filter((timer) => timer.at <= now)
    timers = timers.filter((timer) => timer.at > now)
    for (const timer of due) timer.task()
  }
  return { hold, pass, held: () => holds.all, heldInBlock: () => holds.block, timers: () => timers.length }
}

test('incoming edits are held from the first syllable until 60 ms after the last', () => {
  const { hold, pass, held } = scene()
  hold.composing()
  hold.composing()
  expect(held()).toBe(1)
  hold.ended()
  pass(59)
  expect(held()).toBe(1)
  pass(1)
  expect(held()).toBe(0)
})

test('the next syllable right after keeps holding', () => {
  const { hold, pass, held } = scene()
  hold.composing()
  hold.ended()
  pass(40)
  hold.composing()
  pass(1_000)
  expect(held()).toBe(1)
})

test('after 5 s without input only the composing block is held; the next key holds all again', () => {
  const { hold, pass, held, heldInBlock } = scene()
  hold.composing()
  pass(4_000)
  hold.composing()
  pass(4_999)
  expect([held(), heldInBlock()]).toEqual([1, 0])
  pass(1)
  expect([held(), heldInBlock()]).toEqual([0, 1])
  hold.composing()
  expect([held(), heldInBlock()]).toEqual([1, 0])
  pass(5_000)
  hold.ended()
  pass(60)
  expect([held(), heldInBlock()]).toEqual([0, 0])
})

test('where the block is not known, 5 s without input let everything in', () => {
  const { hold, pass, held } = scene(false)
  hold.composing()
  pass(5_000)
  expect([held(), hold.holding]).toEqual([0, false])
})

test('blur lets everything in immediately, and leaves no timer behind', () => {
  const { hold, held, timers } = scene()
  hold.composing()
  hold.let()
  hold.let()
  expect([held(), timers(), hold.holding]).toEqual([0, 0, false])
})

test('an end without a beginning changes nothing', () => {
  const { hold, held, timers } = scene()
  hold.ended()
  expect([held(), timers()]).toEqual([0, 0])
})
