import { describe, expect, test } from 'vitest'
import { HistoryTransfer } from '#lib/client/channel/history-transfer.ts'
import * as LIMITS from '#lib/protocol/limits.ts'

const REFUSED = expect.objectContaining({ refusal: expect.objectContaining({ code: 'bad-message' }) })

describe('[PULL2] a history in chunks', () => {
  test('is reassembled, whichever comes first: its size or its first chunk', async () => {
    for (const announced of [true, false]) {
      const transfer = new HistoryTransfer()
      const early = announced ? transfer.whole(1, 5) : null
      expect(transfer.receive({ room: 1, total: 5, offset: 0 }, Uint8Array.of(1, 2, 3), true)).toBe(true)
      expect(transfer.progress).toBeCloseTo(0.6)
      const whole = early ?? transfer.whole(1, 5)
      expect(transfer.receive({ room: 1, total: 5, offset: 3 }, Uint8Array.of(4, 5), false)).toBe(true)
      expect(await whole).toEqual(Uint8Array.of(1, 2, 3, 4, 5))
      expect(transfer.progress).toBeNull()
    }
  })

  test('that has a gap, or is cut short, is refused', async () => {
    const transfer = new HistoryTransfer()
    const holed = transfer.whole(1, 5)
    expect(transfer.receive({ room: 1, total: 5, offset: 3 }, Uint8Array.of(4, 5), false)).toBe(false)
    await expect(holed).rejects.toThrow('cut')
    const cut = transfer.whole(1, 5)
    transfer.abort()
    transfer.abort()
    await expect(cut).rejects.toThrow('cut')
  })

  test('[BODY3] that claims more than a document can hold is refused, before anything is kept of it', async () => {
    const transfer = new HistoryTransfer()
    const most = 2 * LIMITS.documentBytes
    for (const total of [0, -1, most + 1, 1024 ** 3]) {
      await expect(transfer.whole(1, total)).rejects.toEqual(REFUSED)
      expect(() => transfer.receive({ room: 1, total, offset: 0 }, Uint8Array.of(1), true)).toThrow(
        'no history has',
      )
      expect(transfer.progress).toBeNull()
    }
    const largest = transfer.whole(1, most)
    expect(transfer.progress).toBe(0)
    transfer.abort()
    await expect(largest).rejects.toThrow('cut')
  })
})
