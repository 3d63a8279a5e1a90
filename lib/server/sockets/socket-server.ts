import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Socket as TcpSocket } from 'node:net'
import { type Namespace, Server, type Socket } from 'socket.io'
import * as v from 'valibot'
import type { Profile } from '#lib/people/profile.ts'
import type { Ended } from '#lib/people/session.ts'
import type { HeldBytes } from '#lib/process/held-bytes.ts'
import type { Log } from '#lib/process/log.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { DownEvents } from '#lib/protocol/messages/down.ts'
import { type ConnectRefusal, handshakeSchema } from '#lib/protocol/messages/session.ts'
import type { UpEvents } from '#lib/protocol/messages/up.ts'
import { Decoder, Encoder } from '#lib/protocol/packet-parser.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { NAMESPACE, PROTOCOL_VERSION } from '#lib/protocol/version.ts'
import { Bodies } from '../http/bodies.ts'
import type { LateConnections } from '../http/late-connections.ts'
import type { Origins } from '../http/origins.ts'
import { type ConnectionPorts, DocumentConnection } from './document-connection.ts'
import type { SocketData } from './document-socket.ts'
import { PacketGuards } from './packet-guards.ts'
import { PingWheel } from './ping-wheel.ts'
import { SlowReaders } from './slow-readers.ts'
import { countAcks, FrameSender, forgetRequests, keepNoRooms } from './socket-internals.ts'
import type { SocketIp, SocketKeys, SocketLimits } from './socket-limits.ts'
import type { SocketUsers, TokenUser } from './socket-users.ts'

/**
 * Maximum bytes of a message with its envelope. Long polling sends bytes as base64, and several packets in one body.
 */
const TRANSPORT_BYTES = Math.ceil((LIMITS.messageBytes * 4) / 3) + 64 * 1024
/** Time after which a connection without a successful handshake is closed, ms. */
const HANDSHAKE_MS = 15_000
/** Shortest wait that clients are asked for at a restart, ms. Each client adds a random share of the wait. */
const DRAIN_RETRY_MS = 1000
/** Wait that clients are asked for at a restart, for each open socket, ms. */
const DRAIN_RETRY_MS_EACH = 2

type ServerSocket = Socket<UpEvents, DownEvents, Record<string, never>, SocketData>
type DocumentServer = Server<UpEvents, DownEvents, Record<string, never>, SocketData>
type DocumentNamespace = Namespace<UpEvents, DownEvents, Record<string, never>, SocketData>

export interface SocketServerOptions {
  readonly httpServer: HttpServer
  readonly origins: Origins
  /** Tells which connections are refused with `too-many-connections`. */
  readonly late: Pick<LateConnections, 'isLate'> & Partial<Pick<LateConnections, 'settle'>>
  readonly users: Pick<SocketUsers, 'of'>
  readonly limits: SocketLimits
  /** Unfinished messages and bodies, by IP address. */
  readonly held: Pick<HeldBytes, 'add'>
  readonly pingInterval: number
  readonly pingTimeout: number
  readonly clock: Clock
  readonly log: Log
}

const SPENT_HANDSHAKE: ServerSocket['handshake'] = {
  headers: {},
  time: '',
  address: '',
  xdomain: false,
  secure: false,
  issued: 0,
  url: '',
  query: {},
  auth: {},
}

const versionSchema = v.object({ protocol: v.number() })

/**
 * Serves Socket.IO on its own path, with one namespace. An admitted socket belongs to a user, a session and a tab;
 * from then on DocumentConnection handles its messages.
 */
export class SocketServer {
  readonly #io: DocumentServer
  readonly #documents: DocumentNamespace
  readonly #options: SocketServerOptions
  readonly #readers: SlowReaders
  readonly #guards: PacketGuards
  readonly #wheel: PingWheel
  /** The IP address of each connection, whose request is not kept. */
  readonly #comeFrom = new WeakMap<object, SocketIp>()
  /** Connections to be refused with `too-many-connections`. */
  readonly #late = new WeakSet<object>()
  readonly #connections = new Set<DocumentConnection>()
  #draining = false
  /** Number of calls of `end`. A user that was read before a call and whose socket is not open must be read again. */
  #ends = 0

