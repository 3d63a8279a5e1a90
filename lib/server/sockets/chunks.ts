import type { ByteList } from '#lib/protocol/byte-list.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { paced } from '#lib/protocol/pace.ts'

/** A history above this does not fit into the time that a client waits for an answer on a narrow link. */
export const ANSWER_BYTES = 64 * 1024
/** Chunks on their way at the same time. */
const IN_FLIGHT = 2
/** The first chunks: what a link of 64 kbit/s takes in some seconds, so that the heartbeat behind them is in time. */
const FIRST_BYTES = 16 * 1024
export interface ChunkPorts {
  /** Sends the bytes at `offset`; calls `received` when the client has them. */
  readonly send: (offset: number, bytes: Uint8Array, received: () => void) => void
  /** False when nobody waits for it any more. */
  readonly wanted: () => boolean
  /** ms since some moment, never goes back. */
  readonly now: () => number
  readonly onEnd: () => void
}

/** Sends a long history in chunks, paced by the client's confirmations and as large as its link bears. */
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
