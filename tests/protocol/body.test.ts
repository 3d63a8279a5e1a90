import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import { equalBytes, MalformedBody } from '#lib/protocol/body.ts'
import { GUEST_NAME_COUNT, HUE_COUNT, PRESENCE_STATES, ROLES } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import {
  CHAIN_BYTES,
  chainToHex,
  decodeEntries,
  decodeUpdates,
  EMPTY_CHAIN,
  type Entry,
  encodeEntries,
  encodeUpdates,
} from '#lib/protocol/log-row.ts'
import { decodeHistory, encodeHistory, type HistoryBody } from '#lib/protocol/messages/history.ts'
import {
  decodePresenceDiff,
  decodePresenceSet,
  encodePresenceDiff,
  encodePresenceSet,
  type PresenceDiffBody,
  type PresenceSetBody,
  type PresenceUpsert,
} from '#lib/protocol/messages/presence.ts'
import {
  type BatchBody,
  decodeBatch,
  decodeRow,
  encodeBatch,
  encodeRow,
  type RowBody,
} from '#lib/protocol/messages/update.ts'

const uint = fc.oneof(fc.nat(300), fc.maxSafeNat())
const bytes = fc.uint8Array({ maxLength: 200 })
const chain = fc.uint8Array({ minLength: CHAIN_BYTES, maxLength: CHAIN_BYTES })
// Text as it crosses the wire: without lone surrogates, which UTF-8 cannot encode.
const text = fc.string({ unit: 'binary', maxLength: 30 })
const updates = fc.array(bytes, { maxLength: 5 })

const entry: fc.Arbitrary<Entry> = fc.record({ kind: uint, clientId: uint, n: uint, user: text, updates })
const row = fc.record({ seq: uint, chain, entries: bytes })
const history: fc.Arbitrary<HistoryBody> = fc.record({
  snapshot: fc.option(fc.record({ seq: uint, chain, state: bytes })),
  rows: fc.array(row, { maxLength: 5 }),
})
const batch: fc.Arbitrary<BatchBody> = fc.record({
  room: uint,
  clientId: uint,
  n: uint,
  part: uint,
  parts: uint,
  restore: fc.boolean(),
  payload: bytes,
})
const rowBody: fc.Arbitrary<RowBody> = fc.record({ room: uint, seq: uint, chain, entries: bytes })
const presenceSet: fc.Arbitrary<PresenceSetBody> = fc.record({ room: uint, idle: fc.boolean(), caret: bytes })
const upsert: fc.Arbitrary<PresenceUpsert> = fc.record(
  {
    member: uint,
    identity: fc.record({
      userId: text,
      name: text,
      guestName: fc.nat(GUEST_NAME_COUNT - 1),
      hue: fc.nat(HUE_COUNT - 1),
      role: fc.constantFrom(...ROLES),
    }),
    state: fc.constantFrom(...PRESENCE_STATES),
    caret: bytes,
  },
  { requiredKeys: ['member'] },
)
const presenceDiff: fc.Arbitrary<PresenceDiffBody> = fc.record({
  room: uint,
  full: fc.boolean(),
  upserts: fc.array(upsert, { maxLength: 5 }),
  removes: fc.array(uint, { maxLength: 5 }),
})

interface Body<T> {
  readonly name: string
  readonly arbitrary: fc.Arbitrary<T>
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

/** Erases a body's type, so that all of them go through one set of tests. */
function body<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
) {
  return { name, arbitrary, encode, decode } as unknown as Body<unknown>
}

const BODIES = [
  body('updates', updates, encodeUpdates, decodeUpdates),
  body('entries', fc.array(entry, { maxLength: 4 }), encodeEntries, decodeEntries),
  body('history', history, (each) => encodeHistory(each).whole(), decodeHistory),
  body('batch', batch, encodeBatch, decodeBatch),
  body('row', rowBody, encodeRow, decodeRow),
  body('presence set', presenceSet, encodePresenceSet, decodePresenceSet),
  body('presence diff', presenceDiff, encodePresenceDiff, decodePresenceDiff),
]

/** Returns the value, or the class of the exception. */
function attempt<T>(decode: () => T): { value: T } | { thrown: unknown } {
  try {
    return { value: decode() }
  } catch (error) {
    return { thrown: error instanceof Error ? error.constructor : error }
  }
}

