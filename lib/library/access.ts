import { atLeast, type Role, type SharedRole } from '#lib/protocol/identity.ts'

/** The facts that decide the role of a user who opens a document by a link. Times in ms since the epoch. */
export interface AccessQuestion {
  /** Null for a visitor without a session. */
  readonly userId: string | null
  readonly ownerId: string
  /** The role that the owner gave this user, null if none. */
  readonly grant: SharedRole | null
  readonly link: {
    readonly role: SharedRole
    /** The time at which the link expires, null if it does not. */
    readonly expiresAt: number | null
    readonly revoked: boolean
    /** True if the link has a password and this user has not entered it. */
    readonly locked: boolean
  }
  /** The highest role that any link of this document gives, null if links give none. */
  readonly linkRole: SharedRole | null
  readonly now: number
}

/**
 * Returns a user's role in a document: *owner*, or the higher of their own role and the one their link gives. Returns
 * null if there is neither: to them the document then looks as if it did not exist. Returns *locked* if they have no
 * role until they enter the link's password.
 */
export function roleOf(question: AccessQuestion): Role | 'locked' | null {
  const { userId, ownerId, grant, link, linkRole, now } = question
  if (userId === ownerId) return 'owner'
  const isLive = !link.revoked && (link.expiresAt === null || link.expiresAt > now)
  if (!isLive || linkRole === null) return grant
  if (link.locked) return grant ?? 'locked'
  const byLink = atLeast(link.role, linkRole) ? linkRole : link.role
  return grant === null ? byLink : higher(grant, byLink)
}

function higher<R extends Role>(a: R, b: R): R {
  return atLeast(a, b) ? a : b
}
