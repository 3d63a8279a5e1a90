import { isIP } from 'node:net'

/** The headers that tell where a request comes from; undefined if absent. */
export interface RequestSource {
  readonly origin: string | undefined
  readonly host: string | undefined
  /** `Sec-Fetch-Site`. Browsers send it only to secure origins and localhost, and no page can forge it. */
  readonly fetchSite: string | undefined
}

/**
 * Decides whether a request comes from one of our pages (docs/decisions/0005-socket-token-and-addresses.md). Our
 * origins are the public origin, and the host that the request was sent to if it is an IP address or localhost:
 * another site can point a name of its own here (DNS rebinding), but not an address.
 */
export class Origins {
  readonly #publicOrigin: string | null

  constructor(publicOrigin: string | null) {
    this.#publicOrigin = publicOrigin
  }

  /** Returns true if a request may change something with the cookie's authority. */
  mayMutate(source: RequestSource): boolean {
    if (source.origin === undefined)
      return source.fetchSite === undefined || source.fetchSite === 'same-origin'
    // Under `Referrer-Policy: no-referrer` a browser sends the origin of a form as `null`.
    if (source.origin === 'null') return source.fetchSite === 'same-origin'
    return this.#isOurs(source.origin, source.host)
  }

  /** Returns true if a socket may open. Programs send no origin; they need a token like every client. */
  mayConnect(source: Pick<RequestSource, 'origin' | 'host'>): boolean {
    return source.origin === undefined || this.#isOurs(source.origin, source.host)
  }

  #isOurs(origin: string, host: string | undefined): boolean {
    if (origin === this.#publicOrigin) return true
    if (!URL.canParse(origin)) return false
    const from = new URL(origin)
    const name = from.hostname.replace(/^\[|\]$/g, '')
    return from.host === host && /^https?:$/.test(from.protocol) && (name === 'localhost' || isIP(name) !== 0)
  }
}
