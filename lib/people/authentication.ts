import type { GuestPolicy } from '#lib/process/settings.ts'
import type { Role } from '#lib/protocol/identity.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { CookieSession, CookieSessions } from './cookie-sessions.ts'
import { identityOf, type Profile } from './profile.ts'
import type { EnsuredSession, Standing } from './session.ts'
import type { OwnerCatalog } from './store.ts'
import type { Users } from './users.ts'

/** The user of a socket. */
export interface SocketUser {
  readonly profile: Profile
  /** The guests that became this user. */
  readonly aliases: ReadonlySet<string>
  /** The highest role they have in any document, as in `Session.cap`. */
  readonly cap: Role | null
}

export interface AuthenticationPorts {
  readonly users: Pick<Users, 'find'>
  readonly sessions: Pick<CookieSessions, 'find' | 'findAndRenew' | 'isAlive'>
  readonly accessTokens: Pick<AccessTokens, 'find' | 'scopeOf'>
  readonly owners: Pick<OwnerCatalog, 'aliasesOf'>
  readonly guests: GuestPolicy
}

const CAPS: Readonly<Record<Exclude<GuestPolicy, 'off'>, Role | null>> = {
  view: 'viewer',
  edit: 'editor',
  create: null,
}

const NO_ALIASES: ReadonlySet<string> = new Set()

/** The prefix of a program's session id; the id of its access token follows. */
const PROGRAM = 'token_'

/**
 * Identifies the user of a request or a socket, by cookie or by personal access token, and limits them by the policy
 * for guests and the scope of the token.
 */
export class Authentication {
  readonly #ports: AuthenticationPorts

  constructor(ports: AuthenticationPorts) {
    this.#ports = ports
  }

  /** False if visitors must sign in. */
  get guestsAreWelcome(): boolean {
    return this.#ports.guests !== 'off'
  }

  /**
   * Returns the session of a request. Returns null without a valid cookie or token, and for a guest if guests are
   * not welcome. `renew` returns it with new cookies if it is due for renewal.
   */
  async ofRequest(headers: Headers, renew = false): Promise<EnsuredSession | null> {
    const token = /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1]
    if (token !== undefined) return this.#ofToken(token)
    const { sessions } = this.#ports
    const found = await (renew ? sessions.findAndRenew(headers) : sessions.find(headers))
    return found && this.ofCookie(found)
  }

  /** Returns the session of a cookie with its limits. Returns null if it is a guest's and guests are not welcome. */
  ofCookie({ sessionId, profile, standing, setCookies }: CookieSession): EnsuredSession | null {
    const { guests } = this.#ports
    if (standing === 'guest' && guests === 'off') return null
    return {
      sessionId,
      user: identityOf(profile),
      standing,
      cap: standing === 'guest' && guests !== 'off' ? CAPS[guests] : null,
      mayCreate: standing !== 'guest' || guests === 'create',
      isProgram: false,
      readOnly: false,
      setCookies,
    }
  }

  /**
   * Returns the user of a socket. Returns null if they are gone or disabled, if the session or token has ended, or
   * if they are a guest and guests are not welcome.
   */
  async ofSocket(userId: string, sessionId: string): Promise<SocketUser | null> {
    const { users, owners } = this.#ports
    const user = await users.find(userId)
    if (!user) return null
    const cap = sessionId.startsWith(PROGRAM)
      ? await this.#capOfToken(sessionId.slice(PROGRAM.length), userId)
      : await this.#capOfCookie(sessionId, userId, user.standing)
    if (cap === 'none') return null
    const aliases = user.standing === 'guest' ? NO_ALIASES : new Set(await owners.aliasesOf(userId))
    return { profile: user.profile, aliases, cap }
  }

  async #ofToken(token: string): Promise<EnsuredSession | null> {
    const { accessTokens, users } = this.#ports
    const found = await accessTokens.find(token)
    const user = found && (await users.find(found.userId))
    if (!user) return null
    const readOnly = found.scope === 'read'
    return {
      sessionId: sessionOfToken(found.id),
      user: identityOf(user.profile),
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
    const scope = await this.#ports.accessTokens.scopeOf(id, userId)
    if (scope === null) return 'none'
    return scope === 'read' ? 'viewer' : null
  }

  async #capOfCookie(sessionId: string, userId: string, standing: Standing): Promise<Role | null | 'none'> {
    const { sessions, guests } = this.#ports
    if (!(await sessions.isAlive(sessionId, userId))) return 'none'
    if (standing !== 'guest') return null
    return guests === 'off' ? 'none' : CAPS[guests]
  }
}

/** Returns the session id of a program with this access token. */
export function sessionOfToken(id: string): string {
  return PROGRAM + id
}