  constructor(options: SocketServerOptions) {
    this.#options = options
    const { origins, limits, late, held, clock, log } = options
    this.#readers = new SlowReaders(clock)
    const now = clock.steady
    const bodies = new Bodies({ held, keyOf: (request) => limits.ipOf(request).key, clock })
    const settle = (socket: TcpSocket) => late.settle?.(socket)
    const ports = { limits, held, bodies, settle, transportBytes: TRANSPORT_BYTES, log, now }
    this.#guards = new PacketGuards(ports)
    this.#wheel = new PingWheel({ ...options, unasked: (connection) => this.#guards.odd(connection) })
    this.#io = new Server(options.httpServer, {
      path: pathOf({ to: 'socket' }),
      parser: { Encoder, Decoder },
      transports: ['polling', 'websocket'],
      serveClient: false,
      // Upgrades on other paths belong to Next.
      destroyUpgrade: false,
      connectTimeout: HANDSHAKE_MS,
      maxHttpBufferSize: TRANSPORT_BYTES,
      pingInterval: options.pingInterval,
      pingTimeout: options.pingTimeout,
      perMessageDeflate: false,
      httpCompression: false,
      allowRequest: (request, decide) => {
        const { headers, url = '' } = request
        const { origin, host } = headers
        const allowed = origins.mayConnect({ origin, host })
        if (limits.take('connections', { ip: limits.ipOf(request).key }) > 0)
          decide('too many connections', false)
        // Polling by script elements has a transport of its own, which no browser of today needs and nothing here counts.
        else if (/[?&]j=/.test(url)) decide('JSONP is not served', false)
        else decide(allowed ? null : 'origin not allowed', allowed)
      },
    })
    this.#guards.attach(this.#io.engine)
    this.#wheel.attach(this.#io.engine)
    this.#io.engine.on('connection', (connection: object & { request: IncomingMessage }) => {
      this.#comeFrom.set(connection, options.limits.ipOf(connection.request))
      if (options.late.isLate(connection.request)) this.#late.add(connection)
    })
    forgetRequests(this.#io.engine)
    this.#io.use((_socket, next) => next(refusal('bad-message')))
    this.#documents = this.#io.of(NAMESPACE)
    keepNoRooms(this.#documents)
    this.#documents.use((socket, next) => {
      const begun = performance.now()
      this.#admit(socket).then(
        (refused) => {
          const { ip } = this.#ipOf(socket)
          const { name: transport } = socket.conn.transport
          const ms = Math.round(performance.now() - begun)
          options.log.info({ ip, transport, ms, ...(refused ? { code: refused } : {}) }, 'socket.handshake')
          next(refused ? refusal(refused) : undefined)
          // Closed in the next turn, after the answer, to make room for the next connection to be refused.
          if (this.#late.has(socket.conn)) setImmediate(() => socket.conn.close())
        },
        (error: unknown) => {
          options.log.error({ err: error }, 'socket.handshake-failed')
          next(refusal('unauthenticated'))
        },
      )
    })
  }

  /** Starts handling the messages of admitted sockets. */
  serve(ports: Omit<ConnectionPorts, 'readers' | 'presenceFrames' | 'seat'>): void {
    const readers = this.#readers
    const seat = (connection: object) => this.#guards.seat(connection)
    const all = { ...ports, readers, seat, presenceFrames: new FrameSender('presence:diff') }
    this.#documents.on('connection', (socket) => {
      const connection = new DocumentConnection(socket, all)
      countAcks(socket, () => this.#guards.odd(socket.conn))
      this.#connections.add(connection)
      socket.onAny((event: string, ...args: unknown[]) => {
        if (readers.mayAnswer(socket)) void connection.receive(event, args)
      })
      const heard = () => connection.heard()
      socket.conn.on('packet', heard)
      const since = performance.now()
      socket.on('disconnect', (reason) => {
        const seconds = Math.round((performance.now() - since) / 1000)
        this.#options.log.info({ reason, seconds }, 'socket.closed')
        socket.conn.off('packet', heard)
        readers.forget(socket)
        connection.close()
        this.#connections.delete(connection)
      })
    })
  }

  /** Shows a user's new name and hue in the documents that they join from now on. */
  rename(profile: Profile): void {
    for (const socket of this.#documents.sockets.values()) {
      if (socket.data.profile.userId === profile.userId) socket.data.profile = profile
    }
  }

  /** Asks the clients that had a document open when it was deleted to join again. */
  restored(documentId: string): void {
    for (const connection of this.#connections) connection.restored(documentId)
  }

  /** Closes every socket of a session or a user that has ended. */
  end(ended: Ended): void {
    this.#ends++
    for (const socket of this.#documents.sockets.values()) {
      const { profile, sessionId } = socket.data
      const isOver = 'userId' in ended ? profile.userId === ended.userId : sessionId === ended.sessionId
      if (isOver) socket.disconnect(true)
    }
  }

  /** Asks all clients to come back later and refuses new sockets. */
  drain(): void {
    this.#draining = true
    const retryAfterMs = Math.max(DRAIN_RETRY_MS, this.#documents.sockets.size * DRAIN_RETRY_MS_EACH)
    this.#documents.emit('server:drain', { retryAfterMs })
  }

  /** Closes every socket, and the HTTP server with them. */
  async close(): Promise<void> {
    this.#readers.close()
    this.#wheel.close()
    await this.#io.close()
  }

  /** Admits a socket. Returns the refusal, null if it was admitted. */
  async #admit(socket: ServerSocket): Promise<ConnectRefusal | null> {
    if (this.#draining) return 'draining'
    if (this.#late.has(socket.conn)) return 'too-many-connections'
    const { limits } = this.#options
    const { key } = this.#ipOf(socket)
    if (limits.take('sockets', { ip: key }) > 0) return 'rate-limited'
    const { auth } = socket.handshake
    // The version is checked first, because another version may have another handshake.
    const version = v.safeParse(versionSchema, auth)
    if (version.success && version.output.protocol !== PROTOCOL_VERSION) return 'protocol-version'
    const handshake = v.safeParse(handshakeSchema, auth)
    if (!handshake.success) return 'bad-message'
    const { token, tab, connection } = handshake.output
    let ends: number
    let user: TokenUser | null
    do {
      ends = this.#ends
      user = await this.#options.users.of(token)
    } while (user && ends !== this.#ends)
    if (!user) return 'unauthenticated'
    const { profile, aliases, cap, sessionId, expiresAt } = user
    const keys = { session: profile.userId, ip: key }
    if (limits.take('sockets', { session: keys.session, ip: '' }) > 0) return 'rate-limited'
    if (limits.isFull(keys, this.#connectedKeys())) return 'too-many-connections'
    this.#guards.admit(socket.conn, keys)
    socket.data = { profile, aliases, cap, sessionId, tab, connection, expiresAt, keys }
    // The handshake is not needed again; the token in it stays in memory no longer than necessary.
    Object.assign(socket, { handshake: SPENT_HANDSHAKE })
    return null
  }

  #ipOf({ conn }: ServerSocket): SocketIp {
    return this.#comeFrom.get(conn) ?? { ip: '', key: '' }
  }

  /** Yields the keys of all open sockets. */
  *#connectedKeys(): Iterable<SocketKeys> {
    for (const { data } of this.#documents.sockets.values()) yield data.keys
  }
}

/** Returns an error for Socket.IO's middleware: the client finds the code in `connect_error`'s `data`. */
function refusal(code: ConnectRefusal): Error {
  return Object.assign(new Error(code), { data: { code } })
}
