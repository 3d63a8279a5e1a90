import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { keyFor } from '#lib/process/secret.ts'
import { equalInConstantTime, seal, unseal } from './sealed.ts'

const TOKEN_PREFIX = 'st1'

/** How long a browser without its cookie may become the same guest again, ms; renewed at every visit. */
const RECOVERY_LIFE = 30 * 24 * 60 * 60 * 1000

const RECOVERY_PREFIX = 'gr1'
const LINK_ID_BYTES = 12
const LINK_MAC_BYTES = 12
const LINK_ID_LENGTH = 16

/** Who a token stands for. `expiresAt`: ms since the epoch. */
export interface SocketToken {
  readonly userId: string
  readonly sessionId: string
  readonly expiresAt: number
}

const recoverySchema = v.strictObject({ userId: v.string(), expiresAt: v.number() })

const tokenSchema = v.strictObject({ userId: v.string(), sessionId: v.string(), expiresAt: v.number() })

/**
 * Signs what leaves the server and is believed when it comes back: socket tokens and document addresses
 * (docs/decisions/0005-socket-token-and-addresses.md). Nothing is stored.
 */
export class Tokens {
  readonly #socketKey: KeyObject
  readonly #addressKey: KeyObject
  readonly #recoveryKey: KeyObject
  readonly #now: () => number
  readonly life: number

  /** `life`: how long a socket token is good for, ms: long enough for a slow page load, worth little when lost. */
  constructor(secret: string, now: () => number, life = 10 * 60 * 1000) {
    this.life = life
    this.#socketKey = createSecretKey(keyFor(secret, 'socket token'))
    this.#addressKey = createSecretKey(keyFor(secret, 'document address'))
    this.#recoveryKey = createSecretKey(keyFor(secret, 'guest recovery'))
    this.#now = now
  }

  /** A token for the socket's handshake, and when it ends. */
  issue(userId: string, sessionId: string): { token: string; expiresAt: number } {
    const expiresAt = this.#now() + this.life
    const body: SocketToken = { userId, sessionId, expiresAt }
    return { token: seal(TOKEN_PREFIX, body, this.#socketKey), expiresAt }
  }

  /** Who the token stands for; null when it is not ours or has ended. */
  verify(token: string): SocketToken | null {
    return this.#unseal(TOKEN_PREFIX, token, this.#socketKey, tokenSchema)
  }

  /** What makes a browser the same guest again (docs/decisions/0015-guest-recovery.md). */
  issueRecovery(userId: string): string {
    return seal(RECOVERY_PREFIX, { userId, expiresAt: this.#now() + RECOVERY_LIFE }, this.#recoveryKey)
  }

  /** Whose recovery this is; null when it is not ours or has ended. */
  userInRecovery(recovery: string): string | null {
    return this.#unseal(RECOVERY_PREFIX, recovery, this.#recoveryKey, recoverySchema)?.userId ?? null
  }

  /** A new link id: 16 characters, not guessable. */
  newLinkId(): string {
    return randomBytes(LINK_ID_BYTES).toString('base64url')
  }

  /** The address of a link: its id and a MAC over it, 32 characters. Always the same for the same link. */
  addressOf(linkId: string): string {
    return linkId + this.#linkMac(linkId)
  }

  /** The link id in an address; null when the address was not made here. */
  linkIdIn(address: string): string | null {
    const linkId = address.slice(0, LINK_ID_LENGTH)
    return equalInConstantTime(address.slice(LINK_ID_LENGTH), this.#linkMac(linkId)) ? linkId : null
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

  #linkMac(linkId: string): string {
    const mac = createHmac('sha256', this.#addressKey).update(linkId).digest()
    return mac.subarray(0, LINK_MAC_BYTES).toString('base64url')
  }
}
