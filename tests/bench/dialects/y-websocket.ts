import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import type { FrameListener } from '../raw-socket.ts'
import { connectSeat, type Join, Seat, type SeatRequest } from '../seat.ts'
import { encodeCaret, readCarets } from './awareness.ts'

/* y-protocols over WebSocket: y-websocket as it is, Hocuspocus with the document's name before each message. */

const SYNC = 0
const AWARENESS = 1
const AUTH = 2
const AUTHENTICATED = 2
const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2
const EMPTY_UPDATE = Uint8Array.of(0, 0)
const EMPTY_VECTOR = Uint8Array.of(0)

class SyncSeat extends Seat {
  readonly #prefix: Uint8Array
  readonly #vector: Uint8Array
  /** Called at the next answer to a history request. */
  #answered: () => void

  constructor(request: SeatRequest, prefix: Uint8Array, joined: () => void) {
    super(request.clientId)
    this.#prefix = prefix
    this.#vector = request.again?.vector ?? EMPTY_VECTOR
    this.#answered = joined
  }

  readonly listener: FrameListener = (payload) => {
    const at = this.#prefix.length
    const type = payload[at]
    if (type === SYNC) this.#sync(payload, payload[at + 1], at + 2)
    else if (type === AWARENESS) {
      const { watch } = this
      if (watch?.caret) readCarets(bytesAt(payload, at + 1), watch.caret)
    } else if (type === AUTH && payload[at + 1] === AUTHENTICATED) this.askForHistory()
  }

  /** Requests everything that its vector lacks. */
  askForHistory(): void {
    this.#write(SYNC, STEP_1, this.#vector)
  }

  authenticate(): void {
    this.#write(AUTH, 0, new TextEncoder().encode('token'))
  }

  send(update: Uint8Array): void {
    this.#write(SYNC, UPDATE, update)
  }

  flush(vector: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve
      this.#write(SYNC, STEP_1, vector)
    })
  }

  setCaret(move: number): void {
    const update = encodeCaret(this.clientId, move)
    this.socket.sendBinary(
      encoding.encode((e) => {
        encoding.writeUint8Array(e, this.#prefix)
        encoding.writeUint8(e, AWARENESS)
        encoding.writeVarUint8Array(e, update)
      }),
    )
  }

  #sync(payload: Buffer, step: number | undefined, at: number): void {
    if (step === UPDATE) this.watch?.updates?.([bytesAt(payload, at)])
    else if (step === STEP_1) this.#write(SYNC, STEP_2, EMPTY_UPDATE)
    else if (step === STEP_2) {
      this.history = [bytesAt(payload, at).slice()]
      this.#answered()
    }
  }

  #write(type: number, step: number, bytes: Uint8Array): void {
    this.socket.sendBinary(
      encoding.encode((e) => {
        encoding.writeUint8Array(e, this.#prefix)
        encoding.writeUint8(e, type)
        encoding.writeUint8(e, step)
        encoding.writeVarUint8Array(e, bytes)
      }),
    )
  }
}

export const joinYWebsocket: Join = (request) =>
  join(request, `/${request.document}`, new Uint8Array(0), (seat) => seat.askForHistory())

export const joinHocuspocus: Join = (request) => {
  const prefix = encoding.encode((e) => encoding.writeVarString(e, request.document))
  return join(request, '/', prefix, (seat) => seat.authenticate())
}

async function join(
  request: SeatRequest,
  path: string,
  prefix: Uint8Array,
  begin: (seat: SyncSeat) => void,
): Promise<Seat> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const seat = new SyncSeat(request, prefix, resolve)
  await connectSeat(seat, request, path)
  begin(seat)
  await promise
  return seat
}

function bytesAt(payload: Buffer, at: number): Uint8Array {
  const d = decoding.createDecoder(payload)
  d.pos = at
  return decoding.readVarUint8Array(d)
}
