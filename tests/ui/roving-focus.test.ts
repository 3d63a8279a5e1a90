import { expect, test } from 'vitest'
import { indexAfter } from '#lib/ui/roving-focus.ts'

test.each([
  ['ArrowDown', 0, 'vertical', 1],
  ['ArrowDown', 2, 'vertical', 0],
  ['ArrowDown', -1, 'vertical', 0],
  ['ArrowUp', 0, 'vertical', 2],
  ['ArrowUp', -1, 'vertical', 2],
  ['ArrowRight', 0, 'vertical', -1],
  ['ArrowRight', 1, 'horizontal', 2],
  ['ArrowLeft', 0, 'horizontal', 2],
  ['Home', 2, 'horizontal', 0],
  ['End', -1, 'vertical', 2],
  ['x', 1, 'vertical', -1],
] as const)('%s at %i of three in a %s list leads to %i', (key, from, direction, to) => {
  expect(indexAfter(key, from, 3, direction)).toBe(to)
})

test('an empty list leads nowhere', () => {
  expect(indexAfter('End', -1, 0, 'vertical')).toBe(-1)
})
