import type { ByteList } from '#lib/protocol/byte-list.ts'
import { ANSWER_BYTES, sendChunks } from './chunks.ts'
import type { DocumentSocket } from './document-socket.ts'
import type { Answer } from './event-gate.ts'

/** Sends histories over one socket: at most one per room at a time; a later one replaces it. */
export class HistorySending {
  readonly #socket: Pick<DocumentSocket, 'emit'>
  readonly #sending = new Map<number, ByteList>()

  constructor(socket: Pick<DocumentSocket, 'emit'>) {
    this.#socket = socket
  }

  /**
   * Sends a short history with its answer, a longer one after it, in chunks paced by the client's acknowledgements.
   */
  send(room: number, body: object, history: ByteList, answer: Answer): void {
    this.#sending.delete(room)
    if (history.length <= ANSWER_BYTES) {
      answer({ ...body, chunked: 0 }, history.whole())
      return
    }
    answer({ ...body, chunked: history.length })
    this.#sending.set(room, history)
    const total = history.length
    sendChunks(history, {
      send: (offset, bytes, received) =>
        this.#socket.emit('document:chunk', { room, total, offset }, bytes, received),
      wanted: () => this.#sending.get(room) === history,
      now: () => performance.now(),
      onEnd: () => this.#sending.delete(room),
    })
  }

  /** Stops sending the history of a room. Idempotent. */
  stop(room: number): void {
    this.#sending.delete(room)
  }
}
