import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteList } from '#lib/protocol/byte-list.ts'

const bytesArb = fc.uint8Array({ maxLength: 20 })

test('a slice of several arrays is the slice of their joined bytes', () => {
  fc.assert(
    fc.property(fc.array(bytesArb, { maxLength: 5 }), fc.nat(60), fc.nat(60), (parts, start, size) => {
      const pieces = new ByteList(parts)
      const whole = Uint8Array.from(parts.flatMap((part) => [...part]))
      expect(pieces.length).toBe(whole.length)
      expect(pieces.whole()).toEqual(whole)
      expect(pieces.slice(start, start + size)).toEqual(whole.slice(start, start + size))
    }),
  )
})

test('a slice within one array is not copied', () => {
  const state = new Uint8Array(1000)
  const pieces = new ByteList([new Uint8Array(3), state, new Uint8Array(5)])
  expect(pieces.slice(3, 1003).buffer).toBe(state.buffer)
  expect(pieces.slice(2, 1003).buffer).not.toBe(state.buffer)
})
