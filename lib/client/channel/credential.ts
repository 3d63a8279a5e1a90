import type { Clock } from '#lib/protocol/clock.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import type { Owner } from '../owner.ts'

/** A socket token and its remaining lifetime, ms. A lifetime, because the clocks of server and browser may differ. */
export interface SocketCredential {
  readonly token: string
  readonly life: number
}

/** Fetches a socket token, a new one if `fresh`. Throws SessionEnded if the user is no longer signed in. */
export type Authenticate = (fresh: boolean) => Promise<string | SocketCredential>

/** The user is no longer signed in. There is no token until they sign in again. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded'
}

export interface CredentialOptions {
  readonly authenticate: Authenticate
  readonly clock: Pick<Clock, 'after' | 'random'>
  /** Sends a new token to the server on the live connection. Rejects if there is no answer. */
  readonly renew: (token: string) => Promise<{ readonly ok: true } | Refusal>
  readonly owner: Owner
}

/** The assumed lifetime of a bare token, which is the server's default. */
const USUAL_LIFE_MS = 10 * 60 * 1000
/**
 * A token is renewed after this share of its lifetime, plus or minus a twentieth, so that clients do not renew
 * together.
 */
const RENEW_AT = 0.8
const SPREAD = 0.1
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000

/**
 * The token of a connection, fetched for the handshake and renewed on the live socket before it expires. A failed
 * renewal is retried for as long as the connection lasts; editing continues meanwhile unless the server forbids it.
 */
export class Credential {
  readonly #options: CredentialOptions
  #life = USUAL_LIFE_MS
  #cancel: (() => void) | null = null
  #connected = false
  #renewing = false
  #retryMs = FIRST_RETRY_MS
  /** The server rejected the last token, so the next one must be new. */
  #stale = false
  #ended = false

  constructor(options: CredentialOptions) {
    this.#options = options
  }

  /** The user is no longer signed in. Renewal is still tried. */
  get ended(): boolean {
    return this.#ended
  }

  /** Returns a token for a handshake. Rejects if there is none. */
  async token(): Promise<string> {
    return this.#fetch(this.#stale)
  }

  /** Notes that the server rejected the token. */
  disbelieved(): void {
    this.#stale = true
  }

  /** Notes that the server accepted the token, and starts renewing it. */
  connected(): void {
    this.#connected = true
    this.#stale = false
    this.#plan()
  }

  /** Stops renewing: the connection is gone. */
  disconnected(): void {
    this.#connected = false
    this.#cancel?.()
    this.#cancel = null
  }

  /** Retries a failed renewal now, because the user is looking at the page or has just signed in. */
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
      // The server is unreachable or the user signed out: renew again until it succeeds.
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
