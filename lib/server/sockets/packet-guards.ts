import type { EventEmitter } from 'node:events'
import {
  type Connection,
  GUARD,
  Guard,
  type Packet,
  type PacketGuardPorts,
  type Request,
  type Transport,
} from './packet-guard.ts'
import type { SocketKeys } from './socket-limits.ts'

/** Connections without a handshake: of one IP address, and altogether. The oldest gives way. */
const STRANGERS = { ofIp: 1200, all: 4000 } as const

interface Engine extends EventEmitter {
  readonly clients: Readonly<Record<string, Connection | undefined>>
  createTransport(name: string, request: Request): Transport
}

/** Guards all connections of an engine.io server. */
export class PacketGuards {
  readonly #ports: PacketGuardPorts
  /** The guards of connections without a handshake, the oldest first, and the same by IP address. */
  readonly #strangers = new Set<Guard>()
  readonly #strangersOf = new Map<string, Set<Guard>>()

  constructor(ports: PacketGuardPorts) {
    this.#ports = ports
  }

  /** Guards each connection from now on, from its first packet. Throws if this engine cannot be guarded. */
  attach(engine: EventEmitter): void {
    const guarded = engine as Engine
    const create = guarded.createTransport
    if (typeof create !== 'function') throw new TypeError('engine.io makes its transports in another way')
    guarded.createTransport = (name, request) => {
      const transport = create.call(guarded, name, request)
      const sid = request._query?.sid
      const known =
        typeof sid === 'string' && Object.hasOwn(guarded.clients, sid) ? guarded.clients[sid] : null
      this.#guard(transport, known?.[GUARD] ?? new Guard(this.#ports, this.#ports.limits.ipOf(request).key))
      return transport
    }
    guarded.on('connection', (connection: Connection) => this.#begin(connection))
  }

  /** Lets a connection send what its user may. */
  admit(connection: object, keys: SocketKeys): void {
    const guard = (connection as Connection)[GUARD]
    if (!guard) return
    this.#forget(guard)
    guard.admit(keys)
  }

  /** Lets a connection write, because it has joined a document. Idempotent. */
  seat(connection: object): void {
    ;(connection as Connection)[GUARD]?.seat()
  }

  /** Notes a packet that no client of ours sends. The tenth within a minute closes the connection. */
  odd(connection: object): void {
    ;(connection as Connection)[GUARD]?.odd('odd packets')
  }

  /** The number of connections without a handshake. */
  get strangers(): number {
    return this.#strangers.size
  }

  #begin(connection: Connection): void {
    const guard = connection.transport[GUARD]
    if (!guard) return
    connection[GUARD] = guard
    guard.begin(connection)
    this.#strangers.add(guard)
    const ofIp = this.#strangersOf.get(guard.ip) ?? new Set()
    this.#strangersOf.set(guard.ip, ofIp.add(guard))
    connection.once('close', () => {
      this.#forget(guard)
      guard.end()
    })
    const [first] = this.#strangers
    const [firstOfIp] = ofIp
    if (ofIp.size > STRANGERS.ofIp) firstOfIp?.close('strangers of one IP address')
    else if (this.#strangers.size > STRANGERS.all) first?.close('strangers')
  }

  #forget(guard: Guard): void {
    if (!this.#strangers.delete(guard)) return
    const ofIp = this.#strangersOf.get(guard.ip)
    ofIp?.delete(guard)
    if (ofIp?.size === 0) this.#strangersOf.delete(guard.ip)
  }

  #guard(transport: Transport, guard: Guard): void {
    transport[GUARD] = guard
    transport.onPacket = takePacket
    if (transport.name === 'polling') {
      transport.onData = takePayload
      transport.onRequest = takeRequest
    } else if (transport.socket) guard.watch(transport.socket)
  }
}

/* Methods and listeners of all connections, without a closure for each. */

function takePacket(this: Transport, packet: Packet): void {
  if (this[GUARD]?.passes(packet)) inherited(this).onPacket.call(this, packet)
}

function takePayload(this: Transport, data: unknown): void {
  if (this[GUARD]?.passesPayload(data)) inherited(this).onData.call(this, data)
}

function takeRequest(this: Transport, request: Request): void {
  if (this[GUARD]?.passesRequest(request)) inherited(this).onRequest.call(this, request)
}

function inherited(transport: Transport): Transport {
  return Object.getPrototypeOf(transport)
}
