import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { urlOf } from '#lib/protocol/urls.ts'

/**
 * The one-time link of a server without an administrator: its holder becomes the first one. Printed at the start, for
 * anyone who can read the server's output. Expires with its first use or with the process.
 */
export class FirstAdmin {
  #token: string | null

  private constructor(token: string | null) {
    this.#token = token
  }

  /** `isWanted`: true if there is no administrator. */
  static create(isWanted: boolean): FirstAdmin {
    return new FirstAdmin(isWanted ? randomBytes(24).toString('base64url') : null)
  }

  /** True until there is an administrator. */
  get isWanted(): boolean {
    return this.#token !== null
  }

  /** Prints the link with the public origin. Prints nothing if there is an administrator. */
  printInvitation(origin: string): void {
    if (this.#token === null) return
    const link = urlOf(origin, { to: 'setup', token: this.#token })
    console.log(`There is no administrator yet. Whoever opens this link becomes the first one: ${link}`)
  }

  /** Returns true if this is the link's token and it has not been used. */
  isRight(token: string): boolean {
    return this.#token !== null && timingSafeEqual(hashOf(token), hashOf(this.#token))
  }

  /** Invalidates the link. Returns false if the token is wrong or was already used. */
  use(token: string): boolean {
    if (!this.isRight(token)) return false
    this.#token = null
    return true
  }

  /** Makes the link valid again after its use failed. */
  putBack(token: string): void {
    this.#token = token
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
