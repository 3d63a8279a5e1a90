import type { FrameListener } from '../raw-socket.ts'
import { connectSeat, type Join, Seat, type SeatRequest } from '../seat.ts'
import { encodeCaret, readCarets } from './awareness.ts'

/* y-socket.io: Socket.IO's own parser, a text frame that announces each binary one, a namespace for each document. */

const EMPTY_UPDATE = Uint8Array.of(0, 0)
const EMPTY_VECTOR = Uint8Array.of(0)
const PLACE = '{"_placeholder":true,"num":0}'
const ASK = 1

class SocketIoSeat extends Seat {
  readonly #namespace: string
  readonly #vector: Uint8Array
  /** Called at the next answer to a history request. */
  #answered: () => void
  /** The text frame whose bytes come next. */
  #announced = ''

  constructor(request: SeatRequest, joined: () => void) {
    super(request.clientId)
    this.#namespace = `/yjs|${request.document},`
    this.#vector = request.again?.vector ?? EMPTY_VECTOR
    this.#answered = joined
  }

  readonly listener: FrameListener = (payload, binary) => {
    if (binary) this.#take(payload)
    else this.#announced = this.#read(payload.toString('latin1'))
  }

  send(update: Uint8Array): void {
    this.#emit('5', '', `["sync-update",${PLACE}]`, update)
  }

  flush(vector: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve
      this.#emit('5', String(ASK), `["sync-step-1",${PLACE}]`, vector)
    })
  }

  setCaret(move: number): void {
    this.#emit('5', '', `["awareness-update",${PLACE}]`, encodeCaret(this.clientId, move))
  }

  #read(text: string): string {
    if (text === '2') this.socket.sendText('3')
    else if (text.startsWith('0')) this.socket.sendText(`40${this.#namespace}`)
    return text
  }

  #take(bytes: Buffer): void {
    const announced = this.#announced
    if (announced.includes('"sync-update"')) this.watch?.updates?.([bytes])
    else if (announced.includes('"awareness-update"')) {
      if (this.watch?.caret) readCarets(bytes, this.watch.caret)
    } else if (announced.includes('"sync-step-1"')) {
      const id = /,(\d+)\[/.exec(announced)?.[1] ?? ''
      this.#emit('6', id, `[${PLACE}]`, EMPTY_UPDATE)
      this.#emit('5', String(ASK), `["sync-step-1",${PLACE}]`, this.#vector)
    } else if (announced.startsWith('461-')) {
      this.history = [new Uint8Array(bytes)]
      this.#answered()
    }
  }

  #emit(type: '5' | '6', id: string, data: string, bytes: Uint8Array): void {
    this.socket.sendText(`4${type}1-${this.#namespace}${id}${data}`)
    this.socket.sendBinary(bytes)
  }
}

export const joinYSocketIo: Join = async (request) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const seat = new SocketIoSeat(request, resolve)
  await connectSeat(seat, request, '/socket.io/?EIO=4&transport=websocket')
  await promise
  return seat
}
