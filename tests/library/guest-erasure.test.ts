import { expect, test } from 'vitest'
import { GUEST_LIFE, GuestErasure } from '#lib/library/guest-erasure.ts'
import { createLog } from '#lib/process/log.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const DAY = 24 * 3600 * 1000

test('erases guests in steps, now and every day, until it is closed', async () => {
  const clock = new VirtualClock(() => 0.5)
  const steps: string[] = []
  let fails = false
  const erasure = new GuestErasure({
    owners: {
      eraseIdleGuests: async (before, after) => {
        expect(before).toBe(clock.now() - GUEST_LIFE)
        steps.push(after)
        if (fails) throw new Error('the disk is full')
        return { erased: 1, next: after === 'm' ? null : 'm' }
      },
    },
    clock,
    log: createLog('silent'),
  })
  await clock.advance(1000)
  expect(steps.splice(0)).toEqual(['', 'm'])
  await clock.advance(DAY)
  expect(steps.splice(0)).toEqual(['', 'm'])
  fails = true
  await clock.advance(DAY)
  expect(steps.splice(0)).toEqual([''])
  fails = false
  await clock.advance(DAY)
  expect(steps.splice(0)).toEqual(['', 'm'])
  erasure.close()
  await clock.advance(3 * DAY)
  expect([steps, clock.waiting]).toEqual([[], 0])
})
