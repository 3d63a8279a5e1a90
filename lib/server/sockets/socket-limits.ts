import type { IncomingMessage } from 'node:http'
import type { ClientIps } from '#lib/process/client-ip.ts'
import type { RateKeys, RateName, Rates } from '#lib/process/rates.ts'

/**
 * Maximum simultaneous connections of a user, an IP address and a document. A school of a hundred with three tabs
 * each is one IP address.
 */
export const MOST_CONNECTIONS = { ofUser: 60, ofIp: 1200, ofDocument: 1000 } as const

/** The share of `MAX_CONNECTIONS` that one IP address may take, so that there are places for others. */
const SHARE_OF_IP = 0.8

/**
 * The places of a document that readers and editors may take; the rest are kept for editors and for the owner. Also
 * how many of them one IP address may take: a class of 300 with two tabs each fits.
 */
export const PLACES = { viewer: 850, editor: 950, owner: MOST_CONNECTIONS.ofDocument, ofIp: 700 } as const

export type Place = 'viewer' | 'editor' | 'owner'

/** How much more the packets of an IP address count while it is over its rate. */
const OVER_FACTOR = 10

/** The user and the IP address that a socket counts for. */
export type SocketKeys = Required<RateKeys>

/** Where a socket comes from. */
export interface SocketIp {
  /** The IP address itself, for the log. */
  readonly ip: string
  /** The part of the IP address that is counted; '' if nothing is. */
  readonly key: string
}

export interface SocketLimitPorts {
  readonly rates: Pick<Rates, 'take'>
  readonly clientIps: ClientIps
  /** Maximum number of connections of this server. Default: no limit. */
  readonly mostConnections?: number
  /** If false, simultaneous connections are not limited either. */
  readonly bounded: boolean
}

/**
 * Limits what one user and one IP address may do over sockets. Counts open sockets anew each time, so that no count
 * can leak.
 */
export class SocketLimits {
  readonly #ports: SocketLimitPorts

  constructor(ports: SocketLimitPorts) {
    this.#ports = ports
  }

  ipOf(request: IncomingMessage): SocketIp {
    const ip = this.#ports.clientIps.ofRequest(request)
    return { ip, key: this.#ports.clientIps.keyOf(ip) }
  }

  /** Counts one event with its bytes. Returns 0 if it may pass, or the ms after which it may be sent again. */
  take(name: RateName, keys: RateKeys, bytes = 0): number {
    const { rates } = this.#ports
    const wait = rates.take(name, keys)
    if (wait > 0 || bytes === 0) return wait
    return rates.take('bytes', keys, bytes) || rates.take('dailyBytes', keys, bytes)
  }

  /**
   * Counts packets of a socket, whatever they are. Returns false if the socket must be closed. While an IP address is
   * over its rate, packets from it count tenfold, which only a user who floods feels.
   */
  mayPass({ session, ip }: SocketKeys, units: number): boolean {
    const { rates } = this.#ports
    const isOver = ip !== '' && rates.take('packets', { ip }, units) > 0
    return rates.take('packets', { session, ip: '' }, isOver ? units * OVER_FACTOR : units) === 0
  }

  /** Returns true if a socket with these keys would be one too many beside the others. */
  isFull(keys: SocketKeys, others: Iterable<SocketKeys>): boolean {
    if (!this.#ports.bounded) return false
    const { mostConnections = Number.POSITIVE_INFINITY } = this.#ports
    let all = 0
    let ofUser = 0
    let ofIp = 0
    for (const { session, ip } of others) {
      all++
      if (session === keys.session) ofUser++
      if (keys.ip !== '' && ip === keys.ip) ofIp++
    }
    const mostOfIp = Math.min(MOST_CONNECTIONS.ofIp, Math.ceil(mostConnections * SHARE_OF_IP))
    // Sessions of long polling hold no connection, so they are counted here.
    return all >= mostConnections || ofUser >= MOST_CONNECTIONS.ofUser || ofIp >= mostOfIp
  }

  /**
   * Returns true if a document with this many connections accepts no further one. `ofIp` counts those of the IP
   * address of the new one and is called only if it matters.
   */
  isCrowded(connections: number, place: Place = 'owner', ofIp: () => number = () => 0): boolean {
    if (!this.#ports.bounded) return false
    if (connections >= PLACES[place]) return true
    return place !== 'owner' && connections >= PLACES.ofIp && ofIp() >= PLACES.ofIp
  }
}
