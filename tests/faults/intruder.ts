import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import * as decoding from 'lib0/decoding'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import type { Joined } from '#lib/protocol/messages/join.ts'
import { encodeBatch } from '#lib/protocol/messages/update.ts'
import { PROTOCOL_VERSION } from '#lib/protocol/version.ts'
import { connected, join, openSocket, type TestSocket } from '../server/guest.ts'
import { type Sent, webSocketFrame } from './hostile-corpus.ts'

/** An answer that takes longer is regarded as missing. */
const ANSWERS_WITHIN_MS = 10_000
/** The most that fits into one message; the rest is sent in parts. */
const PART_BYTES = 512 * 1024

/** A client with a valid token and the role of an editor that keeps to no other rule. */
export class Intruder {
  readonly #url: string
  readonly #address: string
  readonly #token: () => string
  #socket: TestSocket | null = null
  #joined: Joined | null = null
  #lastClientId = 0x0100_0000

  constructor(url: string, address: string, token: () => string) {
    this.#url = url
    this.#address = address
    this.#token = token
  }

  /** Joins again if the connection is gone. Returns the room. */
  async enter(): Promise<number> {
    if (this.#socket?.connected && this.#joined) return this.#joined.room
    this.#socket?.disconnect()
    const socket = openSocket(this.#url, { token: this.#token() })
    await connected(socket)
    const joined = await join(socket, { address: this.#address, clientId: ++this.#lastClientId })
    if (!joined.ok) throw new Error(`not let in: ${JSON.stringify(joined)}`)
    this.#socket = socket
    this.#joined = joined
    return joined.room
  }

  /**
   * Sends one input. Resolves when the server has dealt with it: it answered a later message, or closed the
   * connection.
   */
  async send(inputs: readonly Sent[]): Promise<void> {
    const room = await this.enter()
    for (const input of inputs) {
      if (input.as === 'frame') await this.#raw(input.bytes)
      else if (input.as === 'text') await this.#raw(textFrame(input.text))
      else this.#emit(room, input)
    }
    await this.#answered(room)
  }

  close(): void {
    this.#socket?.disconnect()
  }

  #emit(room: number, input: Extract<Sent, { as: 'updates' | 'event' }>): void {
    const socket = this.#socket as unknown as { emit(event: string, ...args: unknown[]): void }
    if (input.as === 'event') {
      try {
        socket.emit(input.event, ...input.args)
      } catch {
        // Event names that the client library reserves are sent by hand.
        const packet = JSON.stringify([2, '/documents', null, [input.event, { a: 1 }]])
        this.#socket?.io.engine.write(packet)
      }
      return
    }
    const clientId = input.clientId ?? clientOf(input.updates.at(-1)) ?? ++this.#lastClientId
    const payload = encodeUpdates(input.updates)
    const parts = Math.max(1, Math.ceil(payload.length / PART_BYTES))
    for (let part = 0; part < parts; part++) {
      const piece = payload.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)
      const batch = { room, clientId, n: 1, part, parts, restore: false, payload: piece }
      socket.emit('document:update', encodeBatch(batch))
    }
  }

  /** Waits for the answer to a pull, which comes in the order of the connection. */
  async #answered(room: number): Promise<void> {
    const socket = this.#socket
    if (!socket?.connected) return
    await new Promise<void>((resolve, reject) => {
      const end = (error?: Error): void => {
        clearTimeout(timer)
        socket.off('disconnect', gone)
        if (error) reject(error)
        else resolve()
      }
      const gone = (): void => end()
      const timer = setTimeout(() => end(new Error('the server does not answer')), ANSWERS_WITHIN_MS)
      socket.on('disconnect', gone)
      socket.emit('document:pull', { room, seq: Number.MAX_SAFE_INTEGER }, () => end())
    })
  }

  /**
   * Opens a WebSocket of its own, enters the namespace and sends these bytes. Resolves when it is closed or 50 ms
   * pass without data.
   */
  async #raw(bytes: Uint8Array): Promise<void> {
    const { port } = new URL(this.#url)
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
    socket.on('error', () => undefined) // the socket then closes, which is the answer
    await once(socket, 'connect')
    const key = randomBytes(16).toString('base64')
    const path = '/socket/?EIO=4&transport=websocket'
    const head = ['Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
    socket.write(`GET ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`)
    await once(socket, 'data')
    const auth = {
      protocol: PROTOCOL_VERSION,
      token: this.#token(),
      tab: `raw${randomBytes(4).toString('hex')}`,
      connection: 0,
    }
    socket.write(textFrame(`4${JSON.stringify([0, '/documents', null, auth])}`))
    await letIn(socket)
    socket.write(bytes)
    const quiet = await Promise.race([closed(socket), pinged(socket)])
    if (quiet) socket.destroy()
  }
}

/** Resolves with false when the socket is closed, by a reset too: a server may close while bytes are still on the way. */
function closed(socket: Socket): Promise<false> {
  return new Promise((resolve) => socket.once('close', () => resolve(false)))
}

function letIn(socket: Socket): Promise<unknown> {
  let heard = ''
  return new Promise((resolve) => {
    const listen = (data: Buffer): void => {
      heard += data.toString('latin1')
      if (!heard.includes('/documents')) return
      socket.off('data', listen)
      resolve(null)
    }
    socket.on('data', listen)
    socket.once('close', resolve)
  })
}

/**
 * Sends a WebSocket ping, whose answer comes after everything before it was taken; an incomplete frame swallows it.
 */
function pinged(socket: Socket): Promise<boolean> {
  socket.write(webSocketFrame({ opcode: 9 }))
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), 50)
    socket.once('data', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

function textFrame(text: string): Uint8Array {
  return webSocketFrame({ opcode: 1, payload: new TextEncoder().encode(text) })
}

/** Returns the client of the first structs in an update, or null if it cannot be read. */
function clientOf(update: Uint8Array | undefined): number | null {
  try {
    const decoder = decoding.createDecoder(update ?? new Uint8Array())
    if (decoding.readVarUint(decoder) === 0) return null
    decoding.readVarUint(decoder)
    const client = decoding.readVarUint(decoder)
    return client <= 0xffff_ffff ? client : null
  } catch {
    return null
  }
}
