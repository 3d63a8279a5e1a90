import { describe, expect, test } from 'vitest'
import type { SealedBatch } from '#lib/client/replica/replica-store.ts'
import { PartQueue } from '#lib/client/sending/part-queue.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { decodeBatch } from '#lib/protocol/messages/update.ts'
import { SILENT } from '../../support/silent-channel.ts'

const KEYSTROKE = 30

/** Returns a queue over a link that takes as long as it is told to. */
function queue() {
  let now = 0
  const sent: { n: number; part: number; bytes: number; received: (() => void) | undefined }[] = []
  const parts = new PartQueue({ steady: () => now })
  const channel = {
    ...SILENT,
    update(bytes: Uint8Array, received?: () => void) {
      const { n, part } = decodeBatch(bytes)
      sent.push({ n, part, bytes: bytes.length, received })
    },
  }
  const uplink = { room: 1, channel }
  return {
    parts,
    sent,
    send: (n: number, bytes: number) => parts.send(uplink, batch(n, bytes)),
    /** Confirms the oldest unanswered part after `ms`. */
    arrive(ms: number) {
      now += ms
      const first = sent.find(({ received }) => received)
      first?.received?.()
      if (first) first.received = undefined
    },
    unanswered: () => sent.filter(({ received }) => received).reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

function batch(n: number, bytes: number): SealedBatch {
  return { clientId: 1, n, at: 0, restore: false, payload: new Uint8Array(bytes) }
}

describe('[UPD2] batches in flight', () => {
  test('a large one is sent in parts, first 64 KiB, the rest as they arrive', () => {
    const { send, sent, arrive } = queue()
    send(1, 5 * LIMITS.partBytes)
    expect(sent.map(({ part }) => part)).toEqual([0, 1])
    arrive(2000)
    expect(sent.map(({ part }) => part)).toEqual([0, 1, 2])
    for (let i = 0; i < 2; i++) arrive(2000)
    expect(sent.map(({ part }) => part)).toEqual([0, 1, 2, 3, 4])
  })

  test('a quick link has more in flight, a slow one never more than a part', () => {
    const quick = queue()
    quick.send(1, LIMITS.assembledBytes)
    for (let i = 0; i < 100; i++) quick.arrive(10)
    expect(quick.unanswered()).toBeGreaterThan(LIMITS.messageBytes / 2)
    expect(quick.unanswered()).toBeLessThan(1.01 * LIMITS.messageBytes)
    for (let i = 0; i < 40; i++) quick.arrive(5000)
    expect(quick.unanswered()).toBeLessThanOrEqual(LIMITS.partBytes + 50)
  })

  test('keystrokes ask for no answer, and wait behind earlier ones', () => {
    const { send, sent, arrive } = queue()
    send(1, KEYSTROKE)
    send(2, 3 * LIMITS.partBytes)
    send(3, KEYSTROKE)
    expect(sent.map(({ n, received }) => [n, received !== undefined])).toEqual([
      [1, false],
      [2, true],
      [2, true],
    ])
    arrive(10)
    expect(sent.map(({ n }) => n)).toEqual([1, 2, 2, 2, 3])
  })

  test('after the connection changed no earlier part is sent, and late answers release nothing', () => {
    const { send, sent, arrive, parts } = queue()
    send(1, 3 * LIMITS.partBytes)
    parts.clear()
    send(1, 3 * LIMITS.partBytes)
    arrive(10)
    arrive(10)
    expect(parts.confirmed).toBe(2)
    expect(sent.map(({ part }) => part)).toEqual([0, 1, 0, 1])
    arrive(10)
    expect(sent.map(({ part }) => part)).toEqual([0, 1, 0, 1, 2])
  })

  test('everything is sent immediately when the page is closing', () => {
    const { send, sent, parts } = queue()
    send(1, 3 * LIMITS.partBytes)
    parts.release()
    expect(sent.map(({ part }) => part)).toEqual([0, 1, 2])
  })
})
