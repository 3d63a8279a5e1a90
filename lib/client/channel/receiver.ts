import type { RoleChange } from '#lib/protocol/messages/access.ts'
import type { Chunk } from '#lib/protocol/messages/history.ts'
import type { Reset } from '#lib/protocol/messages/join.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import type { Ack, RowBody } from '#lib/protocol/messages/update.ts'
import type { Owner } from '../owner.ts'
import type { Channel } from './channel.ts'

/**
 * The document side of a connection. Learns when the connection begins and ends, receives in order what arrives on
 * it, and is told by `changed` about everything else (transport, round trip, refusals).
 */
export interface Receiver extends Owner {
  /** A connection is live. */
  connected(channel: Channel): void
  /** The connection and its channel are gone. */
  disconnected(): void
  /** Receives `document:update`. */
  receiveRow(row: RowBody): void
  /** Receives `document:ack`. */
  receiveAck(ack: Ack): void
  /**
   * Receives `document:chunk`; `received` confirms it to the server. Throws RefusedRequest if the size is
   * impossible.
   */
  receiveChunk(chunk: Chunk, bytes: Uint8Array, received: () => void): void
  /** Receives `document:reset`. */
  receiveReset(reset: Reset): void
  /** Receives `document:role`. */
  receiveRole(change: RoleChange): void
  /** Receives `server:notice`. */
  receiveNotice(notice: Notice): void
}
