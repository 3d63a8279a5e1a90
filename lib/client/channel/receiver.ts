import type { Ack, Chunk, Notice, Reset, RoleChange } from '#lib/protocol/events.ts'
import type { Channel } from './channel.ts'

/** The document side of a connection: told of its beginning and end, and handed what arrives on it, in order. */
export interface Receiver {
  /** A connection is live. */
  connected(channel: Channel): void
  /** The connection is gone, and its channel with it. */
  disconnected(): void
  /** Receives `document:update`, a row. Throws MalformedBody. */
  receiveRow(body: Uint8Array): void
  /** Receives `document:ack`. */
  receiveAck(ack: Ack): void
  /** Receives `document:chunk`; `received` confirms it to the server. */
  receiveChunk(chunk: Chunk, bytes: Uint8Array, received: () => void): void
  /** Receives `document:reset`. */
  receiveReset(reset: Reset): void
  /** Receives `document:role`. */
  receiveRole(change: RoleChange): void
  /** Receives `server:notice`. */
  receiveNotice(notice: Notice): void
}
