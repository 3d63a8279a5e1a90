import { createHmac } from 'node:crypto'
import { parseCookie, stringifySetCookie } from 'cookie'
import { equalInConstantTime } from '#lib/process/sealed.ts'
import { keyFor } from '#lib/process/secret.ts'

const NAME = 'commonplace'

/** The lifetime of a session's cookie after the last renewal, s: the longest that browsers allow. */
export const COOKIE_LIFE_S = 400 * 24 * 60 * 60

/**
 * Reads a cookie of a request by its name without the prefix; the first if several have that name. Returns null if
 * there is none. `publicOrigin` is the public origin of the site.
 */
export function readCookie(headers: Headers, name: string, publicOrigin: string): string | null {
  return parseCookie(headers.get('cookie') ?? '')[fullName(name, publicOrigin)] ?? null
}

/**
 * Returns a `Set-Cookie` value that scripts cannot read (`HttpOnly`) and that is not sent with requests from other
 * sites. If the origin is https, it is sent over https only and has the prefix `__Host-`, which keeps subdomains from
 * planting one. `life` is in s; 0 removes the cookie.
 */
export function setCookie(name: string, value: string, life: number, publicOrigin: string): string {
  return stringifySetCookie(
    {
      name: fullName(name, publicOrigin),
      value,
      maxAge: life,
      // The prefix __Host- requires this path, whatever path the pages are under.
      path: '/',
      httpOnly: true,
      secure: isSecure(publicOrigin),
      sameSite: 'lax',
    },
    { encode: encodeURIComponent },
  )
}

/**
 * The cookie of a session: the session's token and its signature (HMAC-SHA-256 in base64), so that a stolen database
 * is not enough to forge one. The format is that of better-auth, which wrote the first ones
 * (docs/decisions/0045-own-account-tables.md).
 */
export class SessionCookie {
  readonly #publicOrigin: string
  readonly #key: string

  constructor(secret: string, publicOrigin: string) {
    this.#publicOrigin = publicOrigin
    // The key is the text, not the bytes it encodes.
    this.#key = keyFor(secret, 'accounts').toString('base64url')
  }

  /** Returns the token in a request's cookie, null if there is none that was signed here. */
  tokenIn(headers: Headers): string | null {
    const value = readCookie(headers, NAME, this.#publicOrigin) ?? ''
    const end = value.lastIndexOf('.')
    if (end < 1) return null
    const token = value.slice(0, end)
    return equalInConstantTime(value.slice(end + 1), this.#signatureOf(token)) ? token : null
  }

  /** Returns the `Set-Cookie` value that gives a browser this token. */
  set(token: string): string {
    return setCookie(NAME, `${token}.${this.#signatureOf(token)}`, COOKIE_LIFE_S, this.#publicOrigin)
  }

  /** Returns the `Set-Cookie` value that removes the cookie. */
  clear(): string {
    return setCookie(NAME, '', 0, this.#publicOrigin)
  }

  #signatureOf(token: string): string {
    return createHmac('sha256', this.#key).update(token).digest('base64')
  }
}

function fullName(name: string, publicOrigin: string): string {
  return isSecure(publicOrigin) ? `__Host-${name}` : name
}

function isSecure(publicOrigin: string): boolean {
  return publicOrigin.startsWith('https:')
}
