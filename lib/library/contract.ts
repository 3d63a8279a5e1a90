import type { Session } from '#lib/people/session.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import type { Role, SharedRole } from '#lib/protocol/identity.ts'
import type { RenewedLink, SharingOverview } from '#lib/protocol/sharing.ts'

/*
 * The calls that pages and routes make about documents.
 */

/** What a link shows before it is joined. */
export interface OpenDocument {
  readonly title: string
  readonly role: Role
}

/** A document in somebody's list; times in ms since the epoch. */
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

/**
 * Sharing a document. Each method judges the caller itself: without access `not-found` (or `link-locked`), with too low
 * a role `forbidden`. Changes are for the owner; when one resolves, everybody's open connections have their new roles.
 */
export interface SharingServices {
  overview(session: Session, address: string): Promise<SharingOverview | Refusal>
  /** The most that people with a link can do; null: nothing. */
  setLinkRole(session: Session, address: string, role: SharedRole | null): Promise<Done | Refusal>
  /** Changes the link of a role; what is left out stays. `expiresAt` lies ahead. A new password locks it for everybody again. */
  changeLink(
    session: Session,
    address: string,
    role: SharedRole,
    change: { readonly expiresAt?: number | null; readonly password?: string | null },
  ): Promise<Done | Refusal>
  /** A new address for a role; the old one opens nothing any more, but for those who have a role of their own. */
  renewLink(session: Session, address: string, role: SharedRole): Promise<RenewedLink | Refusal>
  /** Gives somebody a role of their own, or takes it back (null). The owner's stays. */
  grant(session: Session, address: string, userId: string, role: SharedRole | null): Promise<Done | Refusal>
  /** Answers what somebody asked for: with a role, or with no (null). */
  answerRequest(
    session: Session,
    address: string,
    userId: string,
    role: SharedRole | null,
  ): Promise<Done | Refusal>
  /** Tries a password at a locked link; true also when nothing is locked for this user. */
  unlock(session: Session, address: string, password: string): Promise<boolean>
}

interface Done {
  readonly ok: true
}
