import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * The one-time link of a server without an administrator: who has it becomes the first one. It is printed at the start,
 * for whoever can read the server's output, and ends with its first use or with the process.
 */
export class FirstAdmin {
  #token: string | null

  private constructor(token: string | null) {
    this.#token = token
  }

  /** `isWanted`: there is no administrator. */
  static create(isWanted: boolean): FirstAdmin {
    return new FirstAdmin(isWanted ? randomBytes(24).toString('base64url') : null)
  }

  /** What stands in the link; null: there is none any more. */
  get token(): string | null {
    return this.#token
  }

  isRight(token: string): boolean {
    return this.#token !== null && timingSafeEqual(hashOf(token), hashOf(this.#token))
  }

  /** Takes the link out of force; false when it was not right, or somebody was faster. */
  use(token: string): boolean {
    if (!this.isRight(token)) return false
    this.#token = null
    return true
  }

  /** Puts the link back in force: what it was used for failed. */
  putBack(token: string): void {
    this.#token = token
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
