import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decoder, Encoder, MalformedPacket, type Packet } from '#lib/protocol/packet-parser.ts'
import { NAMESPACE } from '#lib/protocol/version.ts'

const CONNECT = 0
const DISCONNECT = 1
const EVENT = 2
const ACK = 3
const CONNECT_ERROR = 4

/** Returns the packet decoded from a frame: exactly one, or throws. */
function decode(frame: unknown): Packet {
  const packets: Packet[] = []
  new Decoder().on('decoded', (packet) => packets.push(packet)).add(frame)
  const [packet] = packets
  if (!packet || packets.length > 1) throw new Error('not one packet')
  return packet
}

function encode(packet: Packet): string | Uint8Array {
  const frames = new Encoder().encode(packet)
  expect(frames).toHaveLength(1)
  return frames[0]
}

const json = fc.jsonValue({ maxDepth: 3 })
const name = fc.oneof(
  fc.constantFrom(
    'document:update',
    'presence:diff',
    'presence:set',
    'document:chunk',
    '__proto__',
    'constructor',
    '',
  ),
  fc.string({ unit: 'binary' }),
)
const id = fc.option(fc.oneof(fc.nat(300), fc.nat(Number.MAX_SAFE_INTEGER - 1)), { nil: undefined })
const bytes = fc.uint8Array({ maxLength: 100 })
const withId = (packet: Packet, number: number | undefined): Packet =>
  number === undefined ? packet : { ...packet, id: number }

const eventArb = fc
  .tuple(name, fc.array(json, { maxLength: 5 }), fc.option(bytes), id)
  .map(([event, args, tail, number]) =>
    withId({ type: EVENT, nsp: NAMESPACE, data: tail ? [event, ...args, tail] : [event, ...args] }, number),
  )
const ackArb = fc
  .tuple(fc.array(json, { maxLength: 5 }), fc.option(bytes), fc.nat())
  .map(([args, tail, number]) => ({
    type: ACK,
    nsp: NAMESPACE,
    data: tail ? [...args, tail] : args,
    id: number,
  }))
const plainArb: fc.Arbitrary<Packet> = fc.oneof(
  fc.constantFrom(
    { type: CONNECT, nsp: '/' },
    { type: CONNECT, nsp: NAMESPACE, data: { sid: 'x' } },
    { type: DISCONNECT, nsp: NAMESPACE },
  ),
  fc.dictionary(fc.string(), json).map((data) => ({ type: CONNECT, nsp: NAMESPACE, data })),
  fc.dictionary(fc.string(), json).map((data) => ({ type: CONNECT_ERROR, nsp: NAMESPACE, data })),
)
const packetArb: fc.Arbitrary<Packet> = fc.oneof(eventArb, ackArb, plainArb)

/** Returns a packet as JSON changes it: -0 becomes 0. */
const asJson = (packet: Packet): Packet => {
  const { data } = packet
  if (!Array.isArray(data))
    return data === undefined ? packet : { ...packet, data: JSON.parse(JSON.stringify(data)) }
  return {
    ...packet,
    data: data.map((each: unknown) => (each instanceof Uint8Array ? each : JSON.parse(JSON.stringify(each)))),
  }
}

const reserved = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
])
const isReserved = ({ type, data }: Packet): boolean =>
  type === EVENT && Array.isArray(data) && reserved.has(String(data[0]))

