import { io, type Socket } from 'socket.io-client'
import type { Clock } from '#lib/protocol/clock.ts'
import { ERROR_BANDS, type ErrorCode, isRetryable, type Refusal, refusalIn } from '#lib/protocol/errors.ts'
import { type Asked, type AskRequest, accessAsk } from '#lib/protocol/messages/access.ts'
import { documentCompare } from '#lib/protocol/messages/compare.ts'
import { documentPull } from '#lib/protocol/messages/history.ts'
import { documentJoin, documentLeave } from '#lib/protocol/messages/join.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import { type PresenceDiffBody, presenceSet } from '#lib/protocol/messages/presence.ts'
import { type Handshake, sessionRenew } from '#lib/protocol/messages/session.ts'
import { documentUpdate } from '#lib/protocol/messages/update.ts'
import * as parser from '#lib/protocol/packet-parser.ts'
import { report } from '#lib/protocol/report.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { NAMESPACE, PROTOCOL_VERSION } from '#lib/protocol/version.ts'
import { BackOff } from './back-off.ts'
import type { Channel } from './channel.ts'
import { type Authenticate, Credential } from './credential.ts'
import { ask, bytesOf, listen, send } from './messages.ts'
import { boundPayloads } from './polling-payloads.ts'
import type { Receiver } from './receiver.ts'

export interface ConnectionOptions {
  /** Origin of the server, like `https://write.example.org`. */
  readonly url: string
  readonly auth: Authenticate
  readonly clock: Clock
  readonly receiver: Receiver
  /** Transports to try, in order. */
  readonly transports: readonly ('websocket' | 'polling')[]
  readonly onPresence: (diff: PresenceDiffBody) => void
  readonly onAsked: (asked: Asked) => void
  readonly onNotice: (code: Notice['code']) => void
}

/** Refusals after which the same socket may still receive a new token. */
const RENEWABLE: ReadonlySet<ErrorCode> = new Set([
  'rate-limited',
  'internal',
  'storage-slow',
  'storage-failed',
])
const CONNECT_MS = 10_000

