import { expect, test } from 'vitest'
import { PageFrames } from '#lib/editor/carets/page-frames.ts'

const FRAME_MS = 16

/** Makes a page whose time advances only on demand; it has frames unless it is hidden. */
function page() {
  let time = 0
  let hidden = false
  let waiting: { at: number; frame: boolean; task: () => void }[] = []
  const add = (at: number, frame: boolean, task: () => void) => {
    const each = { at, frame, task }
    waiting.push(each)
    return () => {
      waiting = waiting.filter((other) => other !== each)
    }
  }
  return {
    frames: new PageFrames({
      now: () => time,
      frame: (task) => add((Math.floor(time / FRAME_MS) + 1) * FRAME_MS, true, task),
      after: (ms, task) => add(time + ms, false, task),
    }),
    now: () => time,
    hide: () => {
      hidden = true
    },
    /** Advances the time by `ms`. */
    pass: (ms: number) => {
      const end = time + ms
      for (;;) {
        const [next] = waiting
          .filter(({ at, frame }) => at <= end && !(hidden && frame))
          .sort((a, b) => a.at - b.at)
        if (!next) break
        time = Math.max(time, next.at)
        waiting = waiting.filter((other) => other !== next)
        next.task()
      }
      time = end
    },
    waiting: () => waiting.length,
  }
}

test('tasks that wait for a frame run in the next one, in order, once', () => {
  const { frames, pass, waiting } = page()
  const ran: string[] = []
  frames.soon(() => ran.push('text'))
  frames.soon(() => ran.push('carets'))
  pass(FRAME_MS)
  expect(ran).toEqual(['text', 'carets'])
  pass(1_000)
  expect(ran).toHaveLength(2)
  expect(waiting()).toBe(0)
})

test('however much comes, it is at most twenty times a second, and the last of it is not left behind', () => {
  const { frames, pass, now } = page()
  const ranAt: number[] = []
  let cameAt = 0
  for (let i = 0; i < 500; i++) {
    cameAt = now()
    frames.soon(() => ranAt.push(now()))
    pass(2)
  }
  pass(1_000)
  const times = [...new Set(ranAt)]
  expect(ranAt).toHaveLength(500)
  expect(times.length).toBeLessThanOrEqual(21)
  for (const [i, at] of times.slice(1).entries()) expect(at - (times[i] ?? 0)).toBeGreaterThanOrEqual(50)
  expect((times.at(-1) ?? 0) - cameAt).toBeLessThan(50 + 2 * FRAME_MS)
})

test('a hidden tab is brought up to date all the same', () => {
  const { frames, pass, hide } = page()
  const ran: string[] = []
  hide()
  frames.soon(() => ran.push('text'))
  pass(100)
  expect(ran).toEqual(['text'])
})

test('a cancelled task does not run; a failing task does not stop the others', () => {
  const { frames, pass } = page()
  const ran: string[] = []
  frames.soon(() => ran.push('cancelled'))()
  frames.soon(() => {
    throw new Error('planted')
  })
  frames.soon(() => ran.push('text'))
  expect(() => pass(FRAME_MS)).toThrow('planted')
  expect(ran).toEqual(['text'])
})
