import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

/*
 * A Socket.IO parser with one frame per packet (docs/decisions/0006-one-frame-parser.md).
 * Socket.IO's own parser sends a packet with bytes as two WebSocket frames, and frames are what a relay pays for.
 *
 * Text frame: a packet without bytes, as JSON: [type, namespace, id | null, data].
 * Binary frame: an event or acknowledgement on NAMESPACE whose last argument is a Uint8Array:
 *   type (1 byte) · id + 1, or 0 (varUint) · JSON of the arguments before the bytes (varString) · the bytes.
 * For an event in EVENT_CODES without other arguments the string is one character, its code.
 */

/**
 * The packet kinds of Socket.IO protocol v5. The binary kinds are never produced here: bytes are a property of the
 * frame.
 */
const CONNECT = 0
const EVENT = 2
const ACK = 3
const CONNECT_ERROR = 4
const DISCONNECT = 1

/**
 * A Socket.IO packet. `data`: the arguments of an event (name first) or acknowledgement, or the payload of a connect.
 */
export interface Packet {
  type: number
  nsp: string
  data?: unknown
  id?: number
}

type Listener = (packet: Packet) => void

const BINARY_NAMESPACE = '/documents'

/** One character per frequent event. Append only; part of the wire. */
const EVENT_CODES: ReadonlyMap<unknown, string> = new Map([
  ['document:update', 'u'],
  ['presence:diff', 'd'],
  ['presence:set', 's'],
])
const EVENT_NAMES = new Map([...EVENT_CODES].map(([name, code]) => [code, name]))

/** The names that Socket.IO uses itself: received from outside, they would be mistaken for its own events. */
const RESERVED = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
])

const MAX_ARGUMENTS = 8
const MAX_NAMESPACE_LENGTH = 64

/** Thrown on a frame that is not a packet; Socket.IO then closes the connection. */
export class MalformedPacket extends Error {
  override readonly name = 'MalformedPacket'
}

export class Encoder {
  /** Returns the one frame of a packet. Throws TypeError if any argument but the last is bytes, which is a bug. */
  encode(packet: Packet): [string | Uint8Array] {
    const { type, nsp, data, id } = packet
    if ((type === EVENT || type === ACK) && Array.isArray(data)) {
      const last: unknown = data.at(-1)
      const before = data.slice(0, -1)
      if (before.some((each) => each instanceof Uint8Array)) throw new TypeError('bytes stand last')
      if (last instanceof Uint8Array) {
        if (nsp !== BINARY_NAMESPACE) throw new TypeError(`bytes are only sent on ${BINARY_NAMESPACE}`)
        return [encodeBinary(type, id, before, last)]
      }
    }
    return [JSON.stringify([type, nsp, id ?? null, data ?? null])]
  }
}

/** Turns frames into packets. Implements the part of an event emitter that Socket.IO uses on a decoder. */
export class Decoder {
  #listeners: Listener[] = []

  on(event: string, listener: Listener): this {
    if (event === 'decoded') this.#listeners.push(listener)
    return this
  }

  off(event?: string, listener?: Listener): this {
    if (event !== undefined && event !== 'decoded') return this
    this.#listeners = listener ? this.#listeners.filter((each) => each !== listener) : []
    return this
  }

  removeListener(event: string, listener: Listener): this {
    return this.off(event, listener)
  }

  removeAllListeners(): this {
    return this.off()
  }

  /** Decodes one frame: a string, or bytes as the transport delivers them. Throws MalformedPacket. */
  add(frame: unknown): void {
    const packet = typeof frame === 'string' ? decodeText(frame) : decodeBinary(asBytes(frame))
    for (const listener of this.#listeners) listener(packet)
  }

  destroy(): void {
    this.#listeners = []
  }
}

function encodeBinary(
  type: number,
  id: number | undefined,
  before: readonly unknown[],
  bytes: Uint8Array,
): Uint8Array {
  const code = type === EVENT && before.length === 1 ? EVENT_CODES.get(before[0]) : undefined
  const head = encoding.encode((e) => {
    encoding.writeUint8(e, type)
    encoding.writeVarUint(e, id === undefined ? 0 : id + 1)
    encoding.writeVarString(e, code ?? JSON.stringify(before))
  })
  // The encoder would copy the bytes into an oversized buffer, and then out of it.
  const frame = new Uint8Array(head.length + bytes.length)
  frame.set(head)
  frame.set(bytes, head.length)
  return frame
}

function decodeBinary(frame: Uint8Array): Packet {
  let type: number
  let id: number
  let head: string
  let bytes: Uint8Array
  try {
    const d = decoding.createDecoder(frame)
    type = decoding.readUint8(d)
    id = decoding.readVarUint(d)
    head = decoding.readVarString(d)
    if (d.pos > frame.length) throw new MalformedPacket('cut short')
    bytes = decoding.readTailAsUint8Array(d)
  } catch (error) {
    if (error instanceof MalformedPacket) throw error
    throw new MalformedPacket('unreadable binary packet')
  }
  if (type !== EVENT && type !== ACK)
    throw new MalformedPacket('only events and acknowledgements carry bytes')
  const name = type === EVENT ? EVENT_NAMES.get(head) : undefined
  const before = name === undefined ? parseJson(head) : [name]
  if (!Array.isArray(before)) throw new MalformedPacket('arguments are not a list')
  return packetOf(type, BINARY_NAMESPACE, id === 0 ? null : id - 1, [...before, bytes])
}

function decodeText(frame: string): Packet {
  const parsed = parseJson(frame)
  if (!Array.isArray(parsed) || parsed.length !== 4) throw new MalformedPacket('not a packet')
  const [type, nsp, id, data]: unknown[] = parsed
  return packetOf(type, nsp, id, data)
}

function packetOf(type: unknown, nsp: unknown, id: unknown, data: unknown): Packet {
  if (typeof nsp !== 'string' || nsp.length > MAX_NAMESPACE_LENGTH || !nsp.startsWith('/')) {
    throw new MalformedPacket('bad namespace')
  }
  if (id !== null && !(Number.isSafeInteger(id) && (id as number) >= 0)) throw new MalformedPacket('bad id')
  const packet: Packet = { type: type as number, nsp }
  if (id !== null) packet.id = id as number
  switch (type) {
    case EVENT:
      if (!Array.isArray(data) || data.length > MAX_ARGUMENTS) throw new MalformedPacket('bad arguments')
      if (typeof data[0] !== 'string' || RESERVED.has(data[0])) throw new MalformedPacket('bad event name')
      return { ...packet, data }
    case ACK:
      if (!Array.isArray(data) || data.length > MAX_ARGUMENTS || id === null) {
        throw new MalformedPacket('bad acknowledgement')
      }
      return { ...packet, data }
    case CONNECT:
      if (data === null) return packet
      if (typeof data !== 'object' || Array.isArray(data)) throw new MalformedPacket('bad connect')
      return { ...packet, data }
    case CONNECT_ERROR:
      if (typeof data !== 'object' || data === null) throw new MalformedPacket('bad connect error')
      return { ...packet, data }
    case DISCONNECT:
      return packet
    default:
      throw new MalformedPacket('unknown packet type')
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new MalformedPacket('bad JSON')
  }
}

function asBytes(frame: unknown): Uint8Array {
  if (frame instanceof Uint8Array) return frame
  if (frame instanceof ArrayBuffer) return new Uint8Array(frame)
  throw new MalformedPacket('neither text nor bytes')
}
