import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { io, type Socket } from 'socket.io-client'
import * as Y from 'yjs'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import type { DownEvents } from '#lib/protocol/messages/down.ts'
import type { Joined, JoinRequest } from '#lib/protocol/messages/join.ts'
import type { SessionAnswer } from '#lib/protocol/messages/session.ts'
import type { UpEvents } from '#lib/protocol/messages/up.ts'
import { encodeBatch } from '#lib/protocol/messages/update.ts'
import { Decoder, Encoder } from '#lib/protocol/packet-parser.ts'
import { NAMESPACE, PROTOCOL_VERSION, SCHEMA_VERSION } from '#lib/protocol/version.ts'
import { paragraphOf } from '../support/paragraph.ts'

export type TestSocket = Socket<DownEvents, UpEvents>

/** A browser's cookie jar and nothing else, talking to a server's routes. */
export class Guest {
  readonly #url: string
  cookie = ''

  constructor(url: string) {
    this.#url = url
  }

  /** POSTs and stores the cookies of the answer. `body`: an object is sent as JSON, URLSearchParams as a form. */
  async post(
    path: string,
    body?: object | URLSearchParams,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const isForm = body instanceof URLSearchParams
    const response = await fetch(this.#url + path, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...(body && !isForm ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body ? { body: isForm ? body : JSON.stringify(body) } : {}),
    })
    const [set] = response.headers.getSetCookie()
    if (set) this.cookie = set.split(';', 1)[0] ?? ''
    return response
  }

  /** Adds the cookies of an answer to the jar. */
  keep(response: Response): void {
    const jar = new Map(
      this.cookie === '' ? [] : this.cookie.split('; ').map((pair) => [pair.split('=', 1)[0], pair]),
    )
    for (const set of response.headers.getSetCookie()) {
      const [pair = ''] = set.split(';', 1)
      jar.set(pair.split('=', 1)[0], pair)
    }
    this.cookie = [...jar.values()].join('; ')
  }

  /** Fetches a page without following redirects. */
  get(path: string): Promise<Response> {
    return fetch(this.#url + path, {
      redirect: 'manual',
      headers: this.cookie ? { cookie: this.cookie } : {},
    })
  }

  async session(): Promise<SessionAnswer> {
    return (await this.post('/api/session')).json()
  }

  /** Creates a document and returns its address. */
  async createDocument(): Promise<string> {
    const { address } = await (await this.post('/api/documents', {})).json()
    return address
  }

  /** Returns a connected socket of this guest. */
  async connect(handshake: Record<string, unknown> = {}): Promise<TestSocket> {
    const { token } = await this.session()
    const socket = openSocket(this.#url, { token, ...handshake })
    await connected(socket)
    return socket
  }
}

/** Opens a socket with a valid handshake, changed by `handshake`. It does not reconnect by itself. */
export function openSocket(
  url: string,
  handshake: Record<string, unknown>,
  options: { headers?: Record<string, string>; transports?: string[] } = {},
): TestSocket {
  return io(url + NAMESPACE, {
    path: '/socket',
    parser: { Encoder, Decoder },
    transports: options.transports ?? ['websocket'],
    reconnection: false,
    forceNew: true,
    auth: { protocol: PROTOCOL_VERSION, tab: randomUUID(), connection: 0, ...handshake },
    ...(options.headers ? { extraHeaders: options.headers } : {}),
  })
}

/** Resolves when the socket is connected. Rejects with the refusal's code, or with the transport's message. */
export function connected(socket: TestSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', (error) => {
      const { data } = error as Error & { data?: { code: string } }
      socket.disconnect()
      reject(new Error(data?.code ?? error.message))
    })
  })
}

export interface JoinedDocument extends Joined {
  readonly history: Uint8Array | undefined
}

/** Joins a document. Resolves to the answer with its history, or to the refusal. */
export function join(socket: TestSocket, request: Partial<JoinRequest>): Promise<JoinedDocument> {
  const whole = { address: '', clientId: 1, schemaVersion: SCHEMA_VERSION, cursor: null, ...request }
  return new Promise((resolve) => {
    socket.emit('document:join', whole, (answer, history) => resolve({ ...(answer as Joined), history }))
  })
}

/** Returns one batch with one insertion into a new XmlText of the body. */
export function batchOf(
  room: number,
  clientId: number,
  n: number,
  text: string,
  after = new Y.Doc(),
): Uint8Array {
  after.clientID = clientId
  let update: Uint8Array = new Uint8Array()
  after.once('update', (bytes: Uint8Array) => {
    update = bytes
  })
  after.getXmlFragment('body').insert(0, [paragraphOf(text)])
  return encodeBatch({
    room,
    clientId,
    n,
    part: 0,
    parts: 1,
    restore: false,
    payload: encodeUpdates([update]),
  })
}

/** Resolves to the next event of that name. Rejects after its deadline. */
export async function next<T extends unknown[]>(socket: TestSocket, event: string): Promise<T> {
  const signal = AbortSignal.timeout(5000)
  return (await once(socket as never, event, { signal })) as T
}
