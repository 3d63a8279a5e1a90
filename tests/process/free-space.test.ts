import { expect, test } from 'vitest'
import { diskOf, FreeSpace } from '#lib/process/free-space.ts'
import { createLog } from '#lib/process/log.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

test('space below the mark is low until a tenth more than the mark is free, and the log says both once', async () => {
  const clock = new VirtualClock(() => 0.5)
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line).event) })
  let free = 1000
  const disk = { free: async () => (free < 0 ? Promise.reject(new Error('gone')) : free) }
  const space = await FreeSpace.watch({ disk, clock, log, mark: 500 })
  const seen: (number | boolean | null)[][] = []
  for (free of [499, 300, 500, 549, 550, 500, -1]) {
    await clock.advance(10_000)
    seen.push([space.free, space.isLow])
  }
  expect(seen).toEqual([
    [499, true],
    [300, true],
    [500, true],
    [549, true],
    [550, false],
    [500, false],
    [null, false],
  ])
  expect(lines).toEqual(['disk.low', 'disk.enough'])
  space.close()
  await clock.advance(60_000)
  expect(clock.waiting).toBe(0)
})

test('a mark of 0 is never reached; the free space of a folder is that of its disk', async () => {
  const clock = new VirtualClock(() => 0.5)
  const log = createLog('silent')
  const space = await FreeSpace.watch({ disk: { free: async () => 0 }, clock, log, mark: 0 })
  expect(space.isLow).toBe(false)
  space.close()
  expect(await diskOf('.').free()).toBeGreaterThan(0)
})
