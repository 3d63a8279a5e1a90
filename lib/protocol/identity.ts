/** Twelve collaborator hues; only the index crosses the wire, colours live in the page's CSS. */
export const HUE_COUNT = 12

/** The order in which hues are given out: neighbours in it are far apart for the eye. */
export const HUE_ORDER = [9, 2, 6, 11, 3, 10, 0, 7, 4, 8, 1, 5] as const

/** Number of friendly guest names: 12 manners × 12 animals, in the page's words. */
export const GUEST_NAME_COUNT = 144

/** How long a password may be, in UTF-16 units. */
export const PASSWORD_LENGTH = { least: 10, most: 128 } as const

/**
 * Who somebody is, stamped by the server. `name` is '' until they choose one; then the page shows
 * the friendly name of index `guestName` (0…143) in the reader's language. `hue` is 0…11.
 */
export interface Identity {
  readonly userId: string
  readonly name: string
  readonly guestName: number
  readonly hue: number
}

/** From the least to the most. */
export const ROLES = ['viewer', 'commenter', 'editor', 'owner'] as const
export type Role = (typeof ROLES)[number]

/** Roles that can be given to somebody or to a link; a document has one owner. */
export const SHARED_ROLES = ['viewer', 'commenter', 'editor'] as const
export type SharedRole = (typeof SHARED_ROLES)[number]

/** True when `role` is `needed` or more. */
export function atLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** A role, but at most `cap`; null: no cap. */
export function capped(role: Role, cap: Role | null): Role {
  return cap !== null && ROLES.indexOf(role) > ROLES.indexOf(cap) ? cap : role
}

/** True when `role` may change the text. */
export function mayEdit(role: Role): boolean {
  return atLeast(role, 'editor')
}

/** How somebody is here, as the server sees it. `left` is only ever shown in lists, by the page. */
export const PRESENCE_STATES = ['active', 'idle', 'unsteady'] as const
export type PresenceState = (typeof PRESENCE_STATES)[number]

// Control and format characters (bidirectional overrides among them) would let a name pose as another or break a line,
// fillers would let it be blank. The joiners U+200C and U+200D stay: Persian and emoji need them.
const FORBIDDEN_IN_NAMES =
  /[\p{Cc}\p{Cs}\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]/gu

/** A name as it is kept: NFC, no control, direction or blank characters, single spaces, at most `maxLength` UTF-16 units. */
export function cleanName(name: string, maxLength: number): string {
  const visible = name.replace(/\s+/gu, ' ').replace(FORBIDDEN_IN_NAMES, '').normalize('NFC')
  let cut = visible.replace(/ +/g, ' ').trim().slice(0, maxLength)
  if (/[\ud800-\udbff]$/.test(cut)) cut = cut.slice(0, -1)
  return cut.trim()
}

/** A user before a room has given them a hue. `hue` is the one they chose, or null. */
export type PresenceIdentity = Omit<Identity, 'hue'> & { readonly hue: number | null }
