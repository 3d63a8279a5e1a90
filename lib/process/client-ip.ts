import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** How many proxies stand before this server, or the networks they are in. 0: none is trusted. */
export type TrustedProxies = number | readonly Network[]

/** `prefix`: leading bits of `address` that count. */
export interface Network {
  readonly address: string
  readonly prefix: number
}

/** Carries the client's address from the web server, which sets it on every request, to the routes. */
export const CLIENT_HEADER = 'x-commonplace-client'

/** Trusted proxies as a setting says them: `1`, or `10.0.0.0/8,::1`. Null when it says neither. */
export function trustedProxiesIn(setting: string): TrustedProxies | null {
  if (/^\d$/.test(setting)) return Number(setting)
  const networks = setting.split(',').map((each) => networkIn(each.trim()))
  return networks.every((network) => network !== null) ? networks : null
}

/**
 * From where a request comes: the socket's address, or what trusted proxies say they got it from. A proxy appends the
 * address it was called from to `X-Forwarded-For`; what stands further left was said by a stranger.
 */
export class ClientIps {
  readonly #hops: number
  readonly #networks = new BlockList()

  constructor(trusted: TrustedProxies) {
    this.#hops = typeof trusted === 'number' ? trusted : 0
    if (typeof trusted === 'number') return
    for (const { address, prefix } of trusted) this.#networks.addSubnet(address, prefix, familyOf(address))
  }

  /** The same of a request as Node has it. */
  ofRequest({ socket, headers }: IncomingMessage): string {
    const forwarded = headers['x-forwarded-for']
    return this.of(socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join() : forwarded)
  }

  /** The client's address; '' when the socket has none any more. */
  of(remoteAddress: string | undefined, forwardedFor: string | undefined): string {
    let client = addressIn(remoteAddress ?? '') ?? ''
    const said = forwardedFor?.split(',') ?? []
    for (let proxies = 0; said.length > 0 && this.#trusts(client, proxies); proxies++) {
      const before = addressIn(said.pop() ?? '')
      // What is no address ends the chain: the proxy itself is then the last that is known.
      if (before === null) break
      client = before
    }
    return client
  }

  /**
   * What is counted for an address: an IPv6 network of 64 bits is one household. '' for this machine itself when no proxy
   * is trusted: then it may be everybody behind a proxy that nobody told us of.
   */
  keyOf(address: string): string {
    if (this.isUntold && isLoopback(address)) return ''
    return isIP(address) === 6 ? groupsOf(address).slice(0, 4).join(':') : address
  }

  /** True when no proxy is trusted. */
  get isUntold(): boolean {
    return this.#hops === 0 && this.#networks.rules.length === 0
  }

  #trusts(address: string, proxies: number): boolean {
    return proxies < this.#hops || (isIP(address) !== 0 && this.#networks.check(address, familyOf(address)))
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** An address as sockets and proxies write it, without port, brackets and zone; IPv4 inside IPv6 as IPv4. */
function addressIn(written: string): string | null {
  const bare = written
    .trim()
    .toLowerCase()
    .replace(/^\[([^\]]*)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/, '$1')
  return isIP(bare) === 0 ? null : bare
}

function networkIn(written: string): Network | null {
  const [, name = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(written) ?? []
  const address = addressIn(name)
  if (address === null) return null
  const most = isIP(address) === 6 ? 128 : 32
  const prefix = bits === undefined ? most : Number(bits)
  return prefix <= most ? { address, prefix } : null
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after].map((group) =>
    group.replace(/^0+(?=.)/, ''),
  )
}
