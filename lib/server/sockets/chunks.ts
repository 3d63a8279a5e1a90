import type { ByteList } from '#lib/protocol/byte-list.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { paced } from '#lib/protocol/pace.ts'

/**
 * A longer history is sent in chunks: over a narrow link it would not arrive before the client's timeout for the
 * answer.
 */
export const ANSWER_BYTES = 64 * 1024
/** Maximum number of chunks sent and not confirmed. */
const IN_FLIGHT = 2
/**
 * Size of the first and of the smallest chunks, bytes: a link of 64 kbit/s takes them in a few seconds, so that the
 * heartbeat behind them arrives in time.
 */
const FIRST_BYTES = 16 * 1024
export interface ChunkPorts {
  /** Sends the bytes at `offset`; calls `received` when the client has them. */
  readonly send: (offset: number, bytes: Uint8Array, received: () => void) => void
  /** Returns false once no client waits for the history. */
  readonly wanted: () => boolean
  /** Returns the ms since some fixed moment; never decreases. */
  readonly now: () => number
  /** Called when no chunk is left to send; some may still be unconfirmed. */
  readonly onEnd: () => void
}

/** Sends a long history in chunks, paced by the client's confirmations and as large as its link can carry. */
export function sendChunks(history: ByteList, { send, wanted, now, onEnd }: ChunkPorts): void {
  let offset = 0
  let size = FIRST_BYTES
  const next = (): void => {
    if (!wanted()) return
    if (offset >= history.length) {
      onEnd()
      return
    }
    const chunk = history.slice(offset, offset + size)
    const sentAt = now()
    const from = offset
    offset += chunk.length
    send(from, chunk, () => {
      size = paced(size, now() - sentAt, {
        faster: 2 * chunk.length,
        slower: chunk.length / 2,
        least: FIRST_BYTES,
        most: LIMITS.chunkBytes,
      })
      next()
    })
  }
  for (let i = 0; i < IN_FLIGHT; i++) next()
}
