import type { Clock } from '#lib/protocol/clock.ts'

/** A request that takes longer waits for something else than this thread, ms: a client that does not read, or a disk. */
const MOST_MS = 250
/** Requests of one IP address that may wait, and how long one waits at most, ms. */
const WAITING = 600
const PATIENCE_MS = 20_000

export interface TurnsOptions {
  /** The most requests that run together: of one IP address, and in all. */
  readonly together: { readonly ofIp: number; readonly all: number }
  /**
   * True if an IP address rests after each request for as long as the request took, so that keystrokes pass between
   * two long ones. The first one never waits.
   */
  readonly rests: boolean
  /** Time between two beginnings of one IP address, ms: in it whatever else has arrived is read. Default: none. */
  readonly gapMs?: number
  readonly clock: Pick<Clock, 'steady' | 'after'>
}

/** A request that waits for its turn. */
export interface Turn {
  /** The IP address it is counted under. */
  readonly key: string
  /** Begins to answer. Resolves when the answer is complete; never rejects. */
  readonly run: () => Promise<unknown>
  /** Called instead of `run` if there is no turn for it. */
  readonly refuse: () => void
  /** Returns true once its client has gone. */
  readonly isGone: () => boolean
}

interface Lane {
  readonly waiting: { readonly turn: Turn; readonly since: number }[]
  running: number
  /** Steady clock, ms. */
  restsUntil: number
}

/**
 * Runs requests in turns, those of one IP address in their order: they are answered on the thread that relays, so many
 * together are answered no sooner, and keystrokes and the requests of others wait for them.
 */
export class Turns {
  readonly #options: TurnsOptions
  /** By IP address; the one that had a turn last is the last. */
  readonly #lanes = new Map<string, Lane>()
  #running = 0
  #cancel: (() => void) | null = null

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** The number of IP addresses that are remembered. */
  get size(): number {
    return this.#lanes.size
  }

  /** Runs a request when its turn comes, or refuses it. */
  take(turn: Turn): void {
    const lane = this.#lanes.get(turn.key) ?? { waiting: [], running: 0, restsUntil: 0 }
    if (lane.waiting.length >= WAITING) {
      turn.refuse()
      return
    }
    lane.waiting.push({ turn, since: this.#options.clock.steady() })
    this.#lanes.set(turn.key, lane)
    this.#next()
  }

  #next(): void {
    const { clock } = this.#options
    const now = clock.steady()
    let wait = Number.POSITIVE_INFINITY
    // A lane that had its turn goes to the end, and is visited again.
    for (const [key, lane] of this.#lanes) wait = Math.min(wait, this.#visit(key, lane, now))
    this.#cancel?.()
    this.#cancel = null
    if (wait === Number.POSITIVE_INFINITY) return
    this.#cancel = clock.after(wait, () => {
      this.#cancel = null
      this.#next()
    })
  }

  /** Starts the next request of a lane if it may. Returns the ms after which time alone changes that. */
  #visit(key: string, lane: Lane, now: number): number {
    const { together } = this.#options
    this.#dropLate(lane, now)
    const [first] = lane.waiting
    const rest = Math.max(0, lane.restsUntil - now)
    if (!first && lane.running === 0 && rest === 0) this.#lanes.delete(key)
    if (rest > 0) return rest
    if (!first || lane.running >= together.ofIp || this.#running >= together.all)
      return Number.POSITIVE_INFINITY
    lane.waiting.shift()
    this.#lanes.delete(key)
    this.#lanes.set(key, lane)
    this.#run(lane, first.turn, now)
    return Number.POSITIVE_INFINITY
  }

  #dropLate({ waiting }: Lane, now: number): void {
    for (let first = waiting[0]; first; first = waiting[0]) {
      const isGone = first.turn.isGone()
      if (!isGone && now - first.since <= PATIENCE_MS) return
      waiting.shift()
      if (!isGone) first.turn.refuse()
    }
  }

  #run(lane: Lane, turn: Turn, begun: number): void {
    const { clock, rests, gapMs = 0 } = this.#options
    if (gapMs > 0) lane.restsUntil = begun + gapMs
    lane.running++
    this.#running++
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      cancel()
      lane.running--
      this.#running--
      const now = clock.steady()
      if (rests) lane.restsUntil = now + Math.min(MOST_MS, now - begun)
      this.#next()
    }
    const cancel = clock.after(MOST_MS, over)
    void turn.run().finally(over)
  }
}
