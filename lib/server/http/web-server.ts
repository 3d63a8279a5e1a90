import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import next from 'next'
import { CLIENT_HEADER, type ClientIps } from '#lib/process/client-ip.ts'
import type { HeldBytes } from '#lib/process/held-bytes.ts'
import type { Log } from '#lib/process/log.ts'
import { BadSetting, listenProblem, type Settings } from '#lib/process/settings.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import { type ErrorCode, type Refusal, refuse } from '#lib/protocol/errors.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { Bodies } from './bodies.ts'
import { browserHeaders } from './browser-headers.ts'
import { LateConnections } from './late-connections.ts'
import { logRequest, newRequestId, routeFinder, routePatterns } from './request-log.ts'
import type { RequestTurns } from './request-turns.ts'

/** Maximum bytes of a request body. Routes that accept less check that themselves. */
const BODY_BYTES = 256 * 1024
/** Time within which the head of a request must arrive, ms. */
const HEAD_MS = 15_000
/** Time within which a whole request must arrive, ms. An upload over a narrow link is 1 MiB at most. */
const REQUEST_MS = 180_000
/** Time after which an answer that makes no progress ends, ms. */
const UNREAD_MS = 45_000
/** Interval at which these two limits are checked, ms. */
const CHECK_MS = 5000

/** Most seconds after which a browser whose first load was refused loads again by itself. At random, so not all together. */
const AGAIN_S = { least: 2, most: 10 } as const

const TOO_LARGE = refuse('too-large', `a body names its length, which is at most ${BODY_BYTES} bytes`)
const BUSY = refuse('rate-limited', 'too much is being uploaded from this network; try again', 5000)
const CROWDED = refuse('too-many-connections', 'as many are connected as this server takes; come back', 5000)

export interface WebServerOptions {
  readonly settings: Settings
  readonly clientIps: ClientIps
  readonly turns: RequestTurns
  /** Unfinished messages and bodies, by IP address. */
  readonly held: Pick<HeldBytes, 'add'>
  /** The project folder. */
  readonly root: string
  readonly log: Log
  /** Returns the page that tells a browser why its request is refused. `nonce`: for the styles in the page. */
  readonly refusalPage: (code: ErrorCode, headers: IncomingHttpHeaders, nonce: string) => string
}

/**
 * The HTTP server with Next behind it. Every request passes here first: it gets an id, its IP address and the headers
 * for browsers, and leaves one line in the log. Socket.IO is attached to `http` and handles its own path before that.
 */
export class WebServer {
  readonly http: Server
  /** Tells which connections are too many. */
  readonly late: LateConnections
  readonly #next: ReturnType<typeof next>
  readonly #settings: Settings

  private constructor(
    { settings, clientIps, turns, held, root, log, refusalPage }: WebServerOptions,
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
    const keyOf = (request: IncomingMessage) => clientIps.keyOf(clientIps.ofRequest(request))
    const bodies = new Bodies({ held, keyOf, clock: systemClock })
    let warned = false
    this.http = createServer({ connectionsCheckingInterval: CHECK_MS }, (request, response) => {
      // Ended by what came before in the same packet.
      if (request.socket.destroyed) return
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
      const refuseIt = (refusal: Refusal): void => {
        const page = wantsPage(request) ? refusalPage(refusal.code, request.headers, nonce) : null
        refuseWithoutNext(response, refusal, page)
      }
      const refusal = this.late.isLate(request) ? CROWDED : isTooLarge(request) ? TOO_LARGE : null
      if (refusal) return refuseIt(refusal)
      if (!bodies.watch(request, response)) return refuseIt(BUSY)
      // Without progress for this long, the client does not read.
      response.setTimeout(UNREAD_MS, () => response.destroy())
      request.url = decodable(request.url ?? '/')
      const run = () => {
        this.late.answering(request)
        return handle(request, response).catch((error: unknown) => {
          log.error({ err: error, id, route }, 'http.request-failed')
          response.destroy()
        })
      }
      turns.take({ request, response, route, key: clientIps.keyOf(ip), run, refuse: refuseIt })
    })
    this.http.headersTimeout = HEAD_MS
    this.http.requestTimeout = REQUEST_MS
    const keyOfSocket = ({ remoteAddress = '' }: Socket) =>
      clientIps.isUntold ? clientIps.keyOf(remoteAddress) : ''
    const { maxConnections: most } = settings
    this.late = new LateConnections(this.http, { most, keyOf, keyOfSocket, clock: systemClock })
  }

