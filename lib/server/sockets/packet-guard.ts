import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HeldBytes } from '#lib/process/held-bytes.ts'
import type { Log } from '#lib/process/log.ts'
import { PACKETS_PER_PAYLOAD } from '#lib/protocol/polling.ts'
import type { Bodies } from '../http/bodies.ts'
import type { SocketKeys, SocketLimits } from './socket-limits.ts'

/*
 * Counts all that a connection sends, where engine.io and ws first see it: packets of every kind, payloads of long
 * polling before they are decoded, control frames, halves of messages (docs/decisions/0050-packets-counted.md). The
 * limits of messages (event-gate.ts) come after this, and an honest client meets only those.
 */

/** The most that a connection may send before its handshake is accepted, which takes one packet of a few hundred bytes. */
const STRANGER = { packets: 16, bytes: 8 * 1024 } as const
/** The most bytes of a message of a connection that has joined no document: it writes none. */
const UNSEATED_BYTES = 64 * 1024
/** Bytes in one unit of the rate `packets`; each packet costs one unit more. */
const UNIT_BYTES = 4 * 1024
/** Units of a POST of long polling beside its packets, and of a ping of WebSocket, which is answered. */
const REQUEST_UNITS = 3
const CONTROL_UNITS = 10
/** Packets without a use within a minute after which a connection is closed. */
const ODD = { most: 10, withinMs: 60_000 } as const
/** The most bytes of the text in a message. Texts are requests and confirmations; what is written are bytes. */
const TEXT_BYTES = 32 * 1024
/** The most frames of one message. Chromium splits a message of 1 MiB into 16. */
const FRAMES = 128
/** Time in which a client may close its side of a WebSocket, ms. */
const CLOSES_WITHIN_MS = 5000
/** Bytes of half a message from which they are counted. */
const HALF_BYTES = 4 * 1024
/** Pongs of WebSocket that a client does not read, bytes. */
const UNREAD_BYTES = 64 * 1024
export const GUARD = Symbol('the guard of a connection')

export interface Packet {
  readonly type: string
  readonly data?: unknown
}

export type Request = IncomingMessage & {
  readonly _query?: Readonly<Record<string, unknown>>
  readonly res?: ServerResponse
}

/** The parts used of the transports of engine.io 6. */
export interface Transport extends EventEmitter {
  readonly name: string
  onPacket(packet: Packet): void
  onData(data: unknown): void
  onRequest(request: Request): void
  onError(what: string): void
  /** Of long polling: the most bytes of a POST. */
  maxHttpBufferSize?: number
  /** Of WebSocket: the connection of ws 8. */
  readonly socket?: WebSocketParts
  [GUARD]?: Guard
}

interface WebSocketParts extends EventEmitter {
  readonly readyState: number
  terminate(): void
  readonly bufferedAmount: number
  /** If true, ws answers every ping itself. */
  _autoPong: boolean
  pong(data: Uint8Array): void
  readonly _receiver: {
    /** While true, the frames that have arrived are read one after the other. */
    _loop: boolean
    _maxPayload: number
    _maxFragments: number
    readonly _bufferedBytes: number
    readonly _messageLength: number
  }
  readonly _socket: Socket
  [GUARD]?: Guard
}

export interface Connection extends EventEmitter {
  readonly transport: Transport
  close(discard?: boolean): void
  [GUARD]?: Guard
}

export interface PacketGuardPorts {
  readonly limits: Pick<SocketLimits, 'ipOf' | 'mayPass'>
  readonly held: Pick<HeldBytes, 'add'>
  readonly bodies: Pick<Bodies, 'watch'>
  /** Called when the handshake of a TCP connection is accepted. */
  readonly settle: (socket: Socket) => void
  /** The most bytes of a message of a connection that has joined a document, as its transport sends it. */
  readonly transportBytes: number
  readonly log: Pick<Log, 'warn'>
  /** Returns ms since some fixed moment; never decreases. */
  readonly now: () => number
}

/** Counts what one connection sends, over one transport after the other, and closes it. */
export class Guard {
  readonly #ports: PacketGuardPorts
  #keys: SocketKeys
  #isAdmitted = false
  /** The most bytes of a message, or of a payload of long polling. */
  #most: number = STRANGER.bytes
  #isOver = false
  #packets = 0
  #bytes = 0
  #odd = 0
  #oddSince = 0
  #connects = 0
  #held = 0
  #connection: Connection | null = null
  #webSocket: WebSocketParts | null = null

