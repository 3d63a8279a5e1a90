import { type FrameListener, RawSocket } from './raw-socket.ts'
import type { ServerProcess } from './server-process.ts'

/** Callbacks for the decoded frames that a seat receives. Bytes are valid only during the call. */
export interface Watch {
  /** Called with Yjs updates, in order. */
  updates?(updates: readonly Uint8Array[]): void
  /** Called with the number of own messages that the server has processed, if it says so. */
  acknowledged?(messages: number): void
  /** Called with the client id of a caret and the number of its move. */
  caret?(clientId: number, move: number): void
}

export interface SeatRequest {
  readonly server: ServerProcess
  readonly document: string
  readonly clientId: number
  /** The number of the guest, if the system has guests: a client id must always come with the same one. */
  readonly guest: number
  /** For a replica that returns with all content: its previous seat, and its state vector. */
  readonly again?: { readonly seat: Seat; readonly vector: Uint8Array }
  /** Bits per second of its network; default: unlimited. */
  readonly bitsPerSecond?: number
}

/** Joins a document in the protocol of one kind of server. */
export type Join = (request: SeatRequest) => Promise<Seat>

/** A joined client without a Y.Doc. */
export abstract class Seat {
  readonly clientId: number
  /** Yjs updates that the join brought, own copies. */
  history: Uint8Array[] = []
  /** Null if frames are counted and not decoded. */
  watch: Watch | null = null
  /** The number of messages in which a long history arrived. */
  chunks = 0
  /** The server's refusal, if any. */
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
   * Sends updates of one client id, in one message if the protocol has a list for them. Returns the number of
   * messages that will be acknowledged.
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

/** Connects a seat at `path`. Some servers send data in the segment that ends the handshake: none of it is lost. */
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
