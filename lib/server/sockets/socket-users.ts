import type { Authentication, SocketUser } from '#lib/people/authentication.ts'
import type { RecentSocketUsers } from '#lib/people/recent-socket-users.ts'
import type { SocketToken, Tokens } from '#lib/people/tokens.ts'

/** The user of a socket token, with the content of the token. */
export type TokenUser = SocketUser & SocketToken

/** Finds the users of socket tokens. */
export class SocketUsers {
  readonly #tokens: Pick<Tokens, 'verify'>
  readonly #authentication: Pick<Authentication, 'ofSocket'>
  readonly #recent: Pick<RecentSocketUsers, 'of'>

  constructor(
    tokens: Pick<Tokens, 'verify'>,
    authentication: Pick<Authentication, 'ofSocket'>,
    recent: Pick<RecentSocketUsers, 'of'>,
  ) {
    this.#tokens = tokens
    this.#authentication = authentication
    this.#recent = recent
  }

  /**
   * Returns the user of a token, as read within the last minute. Returns null if the token is not ours or has
   * expired, or if its user or session is gone. Rejects as the store does.
   */
  async of(token: string): Promise<TokenUser | null> {
    const proved = this.#tokens.verify(token)
    const user = proved && (await this.#recent.of(proved.userId, proved.sessionId))
    return user && { ...user, ...proved }
  }

  /** Returns the user as `of` does, but reads it now. */
  async readNow(token: string): Promise<TokenUser | null> {
    const proved = this.#tokens.verify(token)
    const user = proved && (await this.#authentication.ofSocket(proved.userId, proved.sessionId))
    return user && { ...user, ...proved }
  }
}
