import { expect, test } from 'vitest'
import { FailureStreak } from '#lib/client/receiving/failure-streak.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

test('the third failure in a row is reported, and each one after it', async () => {
  const clock = new VirtualClock(() => 0.5)
  const failures = new FailureStreak(clock)
  const added: boolean[] = []
  for (let i = 0; i < 4; i++) {
    added.push(failures.add())
    await clock.advance(60_000)
  }
  expect(added).toEqual([false, false, true, true])
})

test('a streak is over more than a minute after its last failure', async () => {
  const clock = new VirtualClock(() => 0.5)
  const failures = new FailureStreak(clock)
  expect(failures.isOver).toBe(true)
  failures.add()
  failures.add()
  expect(failures.isOver).toBe(false)
  await clock.advance(60_001)
  expect(failures.isOver).toBe(true)
  expect(failures.add()).toBe(false)
})
