import type { Session } from '#lib/people/session.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import type { Role, SharedRole } from '#lib/protocol/identity.ts'
import type { RenewedLink, SharingOverview } from '#lib/protocol/sharing.ts'
import type { AccessFacts } from './store.ts'

/*
 * The calls that pages and routes make about documents. Next compiles app/ apart from server.ts and has its own copy of
 * every class, so `instanceof` proves nothing between the two.
 */

/** Marks the type only: a literal or a spread copy of a right does not have it. */
declare class Judged {
  private readonly judged: true
}

/**
 * The right of a user to the document of an address, as it was when they asked (docs/decisions/0044-judged-once.md).
 * Only `Rights` creates one, so a method that takes a right cannot be called without judging. *locked*: no right
 * until the user enters the link's password.
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
  /** The time at which it is erased permanently. */
  readonly erasedAt: number
}

/** The operations of owning, finding and deleting documents. */
export interface DocumentsContract {
  /**
   * Judges what a session may do with the document of an address; a null session is a visitor without one. Returns
   * null if the address is unknown, the document is deleted or the visitor has no role in it; callers cannot tell
   * these apart.
   */
  rightOf(session: Session | null, address: string): Promise<Right | null>
  /**
   * Creates a document owned by the session's user and returns its address. `ip` is the key that the document is
   * counted under, made by `ClientIps.keyOf`. Throws RefusedRequest if the session may not create documents, the
   * user owns as many as allowed, or too many were created from that IP address within a day.
   */
  create(session: Session, ip: string): Promise<string>
  /**
   * Copies what a document shows into a new one of the session's user, under a title ('' for none), and returns its
   * address. Links, grants and history are not copied. Counted and refused as `create`; its bytes count as if they
   * had been typed.
   */
  copy(session: Session, right: Right<Role>, title: string, ip: string): Promise<string>
  /** Returns the documents that this user opened and can still open, newest visit first. */
  recent(session: Session): Promise<RecentDocument[]>
  /**
   * Moves the owner's document to the trash, for everyone; removes another user's document from this user's own
   * list. Idempotent.
   */
  delete(session: Session, address: string): Promise<'deleted' | 'forgotten' | 'unknown'>
  /** Returns the documents in the trash of the session's user, last deleted first. */
  trash(session: Session): Promise<TrashedDocument[]>
  /** Takes a document out of the trash. Returns false if this user's trash does not hold it. */
  undelete(session: Session, address: string): Promise<boolean>
  /** Erases a document in the trash permanently. Returns false if this user's trash does not hold it. */
  erase(session: Session, address: string): Promise<boolean>
}

/**
 * The operations of sharing a document. When a change resolves, every open connection to the document has its new
 * role. Changes are for the owner, as their `right` proves.
 */
export interface SharingContract {
  /**
   * Returns the document's links, people and requests, as far as the right's user may see them. Creates links that
   * were never shown.
   */
  overview(right: Right<Role>): Promise<SharingOverview>
  /** Sets the highest role that links give, null for none. */
  setLinkRole(right: Right<'owner'>, role: SharedRole | null): Promise<Done>
  /**
   * Changes the link of a role; omitted fields stay. A new password locks it again for everyone. Refuses an
   * `expiresAt` (ms since the epoch) in the past.
   */
  changeLink(
    right: Right<'owner'>,
    role: SharedRole,
    change: { readonly expiresAt?: number | null; readonly password?: string | null },
  ): Promise<Done | Refusal>
  /** Replaces the address for a role. The old one stops working, except for users with a role of their own. */
  renewLink(right: Right<'owner'>, role: SharedRole): Promise<RenewedLink>
  /** Gives a user a role of their own, or removes it (null). Refuses the owner, and a user who does not exist. */
  grant(right: Right<'owner'>, userId: string, role: SharedRole | null): Promise<Done | Refusal>
  /** Answers a user's request with a role, or denies it (null). Refuses the same users as `grant`. */
  answerRequest(right: Right<'owner'>, userId: string, role: SharedRole | null): Promise<Done | Refusal>
  /**
   * Tries a password at a locked link. Also returns true if the link is not locked for this user. Judges the caller
   * itself. Throws RefusedRequest after too many wrong passwords.
   */
  unlock(session: Session, attempt: UnlockAttempt): Promise<boolean>
}

/** A password tried at a link. `place`: where the request comes from, as in `ClientIps.placeOf`. */
export interface UnlockAttempt {
  readonly address: string
  readonly password: string
  readonly place: string
}

interface Done {
  readonly ok: true
}
