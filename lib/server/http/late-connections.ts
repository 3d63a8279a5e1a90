import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** Connections beyond the setting that are let in to be told so, as a share of it, and at least. */
const SPARE = { share: 1 / 20, least: 16 } as const

/**
 * Connections beyond a number are late: what comes on one is answered `too-many-connections`, and it ends. There are few of
 * them at a time, and those that say nothing end like all others; past them Node closes what comes without reading it.
 */
export class LateConnections {
  readonly #late = new WeakSet<Socket>()
  #open = 0

  /** Counts the connections of `http` from now on. `most`: those that are not late. */
  constructor(http: Server, most: number) {
    http.maxConnections = most + Math.max(SPARE.least, Math.ceil(most * SPARE.share))
    http.on('connection', (socket) => {
      if (++this.#open > most) this.#late.add(socket)
      socket.once('close', () => {
        this.#open--
      })
    })
  }

  /** True when this request came on a connection that is one too many. */
  isLate({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
    return this.#late.has(socket)
  }
}
