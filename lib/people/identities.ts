import type { GuestPolicy } from '#lib/process/settings.ts'
import type { Role } from '#lib/protocol/identity.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Accounts } from './accounts.ts'
import type { KeptSession } from './cookie-sessions.ts'
import type { Person } from './person.ts'
import type { Standing } from './session.ts'

/** Somebody with a session, and what they may do. */
export interface Identified extends KeptSession {
  /** What they are to any document at most; null: whatever their role there is. */
  readonly cap: Role | null
  /** May make documents. */
  readonly mayCreate: boolean
  /** With a token, not with a cookie. */
  readonly isProgram: boolean
  /** May look and change nothing. */
  readonly readOnly: boolean
}

/** Who a socket belongs to. */
export interface Holder {
  readonly person: Person
  readonly aliases: ReadonlySet<string>
  readonly cap: Role | null
}

const CAPS: Readonly<Record<Exclude<GuestPolicy, 'off'>, Role | null>> = {
  view: 'viewer',
  comment: 'commenter',
  edit: 'editor',
  create: null,
}

const NOBODY: ReadonlySet<string> = new Set()

/** Session ids of programs are those of their tokens, under this. */
const TOKEN_SESSION = 'token_'

/**
 * Who a request or a socket comes from, by cookie or by personal access token, and what the policy for guests and the
 * scope of the token leave them.
 */
export class Identities {
  readonly #accounts: Accounts
  readonly #tokens: AccessTokens
  readonly #guests: GuestPolicy

  constructor(accounts: Accounts, tokens: AccessTokens, guests: GuestPolicy) {
    this.#accounts = accounts
    this.#tokens = tokens
    this.#guests = guests
  }

  /** False: one has to sign in. */
  get guestsAreWelcome(): boolean {
    return this.#guests !== 'off'
  }

  /** Who a request comes from; null: nobody we know, or a guest where there are none. `renew`: with new cookies when due. */
  async of(headers: Headers, renew = false): Promise<Identified | null> {
    const token = /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1]
    if (token !== undefined) return this.#ofToken(token)
    const kept = await (renew ? this.#accounts.renewedSessionOf(headers) : this.#accounts.sessionOf(headers))
    return kept && this.ofSession(kept)
  }

  /** What a session may do; null: it is a guest's where there are none. */
  ofSession(kept: KeptSession): Identified | null {
    const person = { ...kept, isProgram: false, readOnly: false }
    if (kept.standing !== 'guest') return { ...person, cap: null, mayCreate: true }
    if (this.#guests === 'off') return null
    return { ...person, cap: CAPS[this.#guests], mayCreate: this.#guests === 'create' }
  }

  /** Whose socket it is; null: the user is gone or disabled, the session or token is over, or guests are not let in. */
  async holderOf(userId: string, sessionId: string): Promise<Holder | null> {
    const known = await this.#accounts.knownOf(userId)
    if (!known) return null
    const cap = sessionId.startsWith(TOKEN_SESSION)
      ? await this.#capOfToken(sessionId.slice(TOKEN_SESSION.length), userId)
      : await this.#capOfSession(sessionId, userId, known.standing)
    if (cap === 'none') return null
    const aliases = known.standing === 'guest' ? NOBODY : new Set(await this.#accounts.aliasesOf(userId))
    return { person: known.person, aliases, cap }
  }

  async #ofToken(token: string): Promise<Identified | null> {
    const found = await this.#tokens.find(token)
    const known = found && (await this.#accounts.knownOf(found.userId))
    if (!known) return null
    const readOnly = found.scope === 'read'
    return {
      sessionId: sessionOfToken(found.id),
      person: known.person,
      // A program is never an administrator.
      standing: 'account',
      setCookies: [],
      cap: readOnly ? 'viewer' : null,
      mayCreate: !readOnly,
      isProgram: true,
      readOnly,
    }
  }

  async #capOfToken(id: string, userId: string): Promise<Role | null | 'none'> {
    const scope = await this.#tokens.scopeOf(id, userId)
    if (scope === null) return 'none'
    return scope === 'read' ? 'viewer' : null
  }

  async #capOfSession(sessionId: string, userId: string, standing: Standing): Promise<Role | null | 'none'> {
    if (!(await this.#accounts.isAlive(sessionId, userId))) return 'none'
    if (standing !== 'guest') return null
    return this.#guests === 'off' ? 'none' : CAPS[this.#guests]
  }
}

/** The session id of a program that comes with this token. */
export function sessionOfToken(id: string): string {
  return TOKEN_SESSION + id
}
