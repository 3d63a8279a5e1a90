import type { ErrorCode } from '#lib/protocol/errors.ts'
import type { Identity, PresenceState, Role } from '#lib/protocol/identity.ts'
import type { Asked } from '#lib/protocol/messages/access.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import type { SealedBatch } from './replica/replica-store.ts'

/**
 * The state of one document's connection: an immutable value, replaced at each change. Times are ms since the epoch.
 */
export interface ProviderStatus {
  /**
   * *opening*: never joined. *joined*: live. *merging*: connected again and exchanging edits in both directions.
   * *lost*: no connection, retrying. *draining*: the server announced a restart. *ended*: will not reconnect by
   * itself; `problem` says why.
   */
  readonly phase: 'opening' | 'joined' | 'merging' | 'lost' | 'draining' | 'ended'
  /** When the connection was lost; null while connected. */
  readonly lostAt: number | null
  readonly transport: 'websocket' | 'polling' | null
  /** The last measured round trip, ms. */
  readonly roundTripMs: number | null
  /** Set in phase *ended*, and after a batch was refused for good. */
  readonly problem: ErrorCode | null
  /** The refusal that delays progress and is being retried; null if there is none. */
  readonly hindrance: ErrorCode | null
  /** There is a text to show: created here, loaded from this browser's copy, or joined. */
  readonly opened: boolean
  /** The current role, which may change during a session. */
  readonly role: Role | null
  /** The token was not renewed in time. The server accepts nothing until it is; waiting edits stay in the outbox. */
  readonly lapsed: boolean
  /**
   * Local edits are allowed now: the document is new, loaded or joined, role and schema permit editing, and the
   * session has not ended.
   */
  readonly mayType: boolean
  /** The document uses a newer schema than this client knows: show the text and "Reload". */
  readonly schemaTooOld: boolean
  /** The server reported slow storage. */
  readonly storageSlow: boolean
  /** The page failed three times in a row to apply what the server sends, and still tries. */
  readonly isStuck: boolean
  /** The received share of the first load, 0…1. Null if nothing is being loaded in chunks. */
  readonly progress: number | null
}

/** Where the local edits are. Only `saved` means "Saved". */
export interface SaveState {
  /**
   * No batch of this document, from any tab of this browser, waits for its acknowledgement, and memory holds
   * nothing unsealed.
   */
  readonly saved: boolean
  /** Everything typed in this tab is in this browser's database or acknowledged by the server. */
  readonly onDevice: boolean
  /** When the oldest unacknowledged edit was made; null if there is none. */
  readonly waitingSince: number | null
  /** When the last batch of this tab was acknowledged. */
  readonly acknowledgedAt: number | null
  /** *absent*: this browser offers no database (private mode). *failing*: writes to it fail (quota). */
  readonly local: 'ok' | 'failing' | 'absent'
}

/**
 * A tab of a user in the room, this one included (`self`). `caret` is encoded by that tab's editor, or null for none.
 */
export interface Peer extends Identity {
  readonly member: number
  readonly role: Role
  readonly state: PresenceState
  readonly caret: Uint8Array | null
  readonly self: boolean
}

/**
 * Words typed in this browser that the document lacks: they may no longer be sent, because the role was lowered or
 * withdrawn first, or they lost their place, because others changed the block around them meanwhile.
 */
export interface DraftState {
  readonly batches: readonly SealedBatch[]
  /** All of it lost its place. */
  readonly isOrphaned: boolean
  /** When the oldest edit was made, ms since the epoch. */
  readonly since: number
}

/** The events of a provider and the value each passes to its listeners. */
export interface ProviderEvents {
  readonly status: ProviderStatus
  readonly save: SaveState
  readonly synced: boolean
  readonly peers: readonly Peer[]
  /** The draft was kept, put back or discarded, here or in another tab. */
  readonly draft: DraftState | null
  /**
   * Edits in this Y.Doc were set aside as the draft, so it shows more than the document contains. Give it up:
   * destroy this provider and open the address with a new Y.Doc and these batches as `kept`.
   */
  readonly superseded: readonly SealedBatch[]
  /** A notice from the server about this connection or about edits written on it. */
  readonly notice: Notice['code']
  /**
   * This Y.Doc differs from the log, and no other client has it. Give it up: call `forgetHistory` and open the
   * address with a new Y.Doc. Anything typed until then is sent as usual.
   */
  readonly diverged: undefined
  /** A member asks this user, the owner, for a role. */
  readonly asked: Asked
}

/** A listener of an event. */
export type ProviderListener<Event extends keyof ProviderEvents> = (told: ProviderEvents[Event]) => void

/** Returns the draft made of `batches`, or null if there are none. */
export function draftOf(batches: readonly SealedBatch[]): DraftState | null {
  const [oldest] = batches
  if (!oldest) return null
  return { batches, isOrphaned: batches.every(({ orphaned }) => orphaned !== undefined), since: oldest.at }
}

/** Returns true if two values of the same type have equal fields. */
export function sameFields<T extends object>(a: T, b: T): boolean {
  return Object.keys(a).every((key) => a[key as keyof T] === b[key as keyof T])
}
