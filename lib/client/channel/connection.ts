import { io, type Socket } from 'socket.io-client'
import * as v from 'valibot'
import type { Clock } from '#lib/protocol/clock.ts'
import { ERROR_BANDS, type ErrorCode, isRetryable, type Refusal, refusalIn } from '#lib/protocol/errors.ts'
import {
  type Asked,
  type AskRequest,
  ackSchema,
  askAnswerSchema,
  askedSchema,
  chunkSchema,
  compareAnswerSchema,
  type DownEvents,
  drainSchema,
  type Handshake,
  joinAnswerSchema,
  type Notice,
  noticeSchema,
  pullAnswerSchema,
  renewAnswerSchema,
  resetSchema,
  roleChangeSchema,
  type UpEvents,
} from '#lib/protocol/events.ts'
import * as parser from '#lib/protocol/packet-parser.ts'
import { report } from '#lib/protocol/report.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { NAMESPACE, PROTOCOL_VERSION } from '#lib/protocol/version.ts'
import { BackOff } from './back-off.ts'
import type { Channel } from './channel.ts'
import { type Authenticate, Credential } from './credential.ts'
import type { Receiver } from './receiver.ts'

export interface ConnectionOptions {
  /** Origin of the server, like `https://write.example.org`. */
  readonly url: string
  readonly auth: Authenticate
  readonly clock: Clock
  readonly receiver: Receiver
  /** Transports to use, in order. */
  readonly transports: readonly ('websocket' | 'polling')[]
  readonly onPresence: (diff: Uint8Array) => void
  readonly onAsked: (asked: Asked) => void
  readonly onNotice: (code: Notice['code']) => void
}

const ANSWER_MS = 20_000
/** The server compares when it has nothing better to do. */
const COMPARED_MS = 120_000
/** Refusals after which the same socket may yet be given a new token. */
const RENEWABLE: ReadonlySet<ErrorCode> = new Set([
  'rate-limited',
  'internal',
  'storage-slow',
  'storage-failed',
])
const CONNECT_MS = 10_000

