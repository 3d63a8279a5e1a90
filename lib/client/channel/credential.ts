import type { Clock } from '#lib/protocol/clock.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import type { Owner } from '../owner.ts'

/** A socket token, and how long it is good for from now on, ms: the server's clock and ours may differ. */
export interface SocketCredential {
  readonly token: string
  readonly life: number
}

/** Fetches a socket token: a new one when `fresh`. Throws SessionEnded when this person is no longer signed in. */
export type Authenticate = (fresh: boolean) => Promise<string | SocketCredential>

/** The user is no longer signed in: there is no token before they sign in again. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded'
}

export interface CredentialOptions {
  readonly authenticate: Authenticate
  readonly clock: Pick<Clock, 'after' | 'random'>
  /** Hands a new token to the server on the live connection. Rejects when there is no answer. */
  readonly renew: (token: string) => Promise<{ readonly ok: true } | Refusal>
  readonly owner: Owner
}

/** The lifetime assumed of a bare token: the server's default. */
const USUAL_LIFE_MS = 10 * 60 * 1000
/** A token is renewed at this share of its life, give or take a twentieth, so that clients do not renew together. */
const RENEW_AT = 0.8
const SPREAD = 0.1
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000

/**
 * The token of a connection: fetched for the handshake, renewed on the live socket before it ends. A renewal that fails
 * is tried again as long as the connection stands; editing goes on meanwhile until the server says otherwise.
 */
export class Credential {
  readonly #options: CredentialOptions
  #life = USUAL_LIFE_MS
  #cancel: (() => void) | null = null
  #connected = false
  #renewing = false
  #retryMs = FIRST_RETRY_MS
  /** The last token was not believed: the next one must be new. */
  #stale = false
  #ended = false

  constructor(options: CredentialOptions) {
    this.#options = options
  }

  /** This person is no longer signed in; it is still tried. */
  get ended(): boolean {
    return this.#ended
  }

  /** For a handshake. Rejects when there is none. */
  async token(): Promise<string> {
    return this.#fetch(this.#stale)
  }

  /** The server did not believe the token. */
  disbelieved(): void {
    this.#stale = true
  }

  /** The token was believed: it is renewed from now on. */
  connected(): void {
    this.#connected = true
    this.#stale = false
    this.#plan()
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#connected = false
    this.#cancel?.()
    this.#cancel = null
  }

  /** Retries a failed renewal now: the user is looking, or has just signed in. */
  retryNow(): void {
    if (this.#connected && this.#retryMs > FIRST_RETRY_MS) void this.#renew()
  }

  #plan(): void {
    this.#retryMs = FIRST_RETRY_MS
    const share = RENEW_AT + (this.#options.clock.random() - 0.5) * SPREAD
    this.#after(this.#life * share)
  }

  #after(ms: number): void {
    this.#cancel?.()
    this.#cancel = this.#options.clock.after(ms, () => void this.#renew())
  }

  async #renew(): Promise<void> {
    if (this.#renewing || !this.#connected) return
    this.#renewing = true
    try {
      const answer = await this.#options.renew(await this.#fetch(true))
      if (!this.#connected) return
      if (answer.ok) this.#plan()
      else this.#retry()
    } catch {
      // Out of reach or signed out: the same question again, until it is answered well.
      if (this.#connected) this.#retry()
    } finally {
      this.#renewing = false
    }
  }

  #retry(): void {
    this.#after(this.#retryMs)
    this.#retryMs = Math.min(LAST_RETRY_MS, 2 * this.#retryMs)
  }

  async #fetch(fresh: boolean): Promise<string> {
    try {
      const given = await this.#options.authenticate(fresh)
      this.#is(false)
      if (typeof given === 'string') return given
      this.#life = given.life
      return given.token
    } catch (error) {
      this.#is(error instanceof SessionEnded)
      throw error
    }
  }

  #is(ended: boolean): void {
    if (ended === this.#ended) return
    this.#ended = ended
    this.#options.owner.changed()
  }
}