  /** Prepares Next without listening. Throws BadSetting if there is no build. */
  static async prepare(options: WebServerOptions): Promise<WebServer> {
    const { settings, root } = options
    if (settings.production && !existsSync(join(root, '.next/BUILD_ID'))) {
      throw new BadSetting(
        'NODE_ENV is production and there is no build: start with "npm start", which makes one.',
      )
    }
    process.env.NEXT_TELEMETRY_DISABLED ??= '1'
    // Next would listen for upgrades on the real server and end those that are not its own, including ours.
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
      // Hot reload in development, once Next listens for it. In production nothing else is upgraded.
      const forwarded = !settings.production && upgrades.emit('upgrade', request, socket, head)
      if (!forwarded) socket.destroy()
    })
    return web
  }

  /**
   * Starts listening. Returns the origin at which the server is reached. Throws BadSetting if the address is not
   * available.
   */
  async listen(): Promise<string> {
    // Before all others, those of Socket.IO too.
    this.http.prependListener('request', (request, response) => this.late.requested(request, response))
    this.http.prependListener('upgrade', (request) => this.late.upgraded(request))
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

  /** Closes Next and all remaining connections. Socket.IO has closed `http` before. */
  async close(): Promise<void> {
    this.http.closeIdleConnections()
    await this.#next.close()
    this.http.closeAllConnections()
  }
}

const STATUS: ReadonlyMap<ErrorCode, number> = new Map([
  ['too-large', 413],
  ['rate-limited', 429],
])

/** Returns the line printed once the server listens. */
export function readyLine(publicOrigin: string | null, listening: string): string {
  return publicOrigin === null
    ? `Commonplace is ready at ${listening}`
    : `Commonplace is ready at ${publicOrigin} (listening at ${listening})`
}

/**
 * Returns a URL whose path can be decoded: Next answers any other with 500. A path with an invalid escape sequence has
 * no page, as it is and as it is returned.
 */
function decodable(url: string): string {
  const [path = ''] = url.split('?', 1)
  try {
    decodeURIComponent(path)
    return url
  } catch {
    return path.replaceAll('%', '%25') + url.slice(path.length)
  }
}

/**
 * Returns true if a body is too large. One of unknown length is: browsers and our own programs declare the length.
 */
function isTooLarge({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > BODY_BYTES
}

/** Returns true if the request is from a browser that shows the answer as a page. */
function wantsPage({ headers }: IncomingMessage): boolean {
  return /\btext\/html\b/i.test(headers.accept ?? '')
}

/** Answers without calling Next, and ends the connection. `page`: sent to a browser instead of JSON. */
function refuseWithoutNext(response: ServerResponse, refusal: Refusal, page: string | null): void {
  const { code, retryAfterMs } = refusal
  const { least, most } = AGAIN_S
  const isSoon = code === 'rate-limited' && page !== null
  response.writeHead(STATUS.get(code) ?? 503, {
    'Content-Type': page === null ? 'application/json' : 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    ...(retryAfterMs === undefined ? {} : { 'Retry-After': Math.ceil(retryAfterMs / 1000) }),
    ...(isSoon ? { Refresh: least + Math.floor(Math.random() * (most - least + 1)) } : {}),
    Connection: 'close',
  })
  response.end(page ?? JSON.stringify(refusal))
}
