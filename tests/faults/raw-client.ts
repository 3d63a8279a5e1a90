import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { PROTOCOL_VERSION, SCHEMA_VERSION } from '#lib/protocol/version.ts'
import { webSocketFrame } from './hostile-corpus.ts'

/* Clients that send any bytes, from an IP address that a trusted proxy would report. */

export interface RawOptions {
  /** The IP address that it reports. */
  readonly ip: string
  /** The token of its handshake; without one it makes none. */
  readonly token?: string
}

/** Returns the text of the packet with which a client enters the namespace. */
function handshakePacket(token: string): string {
  const auth = {
    protocol: PROTOCOL_VERSION,
    token,
    tab: `raw${randomBytes(6).toString('hex')}`,
    connection: 0,
  }
  return `4${JSON.stringify([0, '/documents', null, auth])}`
}

export function textFrame(text: string): Uint8Array {
  return webSocketFrame({ opcode: 1, payload: new TextEncoder().encode(text) })
}

/** Opens a TCP connection whose errors only close it. */
export async function openTcp(url: string): Promise<Socket> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** A WebSocket as a TCP connection. */
export class RawWebSocket {
  readonly socket: Socket
  /** Resolves when the connection has ended. */
  readonly closed: Promise<unknown>
  /** The bytes received until the handshake was answered, one character each. */
  #heard = ''

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
  }

  /** Opens one, and makes the handshake if there is a token. `path`: the query, to upgrade another transport. */
  static async open(url: string, { ip, token }: RawOptions, query = ''): Promise<RawWebSocket> {
    const socket = await openTcp(url)
    const raw = new RawWebSocket(socket)
    socket.on('data', raw.#hear)
    const key = randomBytes(16).toString('base64')
    const head = [
      `GET /socket/?EIO=4&transport=websocket${query} HTTP/1.1`,
      'Host: 127.0.0.1',
      `X-Forwarded-For: ${ip}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    await raw.heard(query === '' ? '"sid"' : '101')
    if (token !== undefined) {
      socket.write(textFrame(handshakePacket(token)))
      await raw.heard('"/documents"')
    }
    raw.#heard = ''
    socket.off('data', raw.#hear)
    socket.resume()
    return raw
  }

  /** Joins a document. Resolves when the server has answered. */
  async join(address: string): Promise<void> {
    this.socket.on('data', this.#hear)
    const request = { address, clientId: 1, schemaVersion: SCHEMA_VERSION, cursor: null }
    await this.write(textFrame(`4${JSON.stringify([2, '/documents', 0, ['document:join', request]])}`))
    await this.heard('"ok":')
    this.socket.off('data', this.#hear)
    this.#heard = ''
    this.socket.resume()
  }

  get isClosed(): boolean {
    return this.socket.destroyed
  }

  /** Sends bytes. Resolves when the kernel has taken them, or the connection is closed. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.socket.destroyed || this.socket.write(bytes)) return
    await Promise.race([once(this.socket, 'drain').catch(() => undefined), this.closed])
  }

  close(): void {
    this.socket.destroy()
  }

  readonly #hear = (bytes: Buffer): void => {
    this.#heard += bytes.toString('latin1')
  }

  /** Resolves when the server has sent this text, or has closed the connection. */
  async heard(text: string): Promise<void> {
    while (!this.#heard.includes(text) && !this.socket.destroyed) {
      await Promise.race([once(this.socket, 'data').catch(() => undefined), this.closed])
    }
  }
}

/** A session of long polling. */
export class RawPolling {
  readonly #url: URL
  readonly #ip: string
  readonly #agent = new Agent({ keepAlive: true })
  #sid = ''

  private constructor(url: string, ip: string) {
    this.#url = new URL(url)
    this.#ip = ip
  }

  /** Opens one, and makes the handshake if there is a token. */
  static async open(url: string, { ip, token }: RawOptions): Promise<RawPolling> {
    const polling = new RawPolling(url, ip)
    const { text } = await polling.get()
    polling.#sid = /"sid":"([^"]+)"/.exec(text)?.[1] ?? ''
    if (token !== undefined) {
      await polling.post(handshakePacket(token))
      await polling.get()
    }
    return polling
  }

  get sid(): string {
    return this.#sid
  }

  get(): Promise<{ status: number; text: string }> {
    return this.#request('GET')
  }

  /** Sends a payload. Resolves to the status, 0 if the connection ended without an answer. */
  async post(payload: string): Promise<number> {
    return (await this.#request('POST', payload)).status
  }

  close(): void {
    this.#agent.destroy()
  }

  #request(method: string, body = ''): Promise<{ status: number; text: string }> {
    const sid = this.#sid === '' ? '' : `&sid=${this.#sid}`
    return new Promise((resolve) => {
      const made = request({
        host: '127.0.0.1',
        port: this.#url.port,
        path: `/socket/?EIO=4&transport=polling${sid}`,
        method,
        agent: this.#agent,
        headers: {
          'x-forwarded-for': this.#ip,
          ...(method === 'POST'
            ? { 'content-type': 'text/plain;charset=UTF-8', 'content-length': Buffer.byteLength(body) }
            : {}),
        },
      })
      const ended = (): void => resolve({ status: 0, text: '' })
      made.on('error', ended)
      made.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          text += piece
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', ended)
      })
      made.end(body)
    })
  }
}
