import { systemClock } from '#lib/protocol/clock.ts'
import type { MessageRate } from '#lib/protocol/messages/message.ts'
import type { Settings } from './settings.ts'

/** The buckets of HTTP routes. */
export type RouteRate = 'sockets' | 'logins' | 'creates' | 'reads' | 'writes'

/** All buckets. */
export type RateName =
  | RouteRate
  | MessageRate
  | 'bytes'
  | 'dailyBytes'
  | 'packets'
  | 'pages'
  | 'routes'
  | 'connections'
  | 'guests'
  | 'documents'
  | 'devices'
  | 'strangers'
  | 'unlocks'

/** The size and refill rate of a bucket: it holds `burst` and regains `perSecond`. */
interface Figures {
  readonly perSecond: number
  readonly burst: number
}

/** The figures of every bucket, for one session and for one IP address. */
export type RateFigures = Readonly<Record<RateName, { readonly session: Figures; readonly ip: Figures }>>

const MIB = 1024 * 1024
const DAY_SECONDS = 24 * 3600

/**
 * The limits for one session, and for all users behind one IP address: a school of a hundred that reconnects at the
 * same moment is one IP address. Honest use stays far below (docs/decisions/0019-rates.md has the measurements).
 */
const RATES: RateFigures = {
  /** Messages of `document:update`; each part of a large batch counts. */
  updates: { session: { perSecond: 500, burst: 10_000 }, ip: { perSecond: 10_000, burst: 200_000 } },
  /** Bytes of all socket messages: 64 users behind one IP address may each paste 4 MiB at the same time. */
  bytes: { session: { perSecond: MIB, burst: 48 * MIB }, ip: { perSecond: 4 * MIB, burst: 256 * MIB } },
  /** The same bytes within a day. A school of 300 that types for eight hours without a pause sends 3 GB. */
  dailyBytes: { session: ofDay(2 * 1024 * MIB), ip: ofDay(8 * 1024 * MIB) },
  /**
   * Whatever sockets send, of any kind: one for each packet and one for every 4 KiB. Above the messages and bytes that
   * the other buckets grant, as long polling sends them.
   */
  packets: { session: { perSecond: 1000, burst: 20_000 }, ip: { perSecond: 20_000, burst: 60_000 } },
  presence: { session: { perSecond: 50, burst: 400 }, ip: { perSecond: 2000, burst: 20_000 } },
  /** `document:join`, `document:pull` and `document:leave`. */
  joins: { session: { perSecond: 5, burst: 200 }, ip: { perSecond: 100, burst: 5000 } },
  /** `document:compare`: each may cost a fold, although few run at a time. */
  compares: { session: { perSecond: 0.2, burst: 30 }, ip: { perSecond: 10, burst: 1000 } },
  /** Handshakes, and requests for their tokens. */
  sockets: { session: { perSecond: 2, burst: 120 }, ip: { perSecond: 50, burst: 2000 } },
  /** Pages for browsers without a session: a class that opens a link together, and then nine each second. */
  pages: { session: { perSecond: 9, burst: 90 }, ip: { perSecond: 9, burst: 90 } },
  /** Requests of routes, before their own rates are asked: three for each first load of a class of 300, and more. */
  routes: { session: { perSecond: 150, burst: 1500 }, ip: { perSecond: 150, burst: 1500 } },
  /** Beginnings of socket connections, before their handshakes: a class of 300 with three tabs each, and some retries. */
  connections: { session: { perSecond: 100, burst: 1500 }, ip: { perSecond: 100, burst: 1500 } },
  /** New guest sessions. */
  guests: { session: { perSecond: 1, burst: 10 }, ip: { perSecond: 0.5, burst: 500 } },
  /** Attempts at passwords and other secrets. A school of 300 behind one IP address signs in within a minute. */
  logins: { session: { perSecond: 0.1, burst: 10 }, ip: { perSecond: 1, burst: 400 } },
  /** Failed sign-ins from a browser that has signed in to the account before, keyed by both. */
  devices: { session: { perSecond: 0.1, burst: 20 }, ip: { perSecond: 0.1, burst: 20 } },
  /** Failed sign-ins to one account whose IP addresses cannot be trusted. */
  strangers: { session: { perSecond: 0.1, burst: 100 }, ip: { perSecond: 0.1, burst: 100 } },
  /** Wrong passwords of one link: everywhere (session), and from one place (ip). Right ones are given back. */
  unlocks: { session: { perSecond: 0.05, burst: 300 }, ip: { perSecond: 0.05, burst: 100 } },
  /** Documents created. */
  creates: { session: { perSecond: 0.2, burst: 60 }, ip: { perSecond: 2, burst: 600 } },
  /** Documents created within a day. The limit per user is checked by counting the user's documents. */
  documents: { session: ofDay(5000), ip: ofDay(5000) },
  reads: { session: { perSecond: 10, burst: 200 }, ip: { perSecond: 200, burst: 4000 } },
  writes: { session: { perSecond: 5, burst: 100 }, ip: { perSecond: 100, burst: 2000 } },
}

/** Returns the figures for a burst of `count` that is regained within a day. */
function ofDay(count: number): Figures {
  return { perSecond: count / DAY_SECONDS, burst: count }
}

/**
 * The keys that requests are counted under. `session` is a session, a user, or '' before there is one. `ip` is made
 * by `ClientIps.keyOf`; '' is not counted.
 */
export interface RateKeys {
  readonly session?: string
  readonly ip: string
}

