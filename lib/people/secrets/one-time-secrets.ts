/** The time that a secret waits for the page that shows it, ms. */
const LIFE_MS = 5 * 60 * 1000
/** The most secrets of all sessions together. The oldest is dropped first. */
const MOST = 200

type Kind = 'access token' | 'link'

/**
 * Carries secrets from the form that created them to the page that shows them once: the answer to a form is a
 * redirect, and neither a URL nor a cookie is a place for a secret. In memory only.
 */
export class OneTimeSecrets {
  readonly #now: () => number
  readonly #kept = new Map<string, { readonly secret: string; readonly until: number }>()

  /** `now` returns ms since the epoch. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Keeps a secret for the session's next page that asks for one of this kind. */
  keep(sessionId: string, kind: Kind, secret: string): void {
    const key = `${kind} ${sessionId}`
    this.#kept.delete(key)
    this.#kept.set(key, { secret, until: this.#now() + LIFE_MS })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST && oldest !== undefined) this.#kept.delete(oldest)
  }

  /** Returns the secret the first time it is asked for, null after that. */
  take(sessionId: string, kind: Kind): string | null {
    const key = `${kind} ${sessionId}`
    const found = this.#kept.get(key)
    this.#kept.delete(key)
    return found && found.until > this.#now() ? found.secret : null
  }
}
