import { type FrameListener, RawSocket } from './raw-socket.ts'
import type { ServerProcess } from './server-process.ts'

/** What is looked into of the frames that a seat receives. Bytes are good for the time of the call only. */
export interface Watch {
  /** Yjs updates, in order. */
  updates?(updates: readonly Uint8Array[]): void
  /** Own messages that are taken care of, where the server says so. */
  acknowledged?(messages: number): void
  /** Whose caret (a client id), and the number of its move. */
  caret?(clientId: number, move: number): void
}

export interface SeatRequest {
  readonly server: ServerProcess
  readonly document: string
  readonly clientId: number
  /** Which guest it is, where there are guests: a client id must always come with the same one. */
  readonly guest: number
  /** A replica comes again that knows everything: the seat it had, and its state vector. */
  readonly again?: { readonly seat: Seat; readonly vector: Uint8Array }
  /** Bits per second that its network takes; left out: all there is. */
  readonly bitsPerSecond?: number
}

/** How clients speak to one kind of server. */
export type Join = (request: SeatRequest) => Promise<Seat>

/** A joined client without a Y.Doc. */
export abstract class Seat {
  readonly clientId: number
  /** Yjs updates that the join brought, own copies. */
  history: Uint8Array[] = []
  /** null: frames are counted and not looked into. */
  watch: Watch | null = null
  /** Messages in which a long history came. */
  chunks = 0
  /** What the server refused. */
  refusal: string | null = null
  #socket: RawSocket | null = null

  constructor(clientId: number) {
    this.clientId = clientId
  }

  get socket(): RawSocket {
    if (!this.#socket) throw new Error('the seat is not connected')
    return this.#socket
  }

  set socket(socket: RawSocket) {
    this.#socket = socket
    socket.onClose = (why) => {
      this.refusal ??= why
    }
  }

  /** Sends one update of this seat's client id as one message. */
  abstract send(update: Uint8Array): void

  /**
   * Sends updates of one client id, in one message where the protocol has a list for them. Returns how many messages will
   * be acknowledged.
   */
  sendMany(updates: readonly Uint8Array[], _clientId: number): number {
    for (const update of updates) this.send(update)
    return 0
  }

  /** Resolves when the server has taken everything sent before. `vector`: of all that was sent. */
  abstract flush(vector: Uint8Array): Promise<void>

  abstract setCaret(move: number): void

  /** Takes every frame. */
  abstract readonly listener: FrameListener

  close(): void {
    this.socket.close()
  }
}

/** Connects a seat at `path`. Some servers speak in the segment that ends the handshake: nothing of it is lost. */
export async function connectSeat(
  seat: Seat,
  { server, bitsPerSecond }: SeatRequest,
  path: string,
): Promise<void> {
  const early: [Buffer, boolean][] = []
  const socket = await RawSocket.open(server.port, path, (payload, binary) =>
    early.push([Buffer.from(payload), binary]),
  )
  if (bitsPerSecond !== undefined) socket.throttle(bitsPerSecond)
  seat.socket = socket
  socket.onFrame = seat.listener
  for (const [payload, binary] of early) seat.listener(payload, binary)
}
