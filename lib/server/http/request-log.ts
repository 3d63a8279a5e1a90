import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, join, relative, sep } from 'node:path'
import type { Log } from '#lib/process/log.ts'

/** Logged in place of a path that is not ours; no part of such a path is logged. */
const OTHER = '[other]'

/**
 * Returns the patterns of the pages and routes under a folder like Next's `app`: `/`, `/d/[address]`,
 * `/api/documents`.
 */
export function routePatterns(app: string): string[] {
  return readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(page\.tsx|route\.ts)$/.test(entry.name))
    .map((entry) => relative(app, dirname(join(entry.parentPath, entry.name))))
    .map((folder) => `/${folder.split(sep).join('/')}`)
}

/**
 * Returns a function that finds the pattern of a request's path. The values of segments like `[name]` are not in the
 * result.
 */
export function routeFinder(patterns: readonly string[], basePath: string): (url: string) => string {
  const known = patterns.map((pattern) => ({ pattern, segments: pattern.split('/') }))
  return (url) => {
    const path = url.replace(/[?#].*$/s, '')
    if (!path.startsWith(basePath)) return OTHER
    const own = path.slice(basePath.length).replace(/\/$/, '')
    if (own.startsWith('/_next/')) return '/_next'
    const segments = own === '' ? ['', ''] : own.split('/')
    const found = known.find(
      (each) =>
        each.segments.length === segments.length &&
        each.segments.every((segment, i) => segment.startsWith('[') || segment === segments[i]),
    )
    return found?.pattern ?? OTHER
  }
}

/** Returns an id that identifies a request in the log and to its client. Not guessable, not secret. */
export function newRequestId(): string {
  return randomBytes(9).toString('base64url')
}

export interface LoggedRequest {
  readonly id: string
  readonly ip: string
  readonly route: string
}

/**
 * Writes one log line when the answer is sent or the client has disconnected. It contains neither path nor headers.
 */
export function logRequest(
  { method }: IncomingMessage,
  response: ServerResponse,
  { id, ip, route }: LoggedRequest,
  log: Log,
): void {
  const begun = performance.now()
  response.once('close', () => {
    const ms = Math.round(performance.now() - begun)
    const status = response.writableFinished ? response.statusCode : 0
    log[route === '/_next' ? 'debug' : 'info']({ id, method, route, status, ms, ip }, 'http.request')
  })
}
