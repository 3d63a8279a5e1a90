import type { Ack, Notice, Reset } from '../protocol/events.ts'
import type { Refusal } from '../protocol/errors.ts'
import type { Role } from '../protocol/identity.ts'
import type { BatchBody } from '../protocol/wire.ts'
import type { Compaction, DocumentStore, Snapshot, StoredRow } from './document-store.ts'

/** One connection as the rules see it. The methods send; none throws, none waits. */
export interface Connection {
  readonly id: string
  readonly userId: string
  /** Joins the group that `RoomWire.relay` reaches. */
  enter(room: number): void
  exit(room: number): void
  ack(ack: Ack): void
  reset(reset: Reset): void
  notice(notice: Notice): void
}

/** Sends to everybody in a room at once. */
export interface RoomWire {
  /** `document:update`: `frame` is a row body (wire.ts). */
  relay(room: number, frame: Uint8Array): void
  notice(notice: Notice): void
  reset(reset: Reset): void
}

/** Time and scheduling, passed in so that tests can run them. */
export interface Clock {
  /** ms since the epoch. */
  now(): number
  /** Runs `task` once after `ms`; returns its cancellation. */
  after(ms: number, task: () => void): () => void
}

export interface RoomsOptions {
  readonly store: DocumentStore
  readonly wire: RoomWire
  readonly clock: Clock
  /** First CHAIN_BYTES bytes of a SHA-256 over the parts in order. */
  readonly hash: (...parts: readonly Uint8Array[]) => Uint8Array
  /** Folds a snapshot and the rows after it (lib/collab/fold.ts) somewhere off the event loop. */
  readonly fold: (job: FoldJob) => Promise<FoldResult>
  readonly onEvent: (event: RoomEvent) => void
}

export interface FoldJob {
  readonly documentId: string
  readonly snapshot: Snapshot | null
  readonly rows: readonly StoredRow[]
}

/** `title`: the projected title ('' when the document has none). `bytes` etc. as in Compaction. */
export interface FoldResult {
  readonly compaction: Pick<Compaction['snapshot'], 'state' | 'vector'>
  readonly title: string
}

/** What happened, for the log; never text, never tokens. */
export type RoomEvent =
  | { readonly type: 'document-damaged'; readonly documentId: string; readonly reason: string }
  | { readonly type: 'commit-failed'; readonly reason: string }
  | { readonly type: 'history-behind'; readonly documentId: string; readonly head: number; readonly claimed: number }
  | { readonly type: 'fold-failed'; readonly documentId: string; readonly reason: string }
  | { readonly type: 'title'; readonly documentId: string; readonly title: string }

export interface RoomJoin {
  readonly documentId: string
  readonly role: Role
  readonly clientId: number
  readonly schemaVersion: number
  readonly cursor: { readonly lineage: string; readonly seq: number; readonly chain: string } | null
}

/** A join's answer. `history`: an encoded HistoryBody. The fields are those of `joinedSchema`. */
export interface RoomJoined {
  readonly ok: true
  readonly room: number
  readonly lineage: string
  readonly schemaVersion: number
  readonly acknowledged: number
  readonly mode: 'tail' | 'snapshot' | 'rewind' | 'lineage'
  /** Encoded state vector when the mode is rewind, else null. */
  readonly vector: Uint8Array | null
  readonly history: Uint8Array
}

/** All documents that somebody has open, one room each. */
export interface RoomRules {
  /** Enters the relay group and answers with what the client lacks. A reconnect is a join; repeating is harmless. */
  join(connection: Connection, request: RoomJoin): Promise<RoomJoined | Refusal>
  /** Takes one part of one batch. Answers by relay or `connection.ack`, never by a return value. */
  receive(connection: Connection, batch: BatchBody): void
  /** Rows after `seq` as an encoded HistoryBody (a snapshot too, when they are gone). */
  pull(connection: Connection, room: number, seq: number): Promise<Uint8Array | Refusal>
  /** Leaves one room, or every room when `room` is left out (connection closed). */
  leave(connection: Connection, room?: number): void
  /** The role changed or the document was deleted: ends every member's access to it. */
  end(documentId: string, reason: Reset['reason']): void
  /** Commits what waits; nothing is accepted any more. */
  close(): Promise<void>
}
