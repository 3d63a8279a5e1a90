/** Kept at most so long for the page that shows it, ms. */
const LIFE_MS = 5 * 60 * 1000
/** Of all sessions together; the oldest goes first. */
const MOST = 200

type Kind = 'access token' | 'reset link'

/**
 * Secrets on their way from the form that made them to the page that shows them, which happens once: an answer of a form is
 * a redirect, and a URL or a cookie is no place for a secret. In memory only.
 */
export class ShownOnce {
  readonly #now: () => number
  readonly #kept = new Map<string, { readonly secret: string; readonly until: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** For the next page of this session that asks. */
  keep(sessionId: string, kind: Kind, secret: string): void {
    const key = `${kind} ${sessionId}`
    this.#kept.delete(key)
    this.#kept.set(key, { secret, until: this.#now() + LIFE_MS })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST && oldest !== undefined) this.#kept.delete(oldest)
  }

  /** The secret, the first time it is asked for; null otherwise. */
  take(sessionId: string, kind: Kind): string | null {
    const key = `${kind} ${sessionId}`
    const found = this.#kept.get(key)
    this.#kept.delete(key)
    return found && found.until > this.#now() ? found.secret : null
  }
}
