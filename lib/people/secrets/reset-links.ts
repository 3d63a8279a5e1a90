import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import { keyFor } from '#lib/process/secret.ts'

const PREFIX = 'pr1'
/** The lifetime of a link, ms. */
const LIFE_MS = 60 * 60 * 1000

const claimSchema = v.strictObject({ userId: v.string(), expiresAt: v.number() })

/**
 * The tokens in links that set a new password. Nothing is stored: the signature covers the hash of the password to be
 * replaced, so a link expires as soon as any password is set, and another process can create one.
 */
export class ResetLinks {
  readonly #key: Buffer
  readonly #now: () => number

  constructor(secret: string, now: () => number) {
    this.#key = keyFor(secret, 'password reset')
    this.#now = now
  }

  /**
   * Returns a token for one user, valid for an hour and one use. `passwordHash` is the present one, null if they
   * have none.
   */
  issue(userId: string, passwordHash: string | null): string {
    const claim = JSON.stringify({ userId, expiresAt: this.#now() + LIFE_MS })
    const payload = Buffer.from(claim).toString('base64url')
    return `${PREFIX}.${payload}.${this.#mac(payload, passwordHash).toString('base64url')}`
  }

  /**
   * Returns the user whose password a token claims to set, null if it has expired or is not a token. Only `isRight`
   * proves it.
   */
  userIn(token: string): string | null {
    const [prefix, payload = ''] = token.split('.')
    if (prefix !== PREFIX) return null
    const claim = v.safeParse(claimSchema, parsed(payload))
    return claim.success && claim.output.expiresAt > this.#now() ? claim.output.userId : null
  }

  /** Returns true if the token was made here while this was the password's hash. */
  isRight(token: string, passwordHash: string | null): boolean {
    const [, payload = '', mac = '', ...rest] = token.split('.')
    const given = Buffer.from(mac, 'base64url')
    const right = this.#mac(payload, passwordHash)
    return rest.length === 0 && given.length === right.length && timingSafeEqual(given, right)
  }

  #mac(payload: string, passwordHash: string | null): Buffer {
    const password = createHash('sha256')
      .update(passwordHash ?? '')
      .digest('base64url')
    return createHmac('sha256', this.#key).update(`${payload}.${password}`).digest()
  }
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  } catch {
    // Not made here.
    return null
  }
}
