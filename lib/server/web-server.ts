import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import next from 'next'
import { pathOf } from '../protocol/urls.ts'
import { CLIENT_HEADER, ClientIps } from './client-ip.ts'
import { BadSetting, listenProblem, type Settings } from './env.ts'
import type { Log } from './log.ts'

/** The HTTP server with Next behind it. Socket.IO is attached to `http` and takes its own path before Next sees it. */
export class WebServer {
  readonly http: Server
  readonly #next: ReturnType<typeof next>
  readonly #settings: Settings

  private constructor(settings: Settings, site: ReturnType<typeof next>, log: Log) {
    const handle = site.getRequestHandler()
    this.#settings = settings
    this.#next = site
    const ips = new ClientIps(settings.trustedProxies)
    let warned = false
    this.http = createServer((request, response) => {
      if (!warned && ips.isUntold && request.headers['x-forwarded-for'] !== undefined) {
        warned = true
        log.warn('http.proxy-not-trusted')
      }
      request.headers[CLIENT_HEADER] = ips.ofRequest(request)
      handle(request, response).catch((error: unknown) => {
        log.error({ err: error }, 'web.request-failed')
        response.destroy()
      })
    })
  }

  /** Makes Next ready; nothing listens yet. `root`: the folder of the project. Throws BadSetting without a build. */
  static async prepare(settings: Settings, root: string, log: Log): Promise<WebServer> {
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
    const web = new WebServer(settings, site, log)
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
