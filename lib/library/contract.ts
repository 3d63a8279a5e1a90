import type { Session } from '#lib/people/session.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import type { Role, SharedRole } from '#lib/protocol/identity.ts'
import type { RenewedLink, SharingOverview } from '#lib/protocol/sharing.ts'
import type { AccessFacts } from './store.ts'

/*
 * The calls that pages and routes make about documents. Next compiles app/ apart from server.ts and has its own copy of
 * every class, so `instanceof` proves nothing between the two.
 */

/** A mark on the type only: a literal or a spread copy of a right does not have it. */
declare class Judged {
  private readonly judged: true
}

/**
 * The right of a user to the document of an address, as it was when they asked (docs/decisions/0044-judged-once.md). Made
 * by `Rights` alone, so that a method that takes a right cannot be called without judging. *locked*: no right before the
 * link's password.
 */
export interface Right<R extends Role | 'locked' = Role | 'locked'> extends Judged {
  readonly role: R
  /** '' for a visitor without a session. */
  readonly userId: string
  readonly facts: AccessFacts
}

/** A document in a user's list; times in ms since the epoch. */
export interface RecentDocument {
  readonly address: string
  readonly title: string
  readonly owned: boolean
  readonly updatedAt: number
  readonly visitedAt: number
}

/** A document in the trash. Times in ms since the epoch. */
export interface TrashedDocument {
  readonly address: string
  readonly title: string
  readonly deletedAt: number
  /** When it is erased for good. */
  readonly erasedAt: number
}

/** Documents as people own, find and delete them. */
export interface DocumentsContract {
  /**
   * Judges what a session may do with the document of an address; null session: a visitor without one. Returns null for
   * unknown, foreign, ended and deleted alike.
   */
  rightOf(session: Session | null, address: string): Promise<Right | null>
  /**
   * Creates a document owned by the session's user and returns its address. `ip`: whom it is counted for, as `ClientIps`
   * keys it. Throws RefusedRequest if the session may not create documents, the user owns as many as allowed, or too many
   * were created from that IP address within a day.
   */
  create(session: Session, ip: string): Promise<string>
  /** Returns the documents this user opened and still may open, newest visit first. */
  recent(session: Session): Promise<RecentDocument[]>
  /**
   * Moves the owner's document to the trash, for everyone; takes another user's document off this user's own list.
   * Idempotent.
   */
  delete(session: Session, address: string): Promise<'deleted' | 'forgotten' | 'unknown'>
  /** Returns what the session's user has in the trash, the last one deleted first. */
  trash(session: Session): Promise<TrashedDocument[]>
  /** Takes a document out of the trash. Returns false if this user's trash does not hold it. */
  undelete(session: Session, address: string): Promise<boolean>
  /** Erases a document in the trash for good. Returns false if this user's trash does not hold it. */
  erase(session: Session, address: string): Promise<boolean>
}

/**
 * Sharing a document. When a change resolves, every open connection to the document has its new role. Changes are for the
 * owner, which their `right` proves.
 */
export interface SharingContract {
  /** Returns who may do what, as far as the right's user may know it. Creates the links that were never shown. */
  overview(right: Right<Role>): Promise<SharingOverview>
  /** Sets the most that people with a link can do; null: nothing. */
  setLinkRole(right: Right<'owner'>, role: SharedRole | null): Promise<Done>
  /**
   * Changes the link of a role; what is left out stays. A new password locks it for everyone again. Refuses an `expiresAt`
   * (ms since the epoch) that has passed.
   */
  changeLink(
    right: Right<'owner'>,
    role: SharedRole,
    change: { readonly expiresAt?: number | null; readonly password?: string | null },
  ): Promise<Done | Refusal>
  /** Replaces the address for a role. The old one opens nothing anymore, except for users with a role of their own. */
  renewLink(right: Right<'owner'>, role: SharedRole): Promise<RenewedLink>
  /** Gives a user a role of their own, or takes it back (null). Refuses the owner, and a user who does not exist. */
  grant(right: Right<'owner'>, userId: string, role: SharedRole | null): Promise<Done | Refusal>
  /** Answers a user's request: with a role, or with none (null). Refuses as `grant`. */
  answerRequest(right: Right<'owner'>, userId: string, role: SharedRole | null): Promise<Done | Refusal>
  /** Tries a password at a locked link. Returns true also if nothing is locked for this user. Judges the caller itself. */
  unlock(session: Session, address: string, password: string): Promise<boolean>
}

interface Done {
  readonly ok: true
}