describe('the one-frame parser', () => {
  test('[FRAME1] every packet is one frame, and is decoded as it was encoded', () => {
    fc.assert(
      fc.property(packetArb, (packet) => {
        fc.pre(!isReserved(packet))
        expect(decode(encode(packet))).toEqual(asJson(packet))
      }),
      { numRuns: 1000 },
    )
  })

  test('[FRAME2] only packets whose last argument is bytes travel as binary', () => {
    expect(encode({ type: EVENT, nsp: NAMESPACE, data: ['document:join', { a: 1 }], id: 4 })).toBe(
      '[2,"/documents",4,["document:join",{"a":1}]]',
    )
    expect(encode({ type: EVENT, nsp: NAMESPACE, data: ['document:update', Uint8Array.of(7, 8)] })).toEqual(
      Uint8Array.of(2, 0, 1, 0x75, 7, 8),
    )
    expect(encode({ type: ACK, nsp: NAMESPACE, data: [{ ok: true }, Uint8Array.of(9)], id: 299 })).toEqual(
      Uint8Array.from([3, 0xac, 2, 13, ...new TextEncoder().encode('[{"ok":true}]'), 9]),
    )
  })

  test('[FRAME2] bytes elsewhere, or on another namespace, are a bug and throw', () => {
    const misplaced = { type: EVENT, nsp: NAMESPACE, data: ['a', Uint8Array.of(1), 'b'] }
    expect(() => encode(misplaced)).toThrow(TypeError)
    expect(() => encode({ type: EVENT, nsp: '/', data: ['a', Uint8Array.of(1)] })).toThrow(TypeError)
  })

  test('[FRAME3] bytes are read from whatever view or buffer the transport delivers', () => {
    const frame = Uint8Array.of(9, 9, 2, 0, 1, 0x73, 5, 9)
    const expected = { type: EVENT, nsp: NAMESPACE, data: ['presence:set', Uint8Array.of(5)] }
    expect(decode(frame.subarray(2, 7))).toEqual(expected)
    expect(decode(Buffer.from(frame.subarray(2, 7)))).toMatchObject({ type: EVENT })
    expect(decode(frame.slice(2, 7).buffer)).toEqual(expected)
  })

  test('[FRAME4] damaged frames throw MalformedPacket or are other valid packets', () => {
    fc.assert(
      fc.property(
        packetArb,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        fc.option(fc.nat()),
        (packet, flips, cut) => {
          const whole = encode(packet)
          const damaged = Uint8Array.from(typeof whole === 'string' ? new TextEncoder().encode(whole) : whole)
          for (const [at, mask] of flips) {
            const place = at % damaged.length
            damaged[place] = (damaged[place] ?? 0) ^ mask
          }
          const kept = cut === null ? damaged : damaged.subarray(0, cut % (damaged.length + 1))
          const frame = typeof whole === 'string' ? new TextDecoder().decode(kept) : kept
          let result: Packet
          try {
            result = decode(frame)
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedPacket)
            return
          }
          expect(decode(encode(result))).toEqual(asJson(result))
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('[FRAME4] random bytes and random text throw nothing but MalformedPacket', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: 'binary' }), fc.anything()),
        (noise) => {
          try {
            decode(noise)
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedPacket)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  test.each([
    ['', 'nothing'],
    ['2["x"]', 'Socket.IO’s own encoding'],
    ['[2,"/documents",null]', 'three fields'],
    ['[2,"/documents",null,["x"],0]', 'five fields'],
    ['[2,"documents",null,["x"]]', 'a namespace without its slash'],
    [`[2,"/${'n'.repeat(64)}",null,["x"]]`, 'a long namespace'],
    ['[2,"/documents",-1,["x"]]', 'a negative id'],
    ['[2,"/documents",1.5,["x"]]', 'a fraction of an id'],
    ['[2,"/documents",null,[]]', 'an event without a name'],
    ['[2,"/documents",null,[5]]', 'a number for a name'],
    ['[2,"/documents",null,["x",1,2,3,4,5,6,7,8]]', 'too many arguments'],
    ['[2,"/documents",null,["disconnect"]]', 'a reserved name'],
    ['[2,"/documents",null,["newListener"]]', 'another reserved name'],
    ['[3,"/documents",null,["x"]]', 'an acknowledgement of nothing'],
    ['[0,"/documents",null,[]]', 'a list to connect with'],
    ['[0,"/documents",null,"x"]', 'a word to connect with'],
    ['[4,"/documents",null,null]', 'an empty error'],
    ['[5,"/documents",null,["x"]]', 'a binary event of Socket.IO'],
    ['["2","/documents",null,["x"]]', 'a word for a type'],
    ['{"type":2}', 'an object'],
    [Uint8Array.of(), 'no bytes'],
    [Uint8Array.of(0, 0, 2, 0x5b, 0x5d), 'bytes to connect with'],
    [Uint8Array.of(1, 0, 2, 0x5b, 0x5d), 'bytes to leave with'],
    [Uint8Array.of(2, 0, 4, 0x5b, 0x5d), 'a head beyond the end'],
    [Uint8Array.of(2, 0, 2, 0x5b, 0x5d, 1), 'bytes without a name'],
    [Uint8Array.of(2, 0, 2, 0x7b, 0x7d, 1), 'an object for arguments'],
    [Uint8Array.of(2, 0, 2, 0xff, 0xff, 1), 'a head that is not text'],
    [Uint8Array.of(3, 0, 2, 0x5b, 0x5d, 1), 'an acknowledgement in bytes without its id'],
    [Uint8Array.of(2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0), 'an id too large'],
    [null, 'null'],
    [{ length: 1e9 }, 'something shaped like bytes'],
  ])('[FRAME4] %o is no packet: %s', (frame, _) => {
    expect(() => decode(frame)).toThrow(MalformedPacket)
  })

  test('[FRAME5] a destroyed decoder forgets its listeners', () => {
    const decoder = new Decoder()
    let heard = 0
    const listener = () => {
      heard++
    }
    const frame = '[2,"/documents",null,["x"]]'
    decoder.on('decoded', listener).on('decoded', listener)
    decoder.add(frame)
    expect(heard).toBe(2)
    decoder.off('decoded', listener)
    decoder.add(frame)
    decoder.on('decoded', listener).destroy()
    decoder.add(frame)
    expect(heard).toBe(2)
  })
})
