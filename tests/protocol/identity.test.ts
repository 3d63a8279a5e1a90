import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanName, HUE_COUNT, HUE_ORDER, mayEdit, ROLES } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'

const clean = (name: string): string => cleanName(name, LIMITS.nameLength)

describe('names', () => {
  test.each([
    ['  Mei   Lin ', 'Mei Lin'],
    ['line\nbreak\tand tab', 'line break and tab'],
    ['\u202egnp.exe\u0000\ufeff', 'gnp.exe'],
    ['a\u200b\u2066b\u061c', 'ab'],
    ['a \u200b b', 'a b'],
    ['\u3164\u115f\uffa0', ''],
    ['e\u0301', '\u00e9'],
    ['e\u200b\u0301', '\u00e9'],
    ['微笑的石虎', '微笑的石虎'],
    ['👩‍🌾 Ann', '👩‍🌾 Ann'],
    ['می‌خواهم', 'می‌خواهم'],
    ['\ud83d lone', 'lone'],
    ['<b>bold</b>', '<b>bold</b>'],
  ])('%j is stored as %j', (given, kept) => {
    expect(clean(given)).toBe(kept)
  })

  test('a name is cut at its limit, never inside a character of two units', () => {
    expect(clean('x'.repeat(100))).toHaveLength(LIMITS.nameLength)
    expect(clean(`${'x'.repeat(LIMITS.nameLength - 1)}😀`)).toBe('x'.repeat(LIMITS.nameLength - 1))
    expect(clean(`${'x'.repeat(LIMITS.nameLength - 1)} tail`)).toBe('x'.repeat(LIMITS.nameLength - 1))
  })

  test('cleaning twice changes nothing more, and no control character survives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
        const once = clean(name)
        expect(clean(once)).toBe(once)
        expect(once.length).toBeLessThanOrEqual(LIMITS.nameLength)
        expect(once).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]|^\s|\s$|\s\s/u)
        expect(once.isWellFormed()).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

test('every hue is assigned once in a round', () => {
  expect(HUE_ORDER.toSorted((a, b) => a - b)).toEqual(Array.from({ length: HUE_COUNT }, (_, i) => i))
})

test('only editors and owners may change the text', () => {
  expect(ROLES.filter(mayEdit)).toEqual(['editor', 'owner'])
})
