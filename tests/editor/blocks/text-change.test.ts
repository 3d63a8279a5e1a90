import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeBetween, movePosition, rebase, type TextChange } from '#lib/editor/blocks/text-change.ts'

const apply = (text: string, { index, remove, insert }: TextChange) =>
  text.slice(0, index) + insert + text.slice(index + remove)

/** Few different characters, one of them a surrogate pair: overlaps and halves are likely. */
const texts = fc
  .array(fc.constantFrom('a', 'b', '😀', '😁', '你'), { maxLength: 12 })
  .map((signs) => signs.join(''))

describe('the change between two texts', () => {
  test('makes the second of the first, and never cuts a sign in half', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const change = changeBetween(before, after) ?? { index: 0, remove: 0, insert: '' }
        expect(apply(before, change)).toBe(after)
        expect(change.insert.isWellFormed()).toBe(true)
        expect(before.slice(change.index, change.index + change.remove).isWellFormed()).toBe(true)
      }),
    )
  })

  test('of one key is one sign', () => {
    expect(changeBetween('cat', 'cart')).toEqual({ index: 2, remove: 0, insert: 'r' })
    expect(changeBetween('cart', 'cat')).toEqual({ index: 2, remove: 1, insert: '' })
  })
})

describe('what was composed while the title changed', () => {
  const meant = (before: string, after: string, meanwhile: string) => {
    const change = changeBetween(before, after)
    if (!change) throw new Error('nothing was meant')
    return apply(meanwhile, rebase(change, changeBetween(before, meanwhile)))
  }

  test('goes where it was meant: behind, before and beside the other change', () => {
    expect(meant('abcd', 'abcd你', 'Xabcd')).toBe('Xabcd你')
    expect(meant('abcd', '你abcd', 'abcdX')).toBe('你abcdX')
    expect(meant('abcd', 'ab你cd', 'abcd!')).toBe('ab你cd!')
  })

  test('keeps both texts at the very same place', () => {
    expect(meant('ab', 'a你b', 'aXb')).toBe('aX你b')
  })

  test('removes nothing that the other change wrote', () => {
    expect(meant('abcd', 'ad', 'abXcd')).toContain('d')
    expect(meant('abcd', '', 'abcd!')).toBe('!')
  })
})

test('a position moves with the text around it', () => {
  const change = { index: 2, remove: 0, insert: 'xy' }
  expect(movePosition(1, change, true)).toBe(1)
  expect(movePosition(2, change, true)).toBe(2)
  expect(movePosition(2, change, false)).toBe(4)
  expect(movePosition(3, change, true)).toBe(5)
  expect(movePosition(3, { index: 2, remove: 4, insert: '' }, true)).toBe(2)
})