  constructor(ports: PacketGuardPorts, ip: string) {
    this.#ports = ports
    this.#keys = { session: '', ip }
  }

  get ip(): string {
    return this.#keys.ip
  }

  begin(connection: Connection): void {
    this.#connection = connection
    if (connection.transport.name === 'polling') connection.transport.maxHttpBufferSize = STRANGER.bytes
  }

  admit(keys: SocketKeys): void {
    this.#keys = keys
    this.#isAdmitted = true
    this.#allow(UNSEATED_BYTES)
    if (this.#webSocket) this.#ports.settle(this.#webSocket._socket)
  }

  /** Lets the connection write, because it has joined a document. Idempotent. */
  seat(): void {
    this.#allow(this.#ports.transportBytes)
  }

  #allow(bytes: number): void {
    this.#most = bytes
    const { transport } = this.#connection ?? {}
    if (transport?.name === 'polling') transport.maxHttpBufferSize = bytes
    if (this.#webSocket) this.#webSocket._receiver._maxPayload = bytes
  }

  end(): void {
    this.#hold(0)
    const webSocket = this.#webSocket
    // ws waits half a minute for the client to close its side, and reads what it sends meanwhile.
    if (webSocket && webSocket.readyState !== WEBSOCKET_CLOSED) {
      const timer = setTimeout(() => webSocket.terminate(), CLOSES_WITHIN_MS).unref()
      webSocket.once('close', () => clearTimeout(timer))
    }
    this.#webSocket = null
  }

  /** Counts a packet. Returns false if it must not be handled. */
  passes({ type, data }: Packet): boolean {
    if (this.#isOver) return false
    const bytes = typeof data === 'string' || data instanceof Uint8Array ? data.length : 0
    if (!this.#spend(1, bytes)) return false
    if (type === 'message') return this.#passesMessage(data)
    // A pong is odd if it was not asked for, which the heartbeat knows. An error ends the connection by itself.
    return type === 'pong' || type === 'error' || type === 'close' || this.odd('odd packets')
  }

  /** Counts the packets of a payload of long polling. Returns false if it must not be decoded. */
  passesPayload(data: unknown): boolean {
    if (this.#isOver) return false
    if (typeof data !== 'string') return this.close('payload')
    let packets = 1
    for (let at = data.indexOf(SEPARATOR); at >= 0; at = data.indexOf(SEPARATOR, at + 1)) {
      if (++packets > PACKETS_PER_PAYLOAD) return this.close('packets in a payload')
    }
    return true
  }

  /** Counts a request of long polling. Returns false after refusing it. */
  passesRequest(request: Request): boolean {
    const { method, headers, res } = request
    if (this.#isOver || !res) return this.#refuse(request)
    if (this.#isAdmitted) this.#ports.settle(request.socket)
    if (method !== 'POST') return true
    const bytes = Number(headers['content-length'] ?? Number.NaN)
    if (!(bytes <= this.#most)) this.close('length of a payload')
    else if (!this.#ports.bodies.watch(request, res)) this.close('unfinished payloads')
    else this.#spend(REQUEST_UNITS, 0)
    return this.#isOver ? this.#refuse(request) : true
  }

  /** Counts the frames of a WebSocket. */
  watch(webSocket: WebSocketParts): void {
    const { _receiver: receiver, _socket: socket } = webSocket
    if (typeof receiver?._maxPayload !== 'number') throw new TypeError('ws reads messages in another way')
    // At most one: engine.io closes a second one that wants to replace long polling.
    this.#webSocket = webSocket
    receiver._maxFragments = FRAMES
    if (this.#isAdmitted) this.#ports.settle(socket)
    receiver._maxPayload = this.#most
    webSocket[GUARD] = this
    webSocket._autoPong = false
    webSocket.on('ping', onPing)
    webSocket.on('pong', onPong)
    webSocket.on('error', onError)
    webSocket.on('close', onClose)
    // ws has read what was complete before this is called.
    const read = socket as Socket & { [GUARD]?: WebSocketParts }
    read[GUARD] = webSocket
    read.on('data', onBytes)
  }

  /** Counts a control frame of a WebSocket. Returns false if it must not be answered. */
  controlled(webSocket: WebSocketParts): boolean {
    if (webSocket.bufferedAmount > UNREAD_BYTES) return this.close('unread pongs')
    return this.#spend(CONTROL_UNITS, 0)
  }

  /** Counts the half of a message that a WebSocket holds. */
  read({ _receiver: { _bufferedBytes, _messageLength } }: WebSocketParts): void {
    const half = _bufferedBytes + _messageLength
    if (half >= HALF_BYTES || this.#held > 0) this.#hold(half)
  }

  /** Forgets a WebSocket that is closed. */
  gone(webSocket: WebSocketParts): void {
    if (webSocket !== this.#webSocket) return
    this.#webSocket = null
    this.#hold(0)
  }

  /** Notes a packet without a use. Returns true if it may pass. */
  odd(what: string): boolean {
    const now = this.#ports.now()
    if (now - this.#oddSince > ODD.withinMs) {
      this.#odd = 0
      this.#oddSince = now
    }
    return ++this.#odd < ODD.most || this.close(what)
  }

  /** Closes the connection without a word. Returns false. Idempotent. */
  close(reason: string): false {
    if (this.#isOver) return false
    this.#isOver = true
    this.#ports.log.warn({ reason, ip: this.ip }, 'socket.closed-for-packets')
    const webSocket = this.#webSocket
    if (webSocket) {
      webSocket.removeAllListeners('message')
      webSocket._receiver._loop = false
      webSocket.terminate()
    }
    // In the next turn: this is called in the middle of what engine.io does with the connection.
    setImmediate(() => this.#connection?.close(true))
    return false
  }

  #passesMessage(data: unknown): boolean {
    if (data instanceof Uint8Array) return headLength(data) <= TEXT_BYTES || this.close('length of a text')
    if (typeof data !== 'string') return this.close('message')
    if (data.length > TEXT_BYTES) return this.close('length of a text')
    const type = data[0] === '[' ? data[1] : ''
    if (type === EVENT || type === ACK) return true
    if (/^\s*\[\s*[23]\b/.test(data)) return true
    if (/^\s*\[\s*1\b/.test(data)) return true
    // The first is the handshake.
    return ++this.#connects === 1 || this.odd('odd messages')
  }

  #spend(units: number, bytes: number): boolean {
    if (this.#isOver) return false
    if (this.#isAdmitted) {
      const passes = this.#ports.limits.mayPass(this.#keys, units + Math.floor(bytes / UNIT_BYTES))
      return passes || this.close('packets')
    }
    this.#packets += units
    this.#bytes += bytes
    if (this.#packets <= STRANGER.packets && this.#bytes <= STRANGER.bytes) return true
    return this.close('packets before the handshake')
  }

  #hold(bytes: number): void {
    const more = bytes - this.#held
    this.#held = bytes
    if (more !== 0 && !this.#ports.held.add(this.ip, more) && more > 0) this.close('unfinished messages')
  }

  #refuse({ res }: Request): false {
    res?.writeHead(400, { Connection: 'close' }).end()
    return false
  }
}

/* Listeners of all connections, without a closure for each. */

function onPing(this: WebSocketParts, data: Uint8Array): void {
  if (this[GUARD]?.controlled(this)) this.pong(data)
}

function onPong(this: WebSocketParts): void {
  this[GUARD]?.controlled(this)
}

function onError(this: WebSocketParts): void {
  // After a frame that it cannot read, ws would read and drop whatever follows.
  this.terminate()
}

function onClose(this: WebSocketParts): void {
  this[GUARD]?.gone(this)
}

function onBytes(this: Socket & { [GUARD]?: WebSocketParts }): void {
  const webSocket = this[GUARD]
  if (webSocket) webSocket[GUARD]?.read(webSocket)
}

const WEBSOCKET_CLOSED = 3
const SEPARATOR = '\x1e'
const EVENT = '2'
const ACK = '3'

/** Returns the length that a binary packet of packet-parser.ts gives for its text; 0 if it is none. */
function headLength(frame: Uint8Array): number {
  let at = 1
  while ((frame[at] ?? 0) >= 0x80) at++
  let length = 0
  for (let shift = 1; shift < 2 ** 35; shift *= 128) {
    const byte = frame[++at] ?? 0
    length += (byte & 0x7f) * shift
    if (byte < 0x80) break
  }
  return length
}
