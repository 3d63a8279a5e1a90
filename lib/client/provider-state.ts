import type { ErrorCode } from '#lib/protocol/errors.ts'
import type { Identity, PresenceState, Role } from '#lib/protocol/identity.ts'
import type { Asked } from '#lib/protocol/messages/access.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import type { SealedBatch } from './replica/replica-store.ts'

/** The state of one document's connection. An immutable value; a change is a new value. Times: ms since the epoch. */
export interface ProviderStatus {
  /**
   * *opening*: never joined. *joined*: live. *merging*: connected again, exchanging both ways.
   * *lost*: no connection; it is being tried again. *draining*: the server announced a restart.
   * *ended*: will not come back by itself; `problem` says why.
   */
  readonly phase: 'opening' | 'joined' | 'merging' | 'lost' | 'draining' | 'ended'
  /** When the connection was lost; null while there is one. */
  readonly lostAt: number | null
  readonly transport: 'websocket' | 'polling' | null
  /** The last measured round trip, ms. */
  readonly roundTripMs: number | null
  /** Set in phase ended, and when a batch was refused for good. */
  readonly problem: ErrorCode | null
  /** The refusal that keeps things from going on, though they are tried again; null when nothing was refused. */
  readonly hindrance: ErrorCode | null
  /** There is a text to show: made here, loaded from this browser's copy, or joined. */
  readonly opened: boolean
  /** The role now: it changes while one is there. */
  readonly role: Role | null
  /** The token was not renewed in time: nothing is accepted until it is, and what waits stays in the outbox. */
  readonly lapsed: boolean
  /**
   * True when local edits are allowed now: new document, local copy loaded, or joined; the role and schema allow it; and
   * the session has not ended.
   */
  readonly mayType: boolean
  /** The document was made with a newer schema than this client knows: show the text and "Reload". */
  readonly schemaTooOld: boolean
  /** The server said that its storage is slow. */
  readonly storageSlow: boolean
  /** The page could not apply what the server sends, three times in a row; it still tries. */
  readonly isStuck: boolean
  /** Share of the first load received, 0…1; null when nothing is being loaded in chunks. */
  readonly progress: number | null
}

/** The places where local edits are. "Saved" is `saved`, nothing else. */
export interface SaveState {
  /** No batch of this document, from any tab of this browser, waits for its acknowledgement, and nothing is unwritten in memory. */
  readonly saved: boolean
  /** Everything typed in this tab is in this browser's database (true too when the server has it). */
  readonly onDevice: boolean
  /** When the oldest edit without acknowledgement was made; null when there is none. */
  readonly waitingSince: number | null
  /** When the last batch of this tab was acknowledged. */
  readonly acknowledgedAt: number | null
  /** *absent*: this browser has no database for us (private mode); *failing*: writes to it fail (quota). */
  readonly local: 'ok' | 'failing' | 'absent'
}

/** One tab of one user in the room, this one included (`self`). `caret`: what that tab's editor encoded, null: none. */
export interface Peer extends Identity {
  readonly member: number
  readonly role: Role
  readonly state: PresenceState
  readonly caret: Uint8Array | null
  readonly self: boolean
}

/** Edits made in this browser that may no longer be sent: the role was lowered or withdrawn first. */
export interface DraftState {
  readonly batches: readonly SealedBatch[]
  /** When its oldest edit was made, ms since the epoch. */
  readonly since: number
}

/** The events of a provider, and what each one's listeners are called with. */
export interface ProviderEvents {
  readonly status: ProviderStatus
  readonly save: SaveState
  readonly synced: boolean
  readonly peers: readonly Peer[]
  /** The draft: kept, put in, discarded, here or in another tab. */
  readonly draft: DraftState | null
  /**
   * Edits in this Y.Doc were set aside as the draft, so it shows more than the document has. Give it up: destroy this
   * provider and open the address with a new Y.Doc and these as `kept`.
   */
  readonly superseded: readonly SealedBatch[]
  /** A notice of the server about this connection or what was written on it. */
  readonly notice: Notice['code']
  /**
   * This Y.Doc shows something else than the log gives, and no other client has it. Give it up: `forgetHistory`, and open the
   * address with a new Y.Doc; what is typed until then is sent as ever.
   */
  readonly diverged: undefined
  /** A member asks the owner, this user, for a role. */
  readonly asked: Asked
}

/** A listener of one event. */
export type ProviderListener<Event extends keyof ProviderEvents> = (told: ProviderEvents[Event]) => void

/** Returns the draft that these batches are; null if there are none. */
export function draftOf(batches: readonly SealedBatch[]): DraftState | null {
  const [oldest] = batches
  return oldest ? { batches, since: oldest.at } : null
}

/** True if two values of one type have the same fields. */
export function sameFields<T extends object>(a: T, b: T): boolean {
  return Object.keys(a).every((key) => a[key as keyof T] === b[key as keyof T])
}
