import { ServerResponse } from 'node:http'
import type { Server } from 'socket.io'
import { Encoder } from '#lib/protocol/packet-parser.ts'
import { NAMESPACE } from '#lib/protocol/version.ts'
import type { DocumentSocket } from './document-socket.ts'

/*
 * The only file that reaches into engine.io and ws. Each use is guarded by a check and skipped if the check fails.
 *
 * One frame for many sockets: Socket.IO builds the WebSocket frame of a broadcast anew for each receiver and keeps
 * records of its sending; here the frame is built once and the same bytes are written to every socket
 * (docs/decisions/0018-shared-frames.md). A socket to which it cannot be written, or not in order, gets the packet in
 * Socket.IO's own way.
 */

/** Events with bytes as their last and only argument. */
type ByteEvent = 'document:update' | 'presence:diff'

/** The parts used of an engine.io 6 connection over a WebSocket of ws 8. */
interface FrameWriter {
  readonly readyState: string
  /** Packets that engine.io has not handed to the transport; a frame written past them would overtake them. */
  readonly writeBuffer: readonly unknown[]
  readonly transport: {
    readonly name: string
    readonly writable: boolean
    readonly socket: {
      readonly readyState: number
      readonly bufferedAmount: number
      terminate(): void
      readonly _sender: { sendFrame(frames: readonly Uint8Array[]): void }
    }
  }
}

const RESPONSE = Symbol('the response to a request')
const WEBSOCKET_OPEN = 1
const EVENT = 2
/** Unsent bytes above which a socket is left out of presence. */
const BUSY_BYTES = 256 * 1024
const encoder = new Encoder()

/**
 * Sends bytes as one kind of event. Builds the WebSocket frame of an array once for all sockets that are sent it in a
 * row, and keeps it until another array comes.
 */
export class FrameSender {
  readonly #event: ByteEvent
  #body: Uint8Array | null = null
  #frames: readonly Uint8Array[] = []

  constructor(event: ByteEvent) {
    this.#event = event
  }

