import type { ByteList } from '#lib/protocol/byte-list.ts'
import type { DownEvents } from '#lib/protocol/messages/down.ts'
import { ANSWER_BYTES, sendChunks } from './chunks.ts'
import type { Answer } from './socket-events.ts'

/** Sends histories of one connection: at most one per room at a time, a later one takes its place. */
export class HistorySending {
  readonly #emit: (...args: Parameters<DownEvents['document:chunk']>) => void
  readonly #sending = new Map<number, ByteList>()

  constructor(emit: (...args: Parameters<DownEvents['document:chunk']>) => void) {
    this.#emit = emit
  }

  /** With its answer when it is short, else after it, in chunks paced by the client's acknowledgements. */
  send(room: number, body: object, history: ByteList, answer: Answer): void {
    this.#sending.delete(room)
    if (history.length <= ANSWER_BYTES) {
      answer({ ...body, chunked: 0 }, history.whole())
      return
    }
    answer({ ...body, chunked: history.length })
    this.#sending.set(room, history)
    sendChunks(history, {
      send: (offset, bytes, received) => this.#emit({ room, total: history.length, offset }, bytes, received),
      wanted: () => this.#sending.get(room) === history,
      now: () => performance.now(),
      onEnd: () => this.#sending.delete(room),
    })
  }

  /** Stops what is on its way to a room's member, or to every one. */
  stop(room?: number): void {
    if (room === undefined) this.#sending.clear()
    else this.#sending.delete(room)
  }
}
