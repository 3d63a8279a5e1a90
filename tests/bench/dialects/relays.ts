import { NAMESPACE } from '../../../lib/protocol/version.ts'
import type { FrameListener } from '../raw-socket.ts'
import { connectSeat, type Join, Seat, type SeatRequest } from '../seat.ts'

/*
 * The relays, as lower bounds: a message is an update, everyone gets it, nothing is kept, so a join brings nothing.
 */

const UPDATE_HEAD = Uint8Array.of(2, 0, 1, 'u'.charCodeAt(0))

class WsSeat extends Seat {
  readonly listener: FrameListener = (payload) => this.watch?.updates?.([payload])

  send(update: Uint8Array): void {
    this.socket.sendBinary(update)
  }

  setCaret(): void {
    throw new Error('a relay knows no carets')
  }

  flush(): Promise<void> {
    throw new Error('a relay keeps nothing')
  }
}

class SocketIoRelaySeat extends WsSeat {
  readonly #room: string
  readonly #joined: () => void

  constructor(request: SeatRequest, joined: () => void) {
    super(request.clientId)
    this.#room = request.document
    this.#joined = joined
  }

  override readonly listener: FrameListener = (payload, binary) => {
    if (binary) this.watch?.updates?.([payload.subarray(UPDATE_HEAD.length)])
    else if (payload[0] === '2'.charCodeAt(0)) this.socket.sendText('3')
    else if (payload[0] === '0'.charCodeAt(0)) {
      this.socket.sendText(`4${JSON.stringify([0, NAMESPACE, null, { room: this.#room }])}`)
    } else if (payload.includes('"joined"')) this.#joined()
  }

  override send(update: Uint8Array): void {
    this.socket.sendBinary(Buffer.concat([UPDATE_HEAD, update]))
  }
}

export const joinWsRelay: Join = async (request) => {
  const seat = new WsSeat(request.clientId)
  await connectSeat(seat, request, `/${request.document}`)
  return seat
}

export const joinSocketIoRelay: Join = async (request) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const seat = new SocketIoRelaySeat(request, resolve)
  await connectSeat(seat, request, '/socket.io/?EIO=4&transport=websocket')
  await promise
  return seat
}