describe.each(BODIES)('the body $name', ({ arbitrary, encode, decode }) => {
  test('[BODY1] is decoded as it was encoded', () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(decode(encode(value))).toEqual(value)
      }),
    )
  })

  test('[BODY2] damaged bytes are refused as MalformedBody, or are another valid body', () => {
    fc.assert(
      fc.property(
        arbitrary,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.option(fc.nat()),
        fc.uint8Array({ maxLength: 3 }),
        (value, flips, cut, extra) => {
          const whole = Uint8Array.from([...encode(value), ...extra])
          for (const [at, mask] of flips) {
            const place = at % Math.max(1, whole.length)
            whole[place] = (whole[place] ?? 0) ^ mask
          }
          const damaged = cut === null ? whole : whole.subarray(0, cut % (whole.length + 1))
          const result = attempt(() => decode(damaged))
          if ('thrown' in result) expect(result.thrown).toBe(MalformedBody)
          else expect(decode(encode(result.value))).toEqual(result.value)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('[BODY2] random bytes throw nothing but MalformedBody', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
        const result = attempt(() => decode(noise))
        if ('thrown' in result) expect(result.thrown).toBe(MalformedBody)
      }),
      { numRuns: 1000 },
    )
  })

  test('[BODY3] a count or a length beyond the end allocates nothing', () => {
    const giants = [2 ** 24, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]
    const before = process.memoryUsage()
    for (let round = 0; round < 50; round++) {
      for (const giant of giants) {
        for (let lead = 0; lead < 8; lead++) {
          const claim = encoding.encode((e) => {
            for (let i = 0; i < lead; i++) encoding.writeUint8(e, lead % 2)
            encoding.writeVarUint(e, giant)
          })
          attempt(() => decode(claim))
        }
      }
    }
    const after = process.memoryUsage()
    expect(after.heapUsed - before.heapUsed).toBeLessThan(32 * 1024 * 1024)
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(32 * 1024 * 1024)
  })
})

describe('further guarantees of the bodies', () => {
  test('[BODY3] a batch of very many empty updates is refused before a view is made of each', () => {
    const crowd = encoding.encode((e) => {
      encoding.writeVarUint(e, LIMITS.structs + 1)
      encoding.writeUint8Array(e, new Uint8Array(LIMITS.structs + 1))
    })
    expect(() => decodeUpdates(crowd)).toThrow(MalformedBody)
    expect(decodeUpdates(encodeUpdates(Array.from({ length: 1000 }, () => new Uint8Array(0))))).toHaveLength(
      1000,
    )
  })

  test('[BODY2] bytes left over and flags that are neither 0 nor 1 are malformed', () => {
    const leftOver = [
      () => decodeUpdates(Uint8Array.of(0, 0)),
      () => decodeEntries(Uint8Array.of(0, 0)),
      () => decodeHistory(Uint8Array.of(0, 0, 0)),
      () => decodePresenceDiff(Uint8Array.of(1, 0, 0, 0, 0)),
    ]
    const flags = [
      () => decodeHistory(Uint8Array.of(2, 0)),
      () => decodeBatch(Uint8Array.of(1, 1, 1, 0, 1, 2)),
      () => decodePresenceSet(Uint8Array.of(1, 2)),
      () => decodePresenceDiff(Uint8Array.of(1, 2, 0, 0)),
      () => decodePresenceDiff(Uint8Array.of(1, 0, 0, 1, 5, 8)),
    ]
    for (const decode of [...leftOver, ...flags]) expect(decode).toThrow(MalformedBody)
  })

  test('[BODY4] numbers, hues and roles out of range are malformed', () => {
    const identity = { userId: 'u', name: '', guestName: 0, hue: HUE_COUNT - 1, role: 'viewer' } as const
    const diff = (change: Partial<Record<keyof typeof identity, unknown>>) =>
      encodePresenceDiff({
        room: 1,
        full: true,
        removes: [],
        upserts: [{ member: 1, identity: { ...identity, ...change } as typeof identity }],
      })
    expect(decodePresenceDiff(diff({})).upserts[0]?.identity).toEqual(identity)
    expect(() => decodePresenceDiff(diff({ hue: HUE_COUNT }))).toThrow(MalformedBody)
    expect(() => decodePresenceDiff(diff({ guestName: GUEST_NAME_COUNT }))).toThrow(MalformedBody)
    expect(() => decodePresenceDiff(diff({ role: 'emperor' }))).toThrow(MalformedBody)
  })

  test('[BODY5] the batch of a keystroke adds 13 bytes to its update, its row 31', () => {
    const update = new Uint8Array(20)
    const payload = encodeUpdates([update])
    const sent = encodeBatch({
      room: 9,
      clientId: 0xffff_ffff,
      n: 500,
      part: 0,
      parts: 1,
      restore: false,
      payload,
    })
    expect(sent.length - update.length).toBe(13)
    const entries = encodeEntries([{ kind: 0, clientId: 0xffff_ffff, n: 500, user: '', updates: [update] }])
    expect(encodeRow({ room: 9, seq: 5000, chain: EMPTY_CHAIN, entries }).length - update.length).toBe(31)
  })

  test('a chain as text is 32 hexadecimal digits', () => {
    expect(chainToHex(EMPTY_CHAIN)).toBe('0'.repeat(32))
    expect(chainToHex(Uint8Array.from({ length: CHAIN_BYTES }, (_, i) => i * 17))).toBe(
      '00112233445566778899aabbccddeeff',
    )
  })

  test('bytes are equal when they are the same', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(equalBytes(a, a.slice())).toBe(true)
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
      }),
    )
  })
})
