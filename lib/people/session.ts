import type { Identity, Role } from '#lib/protocol/identity.ts'
import type { Profile } from './profile.ts'

/** The standing of a user on the whole site. Their standing in one document is a Role. */
export type Standing = 'guest' | 'account' | 'admin'

/** The user of a request, with their limits. */
export interface Session {
  readonly sessionId: string
  readonly user: Identity
  readonly standing: Standing
  /** The highest role they have in any document (by the policy for guests or a token's scope). Null for no limit. */
  readonly cap: Role | null
  readonly mayCreate: boolean
  /** True if they use a personal access token, not a cookie. */
  readonly isProgram: boolean
  /** True if their access token may only read. */
  readonly readOnly: boolean
}

/** A session with the `Set-Cookie` values to send with the answer (none if nothing changed). */
export interface EnsuredSession extends Session {
  readonly setCookies: readonly string[]
}

/** A session that has ended, or a user all of whose sessions have. */
export type Ended = { readonly userId: string } | { readonly sessionId: string }

/** The sockets that are connected now. */
export interface LiveConnections {
  /** Closes the sockets of a session or a user that has ended. */
  endSockets(ended: Ended): void
  /** Shows a user's new name and hue wherever they are present. */
  showProfile(profile: Profile): void
}
