import type { RoleChange } from '#lib/protocol/messages/access.ts'
import type { Chunk } from '#lib/protocol/messages/history.ts'
import type { Reset } from '#lib/protocol/messages/join.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import type { Ack, RowBody } from '#lib/protocol/messages/update.ts'
import type { Owner } from '../owner.ts'
import type { Channel } from './channel.ts'

/**
 * The document side of a connection: hears of its beginning and end, is handed what arrives on it, in order, and is told by
 * `changed` of anything else about it (transport, round trip, why it is kept out).
 */
export interface Receiver extends Owner {
  /** A connection is live. */
  connected(channel: Channel): void
  /** The connection is gone, and its channel with it. */
  disconnected(): void
  /** Receives `document:update`. */
  receiveRow(row: RowBody): void
  /** Receives `document:ack`. */
  receiveAck(ack: Ack): void
  /** Receives `document:chunk`; `received` confirms it to the server. Throws RefusedRequest for an impossible size. */
  receiveChunk(chunk: Chunk, bytes: Uint8Array, received: () => void): void
  /** Receives `document:reset`. */
  receiveReset(reset: Reset): void
  /** Receives `document:role`. */
  receiveRole(change: RoleChange): void
  /** Receives `server:notice`. */
  receiveNotice(notice: Notice): void
}
