import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import next from 'next'
import { CLIENT_HEADER, type ClientIps } from '#lib/process/client-ip.ts'
import type { Log } from '#lib/process/log.ts'
import { BadSetting, listenProblem, type Settings } from '#lib/process/settings.ts'
import { type ErrorCode, type Refusal, refuse } from '#lib/protocol/errors.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { browserHeaders } from './browser-headers.ts'
import { LateConnections } from './late-connections.ts'
import { logRequest, newRequestId, routeFinder, routePatterns } from './request-log.ts'

/** No page and no route takes more; routes that want less say so themselves. */
const BODY_BYTES = 256 * 1024
/** A request's head must be here this soon, and all of it (an upload over a narrow link is 1 MiB at most), ms. */
const HEAD_MS = 15_000
const REQUEST_MS = 180_000
/** How often those two are looked at, ms. */
const CHECK_MS = 5000

const TOO_LARGE = refuse('too-large', `a body names its length, which is at most ${BODY_BYTES} bytes`)
const CROWDED = refuse('too-many-connections', 'as many are connected as this server takes; come back', 5000)

export interface WebServerOptions {
  readonly settings: Settings
  readonly clientIps: ClientIps
  /** The folder of the project. */
  readonly root: string
  readonly log: Log
  /** Why a request is refused, for a browser. `nonce`: for what is styled in it. */
  readonly refusalPage: (code: ErrorCode, headers: IncomingHttpHeaders, nonce: string) => string
}

/**
 * The HTTP server with Next behind it. Every request passes here first: it gets an id, the address it comes from and what
 * browsers are told, and leaves one line in the log. Socket.IO is attached to `http` and takes its own path before that.
 */
export class WebServer {
  readonly http: Server
  /** Which connections are too many. */
  readonly late: LateConnections
  readonly #next: ReturnType<typeof next>
  readonly #settings: Settings

  private constructor(
    { settings, clientIps, root, log, refusalPage }: WebServerOptions,
    site: ReturnType<typeof next>,
  ) {
    this.#settings = settings
    this.#next = site
    const handle = site.getRequestHandler()
    const basePath = pathOf({ to: 'front' }).replace(/\/$/, '')
    const routeOf = routeFinder(routePatterns(join(root, 'app')), basePath)
    const tellBrowser = browserHeaders({
      production: settings.production,
      secure: settings.publicOrigin?.startsWith('https:') ?? false,
    })
    let warned = false
    this.http = createServer({ connectionsCheckingInterval: CHECK_MS }, (request, response) => {
      const id = newRequestId()
      const ip = clientIps.ofRequest(request)
      const route = routeOf(request.url ?? '')
      logRequest(request, response, { id, ip, route }, log)
      if (!warned && clientIps.isUntold && request.headers['x-forwarded-for'] !== undefined) {
        warned = true
        log.warn('http.proxy-not-trusted')
      }
      response.setHeader('X-Request-Id', id)
      const nonce = tellBrowser(request, response, route)
      request.headers[CLIENT_HEADER] = ip
      const refusal = this.late.isLate(request) ? CROWDED : isTooLarge(request) ? TOO_LARGE : null
      if (refusal) {
        const page = wantsPage(request) ? refusalPage(refusal.code, request.headers, nonce) : null
        refuseAtOnce(response, refusal, page)
        return
      }
      handle(request, response).catch((error: unknown) => {
        log.error({ err: error, id, route }, 'http.request-failed')
        response.destroy()
      })
    })
    this.http.headersTimeout = HEAD_MS
    this.http.requestTimeout = REQUEST_MS
    this.late = new LateConnections(this.http, settings.maxConnections)
  }

  /** Makes Next ready; nothing listens yet. Throws BadSetting without a build. */
  static async prepare(options: WebServerOptions): Promise<WebServer> {
    const { settings, root } = options
    if (settings.production && !existsSync(join(root, '.next/BUILD_ID'))) {
      throw new BadSetting(
        'NODE_ENV is production and there is no build: start with "npm start", which makes one.',
      )
    }
    process.env.NEXT_TELEMETRY_DISABLED ??= '1'
    // Next would listen for upgrades on the real server and end those that are not its own, ours among them.
    const upgrades = new EventEmitter()
    const site = next({
      dev: !settings.production,
      dir: root,
      hostname: settings.host,
      port: settings.port,
      httpServer: upgrades as Server,
    })
    await site.prepare()
    const web = new WebServer(options, site)
    const socketPath = `${pathOf({ to: 'socket' })}/`
    web.http.on('upgrade', (request, socket, head) => {
      if (request.url?.startsWith(socketPath)) return
      // Hot reload in development, once Next listens for it; in production nothing else is upgraded.
      const forwarded = !settings.production && upgrades.emit('upgrade', request, socket, head)
      if (!forwarded) socket.destroy()
    })
    return web
  }

  /** Listens; returns the origin it is reached at. Throws BadSetting when the address cannot be had. */
  async listen(): Promise<string> {
    const { host, port } = this.#settings
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.http.once('error', reject)
    this.http.listen({ host, port }, resolve)
    try {
      await promise
    } catch (error) {
      throw listenProblem(error, this.#settings) ?? error
    }
    this.http.off('error', reject)
    const { address, port: actual } = this.http.address() as AddressInfo
    const name = /^(0\.0\.0\.0|::)$/.test(address)
      ? 'localhost'
      : address.includes(':')
        ? `[${address}]`
        : address
    return `http://${name}:${actual}`
  }

  /** Ends what is still open, Next with it. Socket.IO has closed `http` before. */
  async close(): Promise<void> {
    this.http.closeIdleConnections()
    await this.#next.close()
    this.http.closeAllConnections()
  }
}

/** Returns the line printed once the server listens. */
export function readyLine(publicOrigin: string | null, listening: string): string {
  return publicOrigin === null
    ? `Commonplace is ready at ${listening}`
    : `Commonplace is ready at ${publicOrigin} (listening at ${listening})`
}

/** A body of unknown length is too large: browsers and our own programs name it. */
function isTooLarge({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > BODY_BYTES
}

/** True when a browser goes where this request leads. */
function wantsPage({ headers }: IncomingMessage): boolean {
  return /\btext\/html\b/i.test(headers.accept ?? '')
}

/** Answers without asking Next, and ends the connection. `page`: what a browser gets in place of JSON. */
function refuseAtOnce(response: ServerResponse, refusal: Refusal, page: string | null): void {
  const { code, retryAfterMs } = refusal
  response.writeHead(code === 'too-large' ? 413 : 503, {
    'Content-Type': page === null ? 'application/json' : 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    ...(retryAfterMs === undefined ? {} : { 'Retry-After': Math.ceil(retryAfterMs / 1000) }),
    Connection: 'close',
  })
  response.end(page ?? JSON.stringify(refusal))
}
