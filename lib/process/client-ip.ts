import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import proxyAddr from 'proxy-addr'

/** The number of proxies in front of this server, or the networks they are in. 0 trusts no proxy. */
export type TrustedProxies = number | readonly Network[]

/** A network of IP addresses. `prefix`: the number of leading bits that identify it. */
export interface Network {
  readonly ip: string
  readonly prefix: number
}

/** Carries the client's IP address from the web server, which sets it on every request, to the routes. */
export const CLIENT_HEADER = 'x-commonplace-client'

/** Reads a setting of trusted proxies: `1`, or `10.0.0.0/8,::1`. Returns null if it is neither. */
export function trustedProxiesIn(setting: string): TrustedProxies | null {
  if (/^\d$/.test(setting)) return Number(setting)
  const networks = setting.split(',').map((each) => networkIn(each.trim()))
  return networks.every((network) => network !== null) ? networks : null
}

/**
 * Finds the IP address that a request comes from: the socket's, or the one reported by trusted proxies. A proxy
 * appends the address that called it to `X-Forwarded-For`; entries further left come from untrusted parties.
 */
export class ClientIps {
  readonly #hops: number
  readonly #networks: readonly (readonly [Ip, number])[]

  constructor(trusted: TrustedProxies) {
    this.#hops = typeof trusted === 'number' ? trusted : 0
    const networks = typeof trusted === 'number' ? [] : trusted
    this.#networks = networks.map(({ ip, prefix }) => [ipaddr.parse(ip), prefix])
  }

  /**
   * Returns the client's IP address, '' if the socket is closed. An entry that is not an IP address, or is empty, ends
   * the chain before it.
   */
  ofRequest(request: IncomingMessage): string {
    const chain = proxyAddr.all(upToEmpty(request), (written, proxies) =>
      this.#trusts(ipIn(written), proxies),
    )
    return (
      chain
        .map(ipIn)
        .findLast((ip) => ip !== null)
        ?.toString() ?? ''
    )
  }

  /**
   * Returns the key that an IP address is counted under: the address itself, or for IPv6 its /64 network, which is
   * one household. Returns '' for this machine if no proxy is trusted: it may be a proxy that the settings do not
   * name.
   */
  keyOf(written: string): string {
    const ip = ipIn(written)
    if (this.isUntold && ip?.range() === 'loopback') return ''
    if (!(ip instanceof ipaddr.IPv6)) return ip?.toString() ?? written
    return ip.parts
      .slice(0, 4)
      .map((part) => part.toString(16))
      .join(':')
  }

  /**
   * Returns the key of the place that a request's failed passwords are counted for. If no proxy is trusted and the
   * request was forwarded, it contains the last address forwarded, which a proxy adds itself unless it passes on what
   * clients write; `isCertain` is then false. The place is '' for this machine.
   */
  placeOf(headers: Headers): { readonly place: string; readonly isCertain: boolean } {
    const ip = this.keyOf(headers.get(CLIENT_HEADER) ?? '')
    if (!this.isUntold) return { place: ip, isCertain: true }
    const forwarded = (headers.get('x-forwarded-for') ?? '').split(',').at(-1)?.trim() ?? ''
    if (ipIn(forwarded) === null) return { place: ip, isCertain: ip !== '' }
    return { place: `${ip}>${this.keyOf(forwarded)}`, isCertain: false }
  }

  /** True if no proxy is trusted. */
  get isUntold(): boolean {
    return this.#hops === 0 && this.#networks.length === 0
  }

  #trusts(ip: Ip | null, proxies: number): boolean {
    if (ip === null) return false
    return (
      proxies < this.#hops ||
      this.#networks.some(([network, prefix]) => ip.kind() === network.kind() && ip.match(network, prefix))
    )
  }
}

/** Returns the request with only those forwarded entries that follow the last empty one: proxy-addr skips empty ones. */
function upToEmpty(request: IncomingMessage): IncomingMessage {
  const entries = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
  const empty = entries.findLastIndex((entry) => entry.trim() === '')
  if (empty < 0 || entries.length === 1) return request
  const headers = { ...request.headers, 'x-forwarded-for': entries.slice(empty + 1).join(',') }
  return Object.create(request, { headers: { value: headers } })
}

type Ip = ipaddr.IPv4 | ipaddr.IPv6

/**
 * Parses an IP address as sockets and proxies write it, dropping port, brackets and zone; converts IPv4 inside IPv6
 * to IPv4.
 */
function ipIn(written: string | undefined): Ip | null {
  const bare = (written ?? '')
    .trim()
    .replace(/^\[([^\]]*)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '')
  // node:net is stricter: ipaddr.js also reads octal numbers and addresses of fewer than four parts.
  return isIP(bare) !== 0 && ipaddr.isValid(bare) ? ipaddr.process(bare) : null
}

function networkIn(written: string): Network | null {
  const [, name, bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(written) ?? []
  const ip = ipIn(name)
  if (ip === null) return null
  const most = ip.kind() === 'ipv6' ? 128 : 32
  const prefix = bits === undefined ? most : Number(bits)
  return prefix <= most ? { ip: ip.toString(), prefix } : null
}
