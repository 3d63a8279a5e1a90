import { createSecretKey, type KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { seal, unseal } from '#lib/process/sealed.ts'
import { keyFor } from '#lib/process/secret.ts'

const TOKEN_PREFIX = 'st1'

/** The time in which a browser without its cookie may become the same guest again, ms. Renewed at every visit. */
const RECOVERY_LIFE = 30 * 24 * 60 * 60 * 1000

const RECOVERY_PREFIX = 'gr1'

/** The content of a socket token. `expiresAt`: ms since the epoch. */
export interface SocketToken {
  readonly userId: string
  readonly sessionId: string
  readonly expiresAt: number
}

const recoverySchema = v.strictObject({ userId: v.string(), expiresAt: v.number() })

const tokenSchema = v.strictObject({ userId: v.string(), sessionId: v.string(), expiresAt: v.number() })

/**
 * Signs values that leave the server and are trusted when they return: socket tokens
 * (docs/decisions/0005-socket-token-and-addresses.md) and recoveries of guests. Nothing is stored.
 */
export class Tokens {
  readonly #socketKey: KeyObject
  readonly #recoveryKey: KeyObject
  readonly #now: () => number
  readonly life: number

  /** `life` is the lifetime of a socket token, ms: long enough for a slow page load, worth little if lost. */
  constructor(secret: string, now: () => number, life = 10 * 60 * 1000) {
    this.life = life
    this.#socketKey = createSecretKey(keyFor(secret, 'socket token'))
    this.#recoveryKey = createSecretKey(keyFor(secret, 'guest recovery'))
    this.#now = now
  }

  /** Returns a token for the socket's handshake. `expiresAt`: ms since the epoch. */
  issue(userId: string, sessionId: string): { token: string; expiresAt: number } {
    const expiresAt = this.#now() + this.life
    const body: SocketToken = { userId, sessionId, expiresAt }
    return { token: seal(TOKEN_PREFIX, body, this.#socketKey), expiresAt }
  }

  /** Returns the content of a token, null if it was not made here or has expired. */
  verify(token: string): SocketToken | null {
    return this.#unseal(TOKEN_PREFIX, token, this.#socketKey, tokenSchema)
  }

  /** Returns a value with which a browser becomes the same guest again (docs/decisions/0015-guest-recovery.md). */
  issueRecovery(userId: string): string {
    return seal(RECOVERY_PREFIX, { userId, expiresAt: this.#now() + RECOVERY_LIFE }, this.#recoveryKey)
  }

  /** Returns the guest in a recovery, null if it was not made here or has expired. */
  userInRecovery(recovery: string): string | null {
    return this.#unseal(RECOVERY_PREFIX, recovery, this.#recoveryKey, recoverySchema)?.userId ?? null
  }

  #unseal<S extends v.GenericSchema<unknown, { readonly expiresAt: number }>>(
    prefix: string,
    sealed: string,
    key: KeyObject,
    schema: S,
  ): v.InferOutput<S> | null {
    const body = unseal(prefix, sealed, key, schema)
    return body && body.expiresAt > this.#now() ? body : null
  }
}
