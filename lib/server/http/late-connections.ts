import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '#lib/protocol/clock.ts'

/** Connections accepted beyond the maximum to be refused with a reason: a share of the maximum, but at least `least`. */
const SPARE = { share: 1 / 20, least: 16 } as const
/** The share of all places that an IP address may have in connections that wait; its oldest gives way to its next. */
const WAITING_SHARE = 1 / 2
/** When all places are taken, an IP address with more than this share of them in connections that wait gives way. */
const CROWD_SHARE = 1 / 4
/** The most requests that a connection sends before the first is answered. Neither browsers nor proxies do it. */
const PIPELINED = 4
/** A connection that waited this long gives way to a new one when all places are taken, ms. */
const GIVES_WAY_MS = 4000

export interface LateConnectionOptions {
  /** Connections beyond this number are late. */
  readonly most: number
  /** Returns the IP address that a request is counted under; '' if it is not counted. */
  readonly keyOf: (request: IncomingMessage) => string
  /** Returns the same of a connection whose request has not come; '' if it may be a proxy's. */
  readonly keyOfSocket: (socket: Socket) => string
  readonly clock: Pick<Clock, 'steady'>
}

interface Waiting {
  readonly socket: Socket
  readonly key: string
  readonly since: number
}

/**
 * Counts connections, and finds those beyond a maximum. A request on such a late connection is answered
 * `too-many-connections`, and the connection ends. Only a few are accepted; Node closes any further ones without
 * reading from them.
 *
 * A connection that waits (it is silent, or idle between two requests, its body or its handshake is not complete, or
 * its request has had no turn) holds no place: when all are taken, the one that has waited longest ends, at first of an IP address
 * that has many.
 */
export class LateConnections {
  readonly #options: LateConnectionOptions
  readonly #late = new WeakSet<Socket>()
  /** The number of requests of a connection that are not answered. */
  readonly #asked = new WeakMap<Socket, number>()
  /** The waiting connections, the one that waits longest first, and the same by IP address. */
  readonly #waiting = new Map<Socket, Waiting>()
  readonly #waitingOf = new Map<string, Map<Socket, Waiting>>()
  #open = 0

  /** Counts the connections of `http` from now on. */
  constructor(http: Server, options: LateConnectionOptions) {
    this.#options = options
    const { most } = options
    http.maxConnections = most + Math.max(SPARE.least, Math.ceil(most * SPARE.share))
    http.on('connection', (socket) => {
      if (++this.#open > most && !this.#makeRoom()) this.#late.add(socket)
      this.#wait(socket, options.keyOfSocket(socket))
      socket.once('close', () => {
        this.#open--
        this.settle(socket)
      })
    })
  }

  /** Returns true if this request came over a late connection. */
  isLate({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
    return this.#late.has(socket)
  }

  /**
   * Notes a request: from now on its IP address is known, and after its answer the connection waits again. Ends a
   * connection that sent too many together.
   */
  requested(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const key = this.#options.keyOf(request)
    const asked = (this.#asked.get(socket) ?? 0) + 1
    this.#asked.set(socket, asked)
    if (asked > PIPELINED) socket.destroy()
    if (socket.destroyed) return
    this.#wait(socket, key)
    response.once('finish', () => {
      this.#asked.set(socket, (this.#asked.get(socket) ?? 1) - 1)
      if (!socket.destroyed) this.#wait(socket, key)
    })
  }

  /** Notes that a request is being answered, as soon as its body is complete. */
  answering(request: IncomingMessage): void {
    const settle = () => this.settle(request.socket)
    if (Number(request.headers['content-length'] ?? 0) > 0) request.once('end', settle)
    else settle()
  }

  /** Notes an upgrade: the connection waits for its handshake. */
  upgraded(request: IncomingMessage): void {
    this.#wait(request.socket, this.#options.keyOf(request))
  }

  /** Notes that a connection no longer waits for its client. Idempotent. */
  settle(socket: Socket): void {
    const waiting = this.#waiting.get(socket)
    if (!waiting) return
    this.#waiting.delete(socket)
    const ofKey = this.#waitingOf.get(waiting.key)
    ofKey?.delete(socket)
    if (ofKey?.size === 0) this.#waitingOf.delete(waiting.key)
  }

  #wait(socket: Socket, key: string): void {
    this.settle(socket)
    const waiting: Waiting = { socket, key, since: this.#options.clock.steady() }
    this.#waiting.set(socket, waiting)
    const ofKey = this.#waitingOf.get(key) ?? new Map<Socket, Waiting>()
    this.#waitingOf.set(key, ofKey.set(socket, waiting))
    const [oldest] = ofKey.values()
    if (key !== '' && oldest && ofKey.size > this.#options.most * WAITING_SHARE) this.#end(oldest)
  }

  /** Ends a waiting connection. Returns false if none may end. */
  #makeRoom(): boolean {
    const { most, clock } = this.#options
    let crowd: ReadonlyMap<Socket, Waiting> | undefined
    for (const [key, ofKey] of this.#waitingOf) {
      if (key !== '' && ofKey.size > (crowd?.size ?? most * CROWD_SHARE)) crowd = ofKey
    }
    const [ofCrowd] = crowd?.values() ?? []
    if (ofCrowd) return this.#end(ofCrowd)
    const [oldest] = this.#waiting.values()
    return oldest !== undefined && clock.steady() - oldest.since >= GIVES_WAY_MS && this.#end(oldest)
  }

  #end(waiting: Waiting): true {
    this.settle(waiting.socket)
    waiting.socket.destroy()
    return true
  }
}
