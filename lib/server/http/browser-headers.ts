import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface BrowserHeaderOptions {
  readonly production: boolean
  /** True if browsers connect by https. */
  readonly secure: boolean
}

/** The header in which Next looks for the nonce of the scripts that it writes into a page. */
const POLICY_HEADER = 'content-security-policy'

/**
 * Returns a function that sets the headers for browsers on every answer of the web server, whichever part of Next
 * makes it: which scripts may run, that no page may frame ours, what other sites learn
 * (docs/decisions/0020-browser-headers.md). It makes no access decisions and returns the nonce of the answer.
 */
export function browserHeaders({ production, secure }: BrowserHeaderOptions) {
  const fixed: readonly (readonly [name: string, value: string])[] = [
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
    ...(secure ? [['Strict-Transport-Security', 'max-age=31536000'] as const] : []),
  ]
  return (request: IncomingMessage, response: ServerResponse, route: string): string => {
    const nonce = randomBytes(16).toString('base64')
    const policy = policyWith(nonce, production)
    // Replaces a policy that the client sent, whose nonce is not ours.
    request.headers[POLICY_HEADER] = policy
    delete request.headers[`${POLICY_HEADER}-report-only`]
    response.setHeader('Content-Security-Policy', policy)
    for (const [name, value] of fixed) response.setHeader(name, value)
    // Not `no-referrer` everywhere: over plain http a browser then sends forms without an origin, and they are
    // refused.
    const isKey = route.startsWith('/d/') || route.startsWith('/api/')
    response.setHeader('Referrer-Policy', isKey ? 'no-referrer' : 'same-origin')
    return nonce
  }
}

function policyWith(nonce: string, production: boolean): string {
  return [
    "default-src 'self'",
    // In development React evaluates the server's stacks, and hot reload writes its own styles.
    `script-src 'self' 'nonce-${nonce}'${production ? '' : " 'unsafe-eval'"}`,
    production ? `style-src 'self' 'nonce-${nonce}'` : "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
