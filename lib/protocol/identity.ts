/** The number of collaborator hues. Only the index crosses the wire; colours are in the page's CSS. */
export const HUE_COUNT = 12

/** The order in which hues are assigned: neighbours in it are easy to tell apart. */
export const HUE_ORDER = [9, 2, 6, 11, 3, 10, 0, 7, 4, 8, 1, 5] as const

/** The number of friendly guest names: 12 adjectives × 12 animals, in the page's words. */
export const GUEST_NAME_COUNT = 144

/** The allowed length of a password, in UTF-16 units. */
export const PASSWORD_LENGTH = { least: 10, most: 128 } as const

/**
 * The public identity of a user, set by the server. `name` is '' until they choose one; the page then shows the
 * friendly name of index `guestName` (0…143) in the reader's language. `hue` is 0…11.
 */
export interface Identity {
  readonly userId: string
  readonly name: string
  readonly guestName: number
  readonly hue: number
}

/** The roles in ascending order. */
export const ROLES = ['viewer', 'commenter', 'editor', 'owner'] as const
export type Role = (typeof ROLES)[number]

/** The roles that can be given to a user or to a link; a document has one owner. */
export const SHARED_ROLES = ['viewer', 'commenter', 'editor'] as const
export type SharedRole = (typeof SHARED_ROLES)[number]

/** Returns true if `role` is `needed` or higher. */
export function atLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** Returns a role limited to `cap`; null for no cap. */
export function capped(role: Role, cap: Role | null): Role {
  return cap !== null && ROLES.indexOf(role) > ROLES.indexOf(cap) ? cap : role
}

/** Returns true if `role` may change the text. */
export function mayEdit(role: Role): boolean {
  return atLeast(role, 'editor')
}

/** The states of a member, as the server sees them. The page alone adds *left*, in its lists. */
export const PRESENCE_STATES = ['active', 'idle', 'unsteady'] as const
export type PresenceState = (typeof PRESENCE_STATES)[number]

// Control and format characters (bidirectional overrides among them) would let a name imitate another or break a
// line; fillers would let it be blank. The joiners U+200C and U+200D stay: Persian and emoji need them.
const FORBIDDEN_IN_NAMES =
  /[\p{Cc}\p{Cs}\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]/gu

/**
 * Returns a name as it is stored: NFC, no control, direction or blank characters, single spaces, at most `maxLength`
 * UTF-16 units.
 */
export function cleanName(name: string, maxLength: number): string {
  const visible = name.replace(/\s+/gu, ' ').replace(FORBIDDEN_IN_NAMES, '').normalize('NFC')
  let cut = visible.replace(/ +/g, ' ').trim().slice(0, maxLength)
  if (/[\ud800-\udbff]$/.test(cut)) cut = cut.slice(0, -1)
  return cut.trim()
}

/** A user before a room has assigned them a hue. `hue` is the one they chose, or null. */
export type PresenceIdentity = Omit<Identity, 'hue'> & { readonly hue: number | null }
