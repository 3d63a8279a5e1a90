import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** Connections accepted beyond the maximum to be refused with a reason: a share of the maximum, but at least `least`. */
const SPARE = { share: 1 / 20, least: 16 } as const

/**
 * Finds connections beyond a maximum. A request on such a late connection is answered `too-many-connections`, and the
 * connection ends. Only a few are accepted, and silent ones time out like all others; Node closes any further ones
 * without reading from them.
 */
export class LateConnections {
  readonly #late = new WeakSet<Socket>()
  #open = 0

  /** Counts the connections of `http` from now on. Those beyond `most` are late. */
  constructor(http: Server, most: number) {
    http.maxConnections = most + Math.max(SPARE.least, Math.ceil(most * SPARE.share))
    http.on('connection', (socket) => {
      if (++this.#open > most) this.#late.add(socket)
      socket.once('close', () => {
        this.#open--
      })
    })
  }

  /** Returns true if this request came over a late connection. */
  isLate({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
    return this.#late.has(socket)
  }
}
