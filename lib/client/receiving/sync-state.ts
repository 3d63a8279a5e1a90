import type { ErrorCode, Refusal } from '#lib/protocol/errors.ts'
import type { Joined, Reset } from '#lib/protocol/messages/join.ts'
import type { Uplink } from '../channel/channel.ts'

/** *local*: not joined on this connection. *ended*: does not join again by itself. */
export type SyncPhase = 'local' | 'joining' | 'merging' | 'joined' | 'ended'

/** The state of a LogFollower: its room and its place in the document's log. Each change creates a new value. */
export interface SyncState {
  readonly phase: SyncPhase
  /** Set in phase *ended*, and after a batch was refused for good. */
  readonly problem: ErrorCode | null
  /** The refusal after which nothing more is sent. */
  readonly refusal: Refusal | null
  /** The answer to the last granted join; null before the first. Each join creates a new object. */
  readonly joined: Joined | null
  /** Set in phases *joined* and *merging*. */
  readonly uplink: Uplink | null
  readonly lineage: string | null
  readonly localLoaded: boolean
  readonly storageSlow: boolean
  /** Applying what the server sends failed three times in a row, and is still tried. */
  readonly isStuck: boolean
}

/** The problem left by each reset that ends a room for good, by reason. */
export const ENDS = {
  deleted: 'document-deleted',
  damaged: 'document-damaged',
  replaced: 'lineage-changed',
} as const satisfies Partial<Record<Reset['reason'], ErrorCode>>

/** The state of a new LogFollower. */
export const BEFORE: SyncState = {
  phase: 'local',
  problem: null,
  refusal: null,
  joined: null,
  uplink: null,
  lineage: null,
  localLoaded: false,
  storageSlow: false,
  isStuck: false,
}