/** The number of buckets of one name and kind kept in memory, about 100 bytes each. */
const KEPT = 20_000
/** The share of the oldest buckets that is dropped together when all are in use. */
const DROPPED_SHARE = 0.1

/**
 * Tolerates rounding: a bucket refilled in many steps is short by its last digits, and a client that returns when
 * told to must not be refused.
 */
const ROUNDING = 1e-6

/** Disabled limits: grants everything. */
export const NO_RATES: Pick<Rates, 'take' | 'giveBack'> = { take: () => 0, giveBack: () => undefined }

/** Returns the rates for these settings, unlimited if rate limits are off. */
export function ratesFor(
  settings: Pick<Settings, 'rateLimits' | 'documentsPerIp'>,
): Pick<Rates, 'take' | 'giveBack'> {
  if (!settings.rateLimits) return NO_RATES
  const documents = ofDay(settings.documentsPerIp)
  return new Rates(systemClock.steady, { documents: { session: documents, ip: documents } })
}

/** Token buckets by name, session and IP address. Synchronous, without timers, bounded in memory. */
export class Rates {
  readonly #buckets: Readonly<Record<RateName, { readonly session: Buckets; readonly ip: Buckets }>>

  /** `now` returns ms since an arbitrary moment and never goes back. `figures` replace some of the table's. */
  constructor(now: () => number, figures: Partial<RateFigures> = {}, kept = KEPT) {
    const of = (name: RateName) => {
      const { session, ip } = figures[name] ?? RATES[name]
      return { session: new Buckets(session, kept, now), ip: new Buckets(ip, kept, now) }
    }
    this.#buckets = {
      updates: of('updates'),
      bytes: of('bytes'),
      dailyBytes: of('dailyBytes'),
      packets: of('packets'),
      presence: of('presence'),
      joins: of('joins'),
      compares: of('compares'),
      sockets: of('sockets'),
      pages: of('pages'),
      routes: of('routes'),
      connections: of('connections'),
      guests: of('guests'),
      logins: of('logins'),
      creates: of('creates'),
      documents: of('documents'),
      reads: of('reads'),
      writes: of('writes'),
      devices: of('devices'),
      strangers: of('strangers'),
      unlocks: of('unlocks'),
    }
  }

  /**
   * Takes `cost` from the buckets of both keys, or nothing from either. Returns 0, or the ms after which the same
   * would be granted if nothing else came. A full bucket grants a cost above the burst and is then in debt.
   */
  take(name: RateName, { session = '', ip }: RateKeys, cost = 1): number {
    const buckets = this.#buckets[name]
    const wait = Math.max(
      session === '' ? 0 : buckets.session.waitFor(session, cost),
      ip === '' ? 0 : buckets.ip.waitFor(ip, cost),
    )
    if (wait > 0) return wait
    if (session !== '') buckets.session.take(session, cost)
    if (ip !== '') buckets.ip.take(ip, cost)
    return 0
  }

  /** Gives back what `take` granted for the same keys, for a call that turned out to cost nothing. */
  giveBack(name: RateName, { session = '', ip }: RateKeys, cost = 1): void {
    const buckets = this.#buckets[name]
    if (session !== '') buckets.session.giveBack(session, cost)
    if (ip !== '') buckets.ip.giveBack(ip, cost)
  }

  /** The number of buckets in memory. */
  get size(): number {
    return Object.values(this.#buckets).reduce((sum, { session, ip }) => sum + session.size + ip.size, 0)
  }
}

interface Bucket {
  left: number
  at: number
}

/** The buckets of one kind. A missing bucket is full. */
class Buckets {
  readonly #perMs: number
  readonly #burst: number
  readonly #kept: number
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()

  constructor({ perSecond, burst }: Figures, kept: number, now: () => number) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
    this.#kept = kept
    this.#now = now
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Returns the ms until `cost` can be taken, rounded up; 0 if it can be taken now. */
  waitFor(key: string, cost: number): number {
    const bucket = this.#buckets.get(key)
    if (!bucket) return 0
    this.#refill(bucket)
    const missing = Math.min(cost, this.#burst) - bucket.left
    return missing <= ROUNDING ? 0 : Math.ceil(missing / this.#perMs)
  }

  take(key: string, cost: number): void {
    const bucket = this.#buckets.get(key) ?? this.#begin(key)
    bucket.left -= cost
  }

  giveBack(key: string, cost: number): void {
    const bucket = this.#buckets.get(key)
    if (bucket) bucket.left = Math.min(this.#burst, bucket.left + cost)
  }

  #begin(key: string): Bucket {
    if (this.#buckets.size >= this.#kept) this.#makeRoom()
    const bucket = { left: this.#burst, at: this.#now() }
    this.#buckets.set(key, bucket)
    return bucket
  }

  #refill(bucket: Bucket): void {
    const now = this.#now()
    bucket.left = Math.min(this.#burst, bucket.left + (now - bucket.at) * this.#perMs)
    bucket.at = now
  }

  /** Drops full buckets, which carry no information, then the oldest ones if still too many are left. */
  #makeRoom(): void {
    for (const [key, bucket] of this.#buckets) {
      this.#refill(bucket)
      if (bucket.left >= this.#burst) this.#buckets.delete(key)
    }
    let surplus = this.#buckets.size - Math.floor(this.#kept * (1 - DROPPED_SHARE))
    for (const key of this.#buckets.keys()) {
      if (surplus-- <= 0) break
      this.#buckets.delete(key)
    }
  }
}
