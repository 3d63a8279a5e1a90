import type { Role } from '#lib/protocol/identity.ts'

/**
 * The roles that the interface offers, in rising order. Nothing can be commented on so far, so *commenter*, which
 * links and grants of other programs may name, reads as *viewer* (docs/decisions/0061-comments-not-offered.md).
 */
export const OFFERED_ROLES = ['viewer', 'editor'] as const
export type OfferedRole = (typeof OFFERED_ROLES)[number]

/** Returns the role to show for a role. */
export function shownRole<R extends Role>(role: R): Exclude<R, 'commenter'> | 'viewer' {
  return role === 'commenter' ? 'viewer' : (role as Exclude<R, 'commenter'>)
}
