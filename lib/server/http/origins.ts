import { isIP } from 'node:net'

/** What of a request says where it comes from. Absent headers are undefined. */
export interface RequestSource {
  readonly origin: string | undefined
  readonly host: string | undefined
  /** `Sec-Fetch-Site`; browsers send it to secure origins and localhost only, and no page can forge it. */
  readonly fetchSite: string | undefined
}

/**
 * Decides whether a request comes from a page of ours (docs/decisions/0005-socket-token-and-addresses.md).
 * Ours is the public origin, and the very host the request was sent to when that is an IP address or localhost: another
 * site can make a name of its own lead here (DNS rebinding), but not an address.
 */
export class Origins {
  readonly #publicOrigin: string | null

  constructor(publicOrigin: string | null) {
    this.#publicOrigin = publicOrigin
  }

  /** A request that changes something with the cookie's authority. */
  mayMutate(source: RequestSource): boolean {
    if (source.origin === undefined)
      return source.fetchSite === undefined || source.fetchSite === 'same-origin'
    // Under `Referrer-Policy: no-referrer` a browser sends the origin of a form as `null`.
    if (source.origin === 'null') return source.fetchSite === 'same-origin'
    return this.#isOurs(source.origin, source.host)
  }

  /** A socket's handshake. Programs send no origin; they need a token like everybody else. */
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