  /** Sends `body`, which must not change afterwards. */
  send(socket: DocumentSocket, body: Uint8Array): void {
    const writer = frameWriterOf(socket.conn)
    if (!writer) {
      socket.emit(this.#event, body)
      return
    }
    if (body !== this.#body) {
      this.#frames = [webSocketFrame(packetOf(this.#event, body))]
      this.#body = body
    }
    writer.transport.socket._sender.sendFrame(this.#frames)
  }
}

/**
 * Returns true if frames can be written directly to this socket's WebSocket now. Tests use it to see that the
 * internals still exist.
 */
export function writesFrames(socket: DocumentSocket): boolean {
  return frameWriterOf(socket.conn) !== null
}

/**
 * Writes frames to the WebSocket of an engine.io connection. Returns false if they cannot be written directly now.
 */
export function writeFrames(connection: object, frames: readonly Uint8Array[]): boolean {
  const writer = frameWriterOf(connection)
  writer?.transport.socket._sender.sendFrame(frames)
  return writer !== null
}

/** Returns true while a socket has not taken what it was sent before. */
export function isBusy({ conn }: DocumentSocket): boolean {
  if (!conn.transport.writable) return true
  const writer: object = conn
  return isFrameWriter(writer) && writer.transport.socket.bufferedAmount > BUSY_BYTES
}

/** Returns the number of bytes that were sent to a socket and have not left this process. */
export function unsentBytes({ conn }: DocumentSocket): number {
  const { writeBuffer } = conn as unknown as { writeBuffer?: readonly { data?: unknown }[] }
  let bytes = 0
  for (const { data } of writeBuffer ?? [])
    bytes += typeof data === 'string' || data instanceof Uint8Array ? data.length : 0
  const writer: object = conn
  return bytes + (isFrameWriter(writer) ? writer.transport.socket.bufferedAmount : 0)
}

/** Ends a connection without a closing message, which would only wait behind the other unsent bytes. */
export function cut({ conn }: DocumentSocket): void {
  const writer: object = conn
  if (isFrameWriter(writer)) writer.transport.socket.terminate()
  else conn.close(true)
}

/**
 * The stand-in for a response with which engine.io answers an upgrade. It carries headers until the connection opens,
 * and refers to the request.
 */
interface OpeningResponse {
  req: unknown
}

/**
 * Releases the HTTP requests that opened connections: engine.io keeps them in two places for as long as the
 * connection lasts, 2.6 KB each.
 */
export function forgetRequests(engine: Server['engine']): void {
  engine.use((request: object, response: object, next: () => void) => {
    Object.assign(request, { [RESPONSE]: response })
    next()
  })
  engine.on('connection', (connection: { request: { [RESPONSE]?: OpeningResponse } | null }) => {
    const response = connection.request?.[RESPONSE]
    // Node itself cleans up after a response over HTTP.
    if (response && !(response instanceof ServerResponse)) response.req = null
    connection.request = null
  })
}

/** The parts used of Socket.IO's sockets. */
interface AckTaker {
  readonly acks: ReadonlyMap<unknown, unknown>
  onack(packet: { readonly id?: number }): void
}

/** Calls `unasked` for each acknowledgement of a socket that nothing waits for. Throws if that cannot be told. */
export function countAcks(socket: object, unasked: () => void): void {
  const taker = socket as Partial<AckTaker>
  const { onack, acks } = taker
  if (typeof onack !== 'function' || !(acks instanceof Map))
    throw new TypeError('Socket.IO takes acknowledgements in another way')
  taker.onack = function (packet) {
    if (acks.has(packet.id)) onack.call(this as AckTaker, packet)
    else unasked()
  }
}

/** The parts used of Socket.IO's adapter. */
interface RoomKeeper {
  sids: Map<string, Set<string>>
  addAll(id: string, rooms: Set<string>): unknown
}

const NO_ROOMS: Set<string> = new Set()

/**
 * Keeps Socket.IO from putting every socket into a room of its own, which takes two sets each (0.5 KB). Nothing is
 * sent that way here: the members of a document are in Seats.
 */
export function keepNoRooms({ adapter }: { readonly adapter: RoomKeeper }): void {
  adapter.addAll = (id) => adapter.sids.set(id, NO_ROOMS)
}

function frameWriterOf(conn: object): FrameWriter | null {
  if (!isFrameWriter(conn) || conn.readyState !== 'open' || conn.writeBuffer.length > 0) return null
  const { transport } = conn
  return transport.writable && transport.socket.readyState === WEBSOCKET_OPEN ? conn : null
}

function isFrameWriter(conn: object): conn is FrameWriter {
  if (!('transport' in conn && 'readyState' in conn && 'writeBuffer' in conn)) return false
  const transport = conn.transport as Partial<FrameWriter['transport']> | undefined
  return (
    transport?.name === 'websocket' &&
    Array.isArray(conn.writeBuffer) &&
    typeof transport.socket?._sender?.sendFrame === 'function'
  )
}

function packetOf(event: ByteEvent, body: Uint8Array): Uint8Array {
  const [packet] = encoder.encode({ type: EVENT, nsp: NAMESPACE, data: [event, body] })
  if (packet instanceof Uint8Array) return packet
  throw new TypeError('a packet with bytes is binary')
}

/**
 * Returns an unmasked, final, binary frame (RFC 6455, section 5.2). One packet is one message of engine.io as it is.
 */
function webSocketFrame(payload: Uint8Array): Uint8Array {
  const { length } = payload
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const frame = Buffer.allocUnsafe(2 + lengthBytes + length)
  frame[0] = 0x82
  if (lengthBytes === 0) frame[1] = length
  else if (lengthBytes === 2) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.set(payload, 2 + lengthBytes)
  return frame
}
