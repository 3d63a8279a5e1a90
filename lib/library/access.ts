import { atLeast, type Role, type SharedRole } from '#lib/protocol/identity.ts'

/** What decides what somebody may do with a document they come to by a link. Times in ms since the epoch. */
export interface AccessQuestion {
  /** null: nobody we know yet. */
  readonly userId: string | null
  readonly ownerId: string
  /** Given to this person for themselves; null: nothing. */
  readonly grant: SharedRole | null
  readonly link: {
    readonly role: SharedRole
    /** null: never. */
    readonly expiresAt: number | null
    readonly revoked: boolean
    /** It has a password, and this person has not entered it. */
    readonly locked: boolean
  }
  /** The most that people with a link can do in this document; null: nothing. */
  readonly linkRole: SharedRole | null
  readonly now: number
}

/**
 * The role of somebody in a document: the owner's, else the higher one of what was given to them and what their link
 * gives. null: none, and the document looks to them as if it did not exist. *locked*: none before the link's password.
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
