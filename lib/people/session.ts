import type { Identity, Role } from '#lib/protocol/identity.ts'
import type { Profile } from './profile.ts'

/** What a user is to the whole site; what they are to one document is a Role. */
export type Standing = 'guest' | 'account' | 'admin'

/** Who makes a request. */
export interface Session {
  readonly sessionId: string
  readonly user: Identity
  readonly standing: Standing
  /** The highest role they have in any document (by the policy for guests, a token's scope); null: that of the document. */
  readonly cap: Role | null
  readonly mayCreate: boolean
  /** Comes with a personal access token, not with a cookie. */
  readonly isProgram: boolean
  /** Such a token that may look and change nothing. */
  readonly readOnly: boolean
}

/** A session with the `Set-Cookie` values that must go out with the answer (none when nothing changed). */
export interface EnsuredSession extends Session {
  readonly setCookies: readonly string[]
}

/** What has ended: every session of a user, or one session. */
export type Ended = { readonly userId: string } | { readonly sessionId: string }

/** The sockets that are connected now. */
export interface LiveConnections {
  /** Closes the sockets of a session or a user that has ended. */
  endSockets(ended: Ended): void
  /** Shows a user's new name and hue wherever they are present. */
  showProfile(profile: Profile): void
}
