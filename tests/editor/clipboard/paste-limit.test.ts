import { expect, test } from 'vitest'
import { isTooLarge } from '#lib/editor/clipboard/paste-limit.ts'
import * as LIMITS from '#lib/protocol/limits.ts'

test('a paste is too large above 4 MiB of UTF-8', () => {
  const limit = LIMITS.pasteBytes
  expect(isTooLarge('x'.repeat(limit))).toBe(false)
  expect(isTooLarge('x'.repeat(limit + 1))).toBe(true)
  expect(isTooLarge('你'.repeat(limit / 3 + 1))).toBe(true)
  expect(isTooLarge('你'.repeat(limit / 3 - 1))).toBe(false)
})
