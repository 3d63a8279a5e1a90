import type { Session } from '#lib/people/session.ts'
import { CLIENT_HEADER, type ClientIps } from '#lib/process/client-ip.ts'
import type { Log } from '#lib/process/log.ts'
import type { Rates, RouteRate } from '#lib/process/rates.ts'
import type { ForeignOrigin, Origins, RequestSource } from './origins.ts'

export interface RequestsPorts {
  readonly origins: Pick<Origins, 'mayMutate' | 'foreign' | 'foreignHost'>
  readonly rates: Pick<Rates, 'take'>
  readonly clientIps: Pick<ClientIps, 'keyOf' | 'placeOf'>
  readonly log: Log
}

/** The checks that a route makes on a request before it looks at the session. */
export class Requests {
  readonly #ports: RequestsPorts
  #hasWarned = false

  constructor(ports: RequestsPorts) {
    this.#ports = ports
  }

  /**
   * Returns true if a request that changes something comes from one of our pages or from a program. Decides by
   * `Origin`, and by `Sec-Fetch-Site` where a browser withholds the origin
   * (docs/decisions/0005-socket-token-and-addresses.md).
   */
  mayMutate(headers: Headers): boolean {
    return this.#ports.origins.mayMutate(sourceOf(headers))
  }

  /**
   * Describes where a request comes from that `mayMutate` refused. Warns in the log the first time that it may be a
   * page of ours under a name unknown here.
   */
  foreignOrigin(headers: Headers): ForeignOrigin {
    const { origins, log } = this.#ports
    const foreign = origins.foreign(sourceOf(headers))
    const { from, own, isOtherSite } = foreign
    if (!isOtherSite && !this.#hasWarned) {
      this.#hasWarned = true
      log.warn({ from, own, setting: 'PUBLIC_URL' }, 'http.foreign-origin')
    }
    return foreign
  }

  /** Returns the address that a page is opened at, if it is a name unknown here; null otherwise. For a hint only. */
  foreignHost(headers: Headers): ForeignOrigin | null {
    return this.#ports.origins.foreignHost(headers.get('host'), {
      host: firstOf(headers.get('x-forwarded-host')),
      scheme: firstOf(headers.get('x-forwarded-proto')),
    })
  }

  /**
   * Counts one call of a route: for the session's user, or for the IP address if there is no session. Returns 0, or
   * the ms after which it may be tried again.
   */
  takeRate(rate: RouteRate, headers: Headers, session: Session | null): number {
    const keys = session ? { session: session.user.userId, ip: '' } : { ip: this.ipOf(headers) }
    return this.#ports.rates.take(rate, keys)
  }

  /** Returns the IP address that a request is counted for, as `ClientIps` keys it. */
  ipOf(headers: Headers): string {
    return this.#ports.clientIps.keyOf(headers.get(CLIENT_HEADER) ?? '')
  }

  /** Returns the place that failed passwords of a request are counted for, as `ClientIps` keys it. */
  placeOf(headers: Headers): string {
    return this.#ports.clientIps.placeOf(headers).place
  }

  /** Logs a bug, or a failure of the disk, that made a route fail. */
  reportFault(error: unknown): void {
    this.#ports.log.error({ err: error }, 'route.failed')
  }
}

function sourceOf(headers: Headers): RequestSource {
  return {
    origin: headers.get('origin') ?? undefined,
    host: headers.get('host') ?? undefined,
    fetchSite: headers.get('sec-fetch-site') ?? undefined,
  }
}

function firstOf(list: string | null): string | null {
  return list?.split(',')[0]?.trim() ?? null
}
