import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/*
 * A WebSocket client with almost no overhead, so that the generator runs hundreds of them on one core and the server
 * is what is measured. Server frames are parsed in place; client frames are masked with zeros, which changes no byte.
 */

/** All sockets read into it in turn: data to keep must be copied. */
const READ_BUFFER = Buffer.allocUnsafe(256 * 1024)
const NOTHING = Buffer.alloc(0)

const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10

/** Takes one data frame. `payload` is valid only during the call. */
export type FrameListener = (payload: Buffer, binary: boolean) => void

export class RawSocket {
  /** Data frames received, and bytes received with all their framing. */
  frames = 0
  bytes = 0
  onFrame: FrameListener = () => undefined
  onClose: (why: string) => void = () => undefined
  closed = false
  readonly #socket: Socket
  #upgraded: (() => void) | null = null
  /** Bytes of an incomplete frame, and how many are needed to go on. */
  #parts: Buffer[] = []
  #held = 0
  #needed = 0
  /** Bytes per ms taken from the network; 0 for as they come. */
  #pace = 0
  #allowance = 0
  #refill: NodeJS.Timeout | null = null

  private constructor(port: number) {
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (length) => this.#take(READ_BUFFER.subarray(0, length)) },
    })
    this.#socket.on('error', (error) => this.#end(error.message))
    this.#socket.on('close', () => this.#end('closed'))
  }

  /** Connects and upgrades. `listener` receives frames from the first one on. */
  static open(port: number, path: string, listener: FrameListener): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const raw = new RawSocket(port)
      raw.onFrame = listener
      raw.#upgraded = () => {
        raw.onClose = () => undefined
        resolve(raw)
      }
      raw.onClose = (why) => reject(new Error(`no WebSocket at ${path}: ${why}`))
      const key = randomBytes(16).toString('base64')
      raw.#socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      )
    })
  }

  sendText(text: string): void {
    this.#send(TEXT, Buffer.from(text))
  }

  sendBinary(bytes: Uint8Array): void {
    this.#send(BINARY, bytes)
  }

  /** Limits the bytes taken from the network to `bitsPerSecond` from now on. */
  throttle(bitsPerSecond: number): void {
    const tickMs = 20
    this.#pace = bitsPerSecond / 8000
    this.#refill = setInterval(() => {
      this.#allowance = Math.min(this.#allowance + this.#pace * tickMs, this.#pace * 1000)
      if (this.#allowance > 0) this.#socket.resume()
    }, tickMs)
  }

  close(): void {
    this.closed = true
    if (this.#refill) clearInterval(this.#refill)
    this.#socket.destroy()
  }

  #end(why: string): void {
    if (this.closed) return
    this.close()
    this.onClose(why)
  }

  #send(opcode: number, payload: Uint8Array): void {
    if (this.closed) return
    const { length } = payload
    const header = length < 126 ? 6 : length < 65_536 ? 8 : 14
    const frame = Buffer.allocUnsafe(header + length)
    frame[0] = 0x80 | opcode
    if (length < 126) frame[1] = 0x80 | length
    else if (length < 65_536) {
      frame[1] = 0x80 | 126
      frame.writeUInt16BE(length, 2)
    } else {
      frame[1] = 0x80 | 127
      frame.writeBigUInt64BE(BigInt(length), 2)
    }
    frame.writeUInt32BE(0, header - 4)
    frame.set(payload, header)
    this.#socket.write(frame)
  }

  /** Takes a chunk. Returns false to stop reading until there is allowance again. */
  #take(chunk: Buffer): boolean {
    this.bytes += chunk.length
    if (this.#pace > 0) this.#allowance -= chunk.length
    let bytes = chunk
    if (this.#held > 0) {
      this.#parts.push(Buffer.from(chunk))
      this.#held += chunk.length
      if (this.#held < this.#needed) return this.#mayRead()
      bytes = Buffer.concat(this.#parts, this.#held)
      this.#parts = []
      this.#held = 0
    }
    const rest = this.#upgraded ? this.#readAnswer(bytes) : this.#readFrames(bytes)
    if (rest.length > 0 && !this.closed) {
      this.#parts.push(Buffer.from(rest))
      this.#held = rest.length
    }
    return this.#mayRead()
  }

  #mayRead(): boolean {
    return this.#pace === 0 || this.#allowance > 0
  }

  #readAnswer(bytes: Buffer): Buffer {
    const end = bytes.indexOf('\r\n\r\n')
    this.#needed = bytes.length + 1
    if (end < 0) return bytes
    const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'))
    if (!status.startsWith('HTTP/1.1 101')) {
      this.#end(status)
      return NOTHING
    }
    this.#upgraded?.()
    this.#upgraded = null
    return this.#readFrames(bytes.subarray(end + 4))
  }

  #readFrames(bytes: Buffer): Buffer {
    let at = 0
    while (bytes.length - at >= 2) {
      const first = bytes[at] ?? 0
      let length = bytes[at + 1] ?? 0
      let header = 2
      if (length >= 126) {
        header = length === 126 ? 4 : 10
        if (bytes.length - at < header) break
        length = header === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
      }
      if (bytes.length - at < header + length) {
        this.#needed = header + length
        return bytes.subarray(at)
      }
      const payload = bytes.subarray(at + header, at + header + length)
      at += header + length
      this.#receive(first, payload)
      if (this.closed) return NOTHING
    }
    this.#needed = bytes.length - at + 1
    return bytes.subarray(at)
  }

  #receive(first: number, payload: Buffer): void {
    const opcode = first & 0x0f
    if ((opcode === TEXT || opcode === BINARY) && first >= 0x80) {
      this.frames++
      this.onFrame(payload, opcode === BINARY)
    } else if (opcode === PING) this.#send(PONG, payload)
    else if (opcode === CLOSE) this.#end(`closed by the server: ${payload.subarray(2)}`)
    else if (opcode !== PONG) this.#end(`a frame that no peer here sends: ${first}`)
  }
}