/**
 * The socket of one provider: connects, authenticates, comes back after a loss with full-jitter back-off
 * (AWS Architecture Blog, "Exponential Backoff And Jitter"), and hands what arrives to the receiver.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #socket: Socket<DownEvents, UpEvents>
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
  /** When the connection was lost, ms since the epoch; null while there is one, or before the first. */
  get lostAt(): number | null {
    return this.#lostAt
  }
  get draining(): boolean {
    return this.#draining !== null
  }
  get problem(): ErrorCode | null {
    return this.#problem
  }
  /** Why the server does not let this connection, or its join, in, though it is tried again; null once it did. */
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

  /** Connects now, whatever the back-off says. Harmless while connected. */
  connect(): void {
    if (this.#closed || this.#problem) return
    if (this.#socket.connected) {
      this.#credential.retryNow()
      return
    }
    this.#cancelRetry?.()
    this.#cancelRetry = null
    this.#socket.connect()
  }

  /** Sends `presence:set`; dropped when there is no connection (it is sent again after the join). */
  sendPresence(body: Uint8Array): void {
    if (this.#socket.connected) this.#socket.emit('presence:set', body)
  }

  /** Asks the owner for a role. Resolves with the answer; rejects when there is none. */
  async ask(request: AskRequest): Promise<{ readonly ok: true } | Refusal> {
    const { answer } = await ask(
      (answered) => this.#socket.timeout(ANSWER_MS).emit('access:ask', request, answered),
      askAnswerSchema,
    )
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
    const { receiver, onPresence } = this.#options
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
    socket.on('document:update', (row) => this.#guard(() => receiver.receiveRow(bytesOf(row))))
    socket.on('document:ack', (ack) => this.#guard(() => receiver.receiveAck(v.parse(ackSchema, ack))))
    socket.on('document:chunk', (chunk, bytes, received) =>
      this.#guard(() => receiver.receiveChunk(v.parse(chunkSchema, chunk), bytesOf(bytes), received)),
    )
    socket.on('document:reset', (reset) =>
      this.#guard(() => receiver.receiveReset(v.parse(resetSchema, reset))),
    )
    socket.on('document:role', (change) =>
      this.#guard(() => receiver.receiveRole(v.parse(roleChangeSchema, change))),
    )
    socket.on('access:asked', (asked) =>
      this.#guard(() => this.#options.onAsked(v.parse(askedSchema, asked))),
    )
    socket.on('presence:diff', (diff) => this.#guard(() => onPresence(bytesOf(diff))))
    socket.on('server:notice', (notice) =>
      this.#guard(() => {
        const parsed = v.parse(noticeSchema, notice)
        receiver.receiveNotice(parsed)
        this.#options.onNotice(parsed.code)
      }),
    )
    socket.on('server:drain', (drain) =>
      this.#guard(() => {
        this.#draining = v.parse(drainSchema, drain).retryAfterMs
        receiver.changed()
      }),
    )
  }

  /** What cannot be understood ends this connection; the next one begins with a join, which brings all of it again. */
  #guard(take: () => void): void {
    try {
      take()
    } catch (error) {
      report('a message of the server could not be used', error, 'error')
      this.#socket.disconnect()
      this.#lost()
    }
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
    // Socket.IO would send a late token over the connection of the next attempt, which asks for its own.
    const late = (): boolean => engine !== this.#socket.io.engine || engine.readyState !== 'open'
    try {
      const token = await this.#credential.token()
      if (late()) return
      give({ protocol: PROTOCOL_VERSION, token, tab: this.#tab, connection: ++this.#connections })
    } catch (error) {
      if (late()) return
      // The site is out of reach, or will not know us: the same as no connection.
      this.#refused = refusalIn(error)?.code ?? null
      this.#socket.disconnect()
      this.#lost()
    }
  }

  async #renew(token: string): Promise<{ readonly ok: true } | Refusal> {
    const { answer } = await ask(
      (answered) => this.#socket.timeout(ANSWER_MS).emit('session:renew', { token }, answered),
      renewAnswerSchema,
    )
    // Signed in again means another session: this socket cannot become its, a new one can.
    if (!answer.ok && !RENEWABLE.has(answer.code)) {
      this.#socket.disconnect()
      this.connect()
    }
    return answer
  }

  #channel(): Channel {
    const socket = this.#socket
    const timed = async <T>(ask: Promise<T>): Promise<T> => {
      const begun = this.#options.clock.steady()
      const answer = await ask
      this.#roundTripMs = Math.round(this.#options.clock.steady() - begun)
      return answer
    }
    return {
      join: async (request) => {
        const asked = await timed(
          ask(
            (answered) => socket.timeout(ANSWER_MS).emit('document:join', request, answered),
            joinAnswerSchema,
          ),
        )
        this.#refused = !asked.answer.ok && isRetryable(asked.answer.code) ? asked.answer.code : null
        return asked
      },
      pull: (request) =>
        timed(
          ask(
            (answered) => socket.timeout(ANSWER_MS).emit('document:pull', request, answered),
            pullAnswerSchema,
          ),
        ),
      compare: (request) =>
        ask(
          (answered) => socket.timeout(COMPARED_MS).emit('document:compare', request, answered),
          compareAnswerSchema,
        ),
      update: (batch, received) =>
        received ? socket.emit('document:update', batch, received) : socket.emit('document:update', batch),
      leave: (room) => socket.emit('document:leave', { room }),
    }
  }
}

/** Emits, waits for the acknowledgement (its error first, then the answer and perhaps bytes), and checks it. */
function ask<Schema extends v.GenericSchema>(
  emit: (answered: (error: Error | null, answer: unknown, history?: unknown) => void) => void,
  schema: Schema,
): Promise<{ answer: v.InferOutput<Schema>; history: Uint8Array | null }> {
  return new Promise((resolve, reject) => {
    emit((error, answer, history) => {
      if (error) {
        reject(error)
        return
      }
      const parsed = v.safeParse(schema, answer)
      if (parsed.success)
        resolve({ answer: parsed.output, history: history instanceof Uint8Array ? history : null })
      else reject(new Error('the answer of the server is malformed'))
    })
  })
}

/** The code of a refused connection; null when it was not refused but failed. */
function codeIn(error: Error): ErrorCode | null {
  const code: unknown = 'data' in error ? (error.data as { code?: unknown } | undefined)?.code : undefined
  return typeof code === 'string' && Object.hasOwn(ERROR_BANDS, code) ? (code as ErrorCode) : null
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new TypeError('bytes expected')
}

/** 22 characters; `crypto.randomUUID` is missing on plain http. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(22))
  return Array.from(bytes, (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef'[byte & 31]).join('')
}
