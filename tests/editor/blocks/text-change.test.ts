import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeBetween, type TextChange } from '#lib/editor/blocks/text-change.ts'

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