/**
 * The socket of one provider. Connects, authenticates, reconnects with a back-off (`back-off.ts`), and hands what
 * arrives to the receiver.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #credential: Credential
  readonly #tab = randomId()
  readonly #backOff: BackOff
  #connections = 0
  #lostAt: number | null = null
  #draining: number | null = null
  #problem: ErrorCode | null = null
  #refused: ErrorCode | null = null
  #roundTripMs: number | null = null
  #cancelRetry: (() => void) | null = null
  #closed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#backOff = new BackOff(options.clock)
    this.#credential = new Credential({
      authenticate: options.auth,
      clock: options.clock,
      renew: (token) => this.#renew(token),
      owner: options.receiver,
    })
    this.#socket = io(`${options.url.replace(/\/+$/, '')}${NAMESPACE}`, {
      path: pathOf({ to: 'socket' }),
      transports: [...options.transports],
      tryAllTransports: true,
      parser,
      forceNew: true,
      autoConnect: false,
      reconnection: false,
      timeout: CONNECT_MS,
      auth: (give) => void this.#authenticate(give),
    })
    this.#listen()
  }

  get connected(): boolean {
    return this.#socket.connected
  }
  /** When the connection was lost, ms since the epoch. Null while connected, and before the first connection. */
  get lostAt(): number | null {
    return this.#lostAt
  }
  get draining(): boolean {
    return this.#draining !== null
  }
  get problem(): ErrorCode | null {
    return this.#problem
  }
  /** The refusal that keeps this connection or its join out for now; null once the server has accepted them. */
  get hindrance(): ErrorCode | null {
    return this.#credential.ended ? 'session-expired' : this.#refused
  }
  get roundTripMs(): number | null {
    return this.#roundTripMs
  }
  get transport(): 'websocket' | 'polling' | null {
    if (!this.#socket.connected) return null
    return this.#socket.io.engine.transport.name === 'polling' ? 'polling' : 'websocket'
  }

  /** Connects now, without waiting for the back-off. Idempotent. */
  connect(): void {
    if (this.#closed || this.#problem) return
    if (this.#socket.connected) {
      this.#credential.retryNow()
      return
    }
    this.#cancelRetry?.()
    this.#cancelRetry = null
    this.#socket.connect()
    // Each attempt has an engine of its own.
    boundPayloads(this.#socket.io.engine)
  }

  /** Sends `presence:set`. Drops it if there is no connection, because it is sent again after the join. */
  sendPresence(body: Uint8Array): void {
    if (this.#socket.connected) send(this.#socket, presenceSet, body)
  }

  /** Asks the owner of the document for a role. Rejects if there is no answer. */
  async ask(request: AskRequest): Promise<{ readonly ok: true } | Refusal> {
    const { answer } = await ask(this.#socket, accessAsk, request)
    return answer
  }

  close(): void {
    this.#closed = true
    this.#credential.disconnected()
    this.#cancelRetry?.()
    this.#socket.removeAllListeners()
    this.#socket.disconnect()
    this.#socket.io.removeAllListeners()
  }

  #listen(): void {
    const socket = this.#socket
    const { receiver, onPresence, onAsked, onNotice } = this.#options
    socket.on('connect', () => {
      this.#backOff.reset()
      this.#lostAt = null
      this.#draining = null
      this.#refused = null
      this.#credential.connected()
      socket.io.engine.on('upgrade', () => receiver.changed())
      receiver.connected(this.#channel())
    })
    socket.on('disconnect', () => {
      this.#credential.disconnected()
      this.#lost()
      receiver.disconnected()
    })
    socket.on('connect_error', (error) => {
      const code = codeIn(error)
      if (code && !isRetryable(code)) this.#problem = code
      this.#refused = code
      if (code === 'unauthenticated') this.#credential.disbelieved()
      this.#lost()
    })
    listen(
      socket,
      {
        'document:update': (row) => receiver.receiveRow(row),
        'document:ack': (ack) => receiver.receiveAck(ack),
        'document:chunk': (chunk, bytes, received) => receiver.receiveChunk(chunk, bytesOf(bytes), received),
        'document:reset': (reset) => receiver.receiveReset(reset),
        'document:role': (change) => receiver.receiveRole(change),
        'access:asked': onAsked,
        'presence:diff': onPresence,
        'server:notice': (notice) => {
          receiver.receiveNotice(notice)
          onNotice(notice.code)
        },
        'server:drain': ({ retryAfterMs }) => {
          this.#draining = retryAfterMs
          receiver.changed()
        },
      },
      (error) => this.#failed(error),
    )
  }

  /**
   * Ends a connection that brought an unusable message. The next connection starts with a join, which brings
   * everything again.
   */
  #failed(error: unknown): void {
    report('a message of the server could not be used', error, 'error')
    this.#socket.disconnect()
    this.#lost()
  }

  #lost(): void {
    this.#lostAt ??= this.#options.clock.now()
    this.#options.receiver.changed()
    if (this.#closed || this.#problem || this.#cancelRetry) return
    const { random } = this.#options.clock
    const backOff = this.#backOff.next()
    const wait = this.#draining === null ? backOff : Math.max(backOff, this.#draining * (1 + random()))
    this.#cancelRetry = this.#options.clock.after(wait, () => {
      this.#cancelRetry = null
      this.connect()
    })
  }

  async #authenticate(give: (data: Handshake) => void): Promise<void> {
    const { engine } = this.#socket.io
    // Socket.IO would send a late token over the connection of the next attempt, which requests its own.
    const late = (): boolean => engine !== this.#socket.io.engine || engine.readyState !== 'open'
    try {
      const token = await this.#credential.token()
      if (late()) return
      give({ protocol: PROTOCOL_VERSION, token, tab: this.#tab, connection: ++this.#connections })
    } catch (error) {
      if (late()) return
      // The site is unreachable or refuses the token: treated like a lost connection.
      this.#refused = refusalIn(error)?.code ?? null
      this.#socket.disconnect()
      this.#lost()
    }
  }

  async #renew(token: string): Promise<{ readonly ok: true } | Refusal> {
    const { answer } = await ask(this.#socket, sessionRenew, { token })
    // The user has signed in again, which is another session. This socket cannot be moved to it; a new one can.
    if (!answer.ok && !RENEWABLE.has(answer.code)) {
      this.#socket.disconnect()
      this.connect()
    }
    return answer
  }

  #channel(): Channel {
    const socket = this.#socket
    const timed = async <T>(asked: Promise<T>): Promise<T> => {
      const begun = this.#options.clock.steady()
      const answer = await asked
      this.#roundTripMs = Math.round(this.#options.clock.steady() - begun)
      return answer
    }
    return {
      join: async (request) => {
        const asked = await timed(ask(socket, documentJoin, request))
        this.#refused = !asked.answer.ok && isRetryable(asked.answer.code) ? asked.answer.code : null
        return asked
      },
      pull: (request) => timed(ask(socket, documentPull, request)),
      compare: (request) => ask(socket, documentCompare, request),
      update: (batch, received) => send(socket, documentUpdate, batch, received),
      leave: (room) => send(socket, documentLeave, { room }),
    }
  }
}

/** Returns the code of a refused connection, or null if it failed without a refusal. */
function codeIn(error: Error): ErrorCode | null {
  const code: unknown = 'data' in error ? (error.data as { code?: unknown } | undefined)?.code : undefined
  return typeof code === 'string' && Object.hasOwn(ERROR_BANDS, code) ? (code as ErrorCode) : null
}

/** Returns 22 random characters. `crypto.randomUUID` is missing on plain HTTP. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(22))
  return Array.from(bytes, (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef'[byte & 31]).join('')
}
