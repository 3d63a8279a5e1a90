import type { IncomingMessage } from 'node:http'
import type { ClientIps } from '#lib/process/client-ip.ts'
import type { RateKeys, RateName, Rates } from '#lib/process/rates.ts'

/** Connections at the same time. A school of a hundred with three tabs each is one address. */
export const MOST_CONNECTIONS = { ofUser: 60, ofAddress: 1200, ofDocument: 1000 } as const

/** Whom a socket is counted for. */
export type SocketKeys = Required<RateKeys>

/** From where a socket comes: for the log, and what is counted for it ('' when nothing is). */
export interface SocketAddress {
  readonly ip: string
  readonly key: string
}

export interface SocketLimitPorts {
  readonly rates: Pick<Rates, 'take'>
  readonly clientIps: ClientIps
  /** False: connections at the same time are not bounded either. */
  readonly bounded: boolean
}

/** How much one user and one address may do over sockets. What is counted live is counted anew each time: nothing can leak. */
export class SocketLimits {
  readonly #ports: SocketLimitPorts

  constructor(ports: SocketLimitPorts) {
    this.#ports = ports
  }

  addressOf(request: IncomingMessage): SocketAddress {
    const ip = this.#ports.clientIps.ofRequest(request)
    return { ip, key: this.#ports.clientIps.keyOf(ip) }
  }

  /** Counts one event with its bytes. Returns 0, or after how many ms it may be sent again. */
  take(name: RateName, keys: RateKeys, bytes = 0): number {
    const { rates } = this.#ports
    const wait = rates.take(name, keys)
    return wait > 0 || bytes === 0 ? wait : rates.take('bytes', keys, bytes)
  }

  /** True when another socket of these keys, beside those there are, is one too many. */
  isFull(keys: SocketKeys, others: Iterable<SocketKeys>): boolean {
    if (!this.#ports.bounded) return false
    let ofUser = 0
    let ofAddress = 0
    for (const { session, ip } of others) {
      if (session === keys.session) ofUser++
      if (keys.ip !== '' && ip === keys.ip) ofAddress++
    }
    return ofUser >= MOST_CONNECTIONS.ofUser || ofAddress >= MOST_CONNECTIONS.ofAddress
  }

  /** True when a document with so many connections takes no further one. */
  isCrowded(connections: number): boolean {
    return this.#ports.bounded && connections >= MOST_CONNECTIONS.ofDocument
  }
}
