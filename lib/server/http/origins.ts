import { isIP } from 'node:net'

/** The headers that tell where a request comes from; undefined if absent. */
export interface RequestSource {
  readonly origin: string | undefined
  readonly host: string | undefined
  /** `Sec-Fetch-Site`. Browsers send it only to secure origins and localhost, and no page can forge it. */
  readonly fetchSite: string | undefined
}

/** A request that comes from a page at an address that is not ours. Addresses are origins like `https://a.example`. */
export interface ForeignOrigin {
  /** The address of the page; null if the browser withholds it, or if it is not a plain host name or IP address. */
  readonly from: string | null
  /** The address that this server knows as its own. */
  readonly own: string
  /** True if a browser says that the page is another site's; false if the page may be ours, under a name unknown here. */
  readonly isOtherSite: boolean
}

/**
 * Decides whether a request comes from one of our pages (docs/decisions/0005-socket-token-and-addresses.md). Our
 * origins are the public origin, and the host that the request was sent to if it is an IP address or localhost:
 * another site can point a name of its own here (DNS rebinding), but not an address.
 */
export class Origins {
  readonly #publicOrigin: string | null
  readonly #own: string

  /** `publicOrigin`: as set, or null; `listening`: the address that the server is reached at without it. */
  constructor(publicOrigin: string | null, listening = 'http://127.0.0.1:3000') {
    this.#publicOrigin = publicOrigin
    this.#own = publicOrigin ?? listening
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

  /** Describes a request that `mayMutate` refused. */
  foreign({ origin, fetchSite }: RequestSource): ForeignOrigin {
    const from = origin !== undefined && URL.canParse(origin) ? plainOrigin(new URL(origin)) : null
    return { from, own: this.#own, isOtherSite: fetchSite !== undefined && fetchSite !== 'same-origin' }
  }

  /**
   * Returns the address that a page is opened at, if it is a name that this server does not know; null if it may be
   * known. `forwarded`: the host and the scheme that a proxy says. Whatever the client or the proxy claims: for a hint
   * on a page only, never for access.
   */
  foreignHost(
    host: string | null,
    forwarded: { readonly host: string | null; readonly scheme: string | null },
  ): ForeignOrigin | null {
    const name = forwarded.host ?? host ?? ''
    // A name without a dot is one inside a proxy's network.
    if (forwarded.host === null && this.#publicOrigin !== null && !/\.[^.]*[a-z]/i.test(name)) return null
    const scheme = forwarded.scheme === 'https' || forwarded.scheme === 'http' ? forwarded.scheme : 'http'
    if (!URL.canParse(`${scheme}://${name}`)) return null
    const url = new URL(`${scheme}://${name}`)
    const from = plainOrigin(url)
    if (from === null || this.#isOurs(from, url.host) || url.host === hostOf(this.#own)) return null
    return { from, own: this.#own, isOtherSite: false }
  }

  #isOurs(origin: string, host: string | undefined): boolean {
    if (origin === this.#publicOrigin) return true
    if (!URL.canParse(origin)) return false
    const from = new URL(origin)
    const name = from.hostname.replace(/^\[|\]$/g, '')
    return from.host === host && /^https?:$/.test(from.protocol) && (name === 'localhost' || isIP(name) !== 0)
  }
}

/** Returns an origin that may be shown and copied into a setting, null for any other. */
function plainOrigin({ origin, hostname }: URL): string | null {
  return /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/i.test(hostname) && /^https?:/.test(origin) ? origin : null
}

function hostOf(origin: string): string {
  return new URL(origin).host
}
