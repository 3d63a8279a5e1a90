import type { Chunk } from '#lib/protocol/events.ts'

interface Transfer {
  readonly room: number
  readonly bytes: Uint8Array
  received: number
  readonly whole: PromiseWithResolvers<Uint8Array>
}

/** A history larger than this is not put together in memory. */
const MAX_BYTES = 1024 * 1024 * 1024

/** A history that comes in chunks, put together again. One at a time. */
export class HistoryTransfer {
  #transfer: Transfer | null = null

  /** Share received, 0…1; null while nothing is on its way. */
  get progress(): number | null {
    return this.#transfer ? this.#transfer.received / this.#transfer.bytes.length : null
  }

  /** The whole history of `total` bytes. Rejects when it is aborted or announced with an impossible size. */
  async whole(room: number, total: number): Promise<Uint8Array> {
    const transfer = this.#begin(room, total)
    try {
      return await transfer.whole.promise
    } finally {
      if (this.#transfer === transfer) this.#transfer = null
    }
  }

  /** One chunk. The first may come before `whole` was asked for: `awaited` says that an answer is due. False: not ours. */
  take(chunk: Chunk, bytes: Uint8Array, awaited: boolean): boolean {
    const transfer = chunk.offset === 0 && awaited ? this.#begin(chunk.room, chunk.total) : this.#transfer
    if (!transfer || transfer.room !== chunk.room || chunk.total !== transfer.bytes.length) return false
    if (chunk.offset !== transfer.received || chunk.offset + bytes.length > chunk.total) {
      this.abort()
      return false
    }
    transfer.bytes.set(bytes, chunk.offset)
    transfer.received += bytes.length
    if (transfer.received === transfer.bytes.length) transfer.whole.resolve(transfer.bytes)
    return true
  }

  /** Forgets what was received. Harmless when there is nothing. */
  abort(): void {
    const transfer = this.#transfer
    this.#transfer = null
    transfer?.whole.reject(new Error('the transfer was cut'))
  }

  #begin(room: number, total: number): Transfer {
    if (total < 1 || total > MAX_BYTES) throw new Error('no history of that size')
    const known = this.#transfer
    if (known?.room === room && known.bytes.length === total) return known
    this.abort()
    const whole = Promise.withResolvers<Uint8Array>()
    whole.promise.catch(() => undefined) // it may be aborted before anybody waits for it
    this.#transfer = { room, bytes: new Uint8Array(total), received: 0, whole }
    return this.#transfer
  }
}
