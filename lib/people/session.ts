import type { Identity, Role } from '#lib/protocol/identity.ts'

/** What somebody is to the whole site; what they are to one document is a Role. */
export type Standing = 'guest' | 'account' | 'admin'

/** Who asks. */
export interface Session {
  readonly sessionId: string
  readonly user: Identity
  readonly standing: Standing
  /** What they are to any document at most (the policy for guests, a token's scope); null: whatever their role there is. */
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
