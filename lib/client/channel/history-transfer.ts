import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { Chunk } from '#lib/protocol/messages/history.ts'

interface Transfer {
  readonly room: number
  readonly total: number
  readonly chunks: Uint8Array[]
  received: number
  readonly whole: PromiseWithResolvers<Uint8Array>
}

/** A history is a document plus the framing of its rows, and a full document still accepts deletions. */
const MAX_BYTES = 2 * LIMITS.documentBytes

/**
 * Reassembles a history that arrives in chunks, one history at a time. Allocates only for bytes that arrived
 * ([BODY3]).
 */
export class HistoryTransfer {
  #transfer: Transfer | null = null

  /** The received share, 0…1. Null if no transfer is under way. */
  get progress(): number | null {
    return this.#transfer ? this.#transfer.received / this.#transfer.total : null
  }

  /**
   * Resolves with the whole history of `total` bytes, an encoded HistoryBody. Rejects if the transfer is aborted,
   * and with RefusedRequest (`bad-message`) if no history can have that size.
   */
  async whole(room: number, total: number): Promise<Uint8Array> {
    const transfer = this.#begin(room, total)
    try {
      return await transfer.whole.promise
    } finally {
      if (this.#transfer === transfer) this.#transfer = null
    }
  }

  /**
   * Adds a chunk. `awaited` says that an answer is due: the first chunk may arrive before `whole` is called.
   * Returns false if the chunk does not belong to the transfer. Throws RefusedRequest as `whole` does.
   */
  receive(chunk: Chunk, bytes: Uint8Array, awaited: boolean): boolean {
    const transfer = chunk.offset === 0 && awaited ? this.#begin(chunk.room, chunk.total) : this.#transfer
    if (!transfer || transfer.room !== chunk.room || chunk.total !== transfer.total) return false
    if (chunk.offset !== transfer.received || chunk.offset + bytes.length > chunk.total) {
      this.abort()
      return false
    }
    transfer.chunks.push(bytes)
    transfer.received += bytes.length
    if (transfer.received === transfer.total) transfer.whole.resolve(joined(transfer))
    return true
  }

  /** Drops what was received. Idempotent. */
  abort(): void {
    const transfer = this.#transfer
    this.#transfer = null
    transfer?.whole.reject(new Error('the transfer was cut'))
  }

  #begin(room: number, total: number): Transfer {
    if (total < 1 || total > MAX_BYTES)
      throw new RefusedRequest(refuse('bad-message', `no history has ${total} bytes`))
    const known = this.#transfer
    if (known?.room === room && known.total === total) return known
    this.abort()
    const whole = Promise.withResolvers<Uint8Array>()
    whole.promise.catch(() => undefined) // The transfer may be aborted before `whole` is called.
    this.#transfer = { room, total, chunks: [], received: 0, whole }
    return this.#transfer
  }
}

function joined({ chunks, received }: Transfer): Uint8Array {
  const bytes = new Uint8Array(received)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
