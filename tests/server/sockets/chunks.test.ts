import { describe, expect, test } from 'vitest'
import { ByteList } from '#lib/protocol/byte-list.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { sendChunks } from '#lib/server/sockets/chunks.ts'

const KIB = 1024

/**
 * Returns the sizes of the chunks in which a history is sent over a link that takes `msPerKib` for each KiB, one
 * after the other.
 */
function chunksOver(msPerKib: number, history: Uint8Array): { sizes: number[]; received: Uint8Array } {
  let now = 0
  const way: { at: number; offset: number; bytes: Uint8Array; confirm: () => void }[] = []
  const sizes: number[] = []
  const received = new Uint8Array(history.length)
  let freeAt = 0
  let ended = false
  sendChunks(
    new ByteList([history.subarray(0, 9), history.subarray(9, -99_999), history.subarray(-99_999)]),
    {
      send(offset, bytes, confirm) {
        freeAt = Math.max(freeAt, now) + (bytes.length / KIB) * msPerKib
        way.push({ at: freeAt, offset, bytes, confirm })
        expect(way.length).toBeLessThanOrEqual(2)
      },
      wanted: () => !ended,
      now: () => now,
      onEnd: () => {
        ended = true
      },
    },
  )
  for (let first = way.shift(); first; first = way.shift()) {
    now = first.at
    sizes.push(first.bytes.length / KIB)
    received.set(first.bytes, first.offset)
    first.confirm()
  }
  expect(ended).toBe(true)
  return { sizes, received }
}

const history = Uint8Array.from({ length: 3 * 1024 * KIB + 7 }, (_, i) => i % 251)

describe('[PULL2] a long history', () => {
  test('is sent in few large chunks over a quick link', () => {
    const { sizes, received } = chunksOver(0.1, history)
    expect(sizes.slice(0, 6)).toEqual([16, 16, 32, 32, 64, 64])
    expect(Math.max(...sizes)).toBe(LIMITS.chunkBytes / KIB)
    expect(sizes.length).toBeLessThan(22)
    expect(received).toEqual(history)
  })

  test('is sent in small chunks over 64 kbit/s: a heartbeat waits a few seconds behind them', () => {
    const { sizes, received } = chunksOver(128, history)
    expect(Math.max(...sizes)).toBe(16)
    expect(received).toEqual(history)
  })

  test('is not sent any further once it is no longer wanted', () => {
    const sent: number[] = []
    sendChunks(new ByteList([history]), {
      send: (offset, _bytes, received) => {
        sent.push(offset)
        received()
      },
      wanted: () => sent.length < 3,
      now: () => 0,
      onEnd: () => expect.unreachable(),
    })
    expect(sent).toHaveLength(3)
  })
})
