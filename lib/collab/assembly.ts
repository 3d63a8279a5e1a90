import type { Clock } from '#lib/protocol/clock.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { BatchBody } from '#lib/protocol/messages/update.ts'

/** Maximum parts of one batch: twice what the largest batch needs. */
const MAX_PARTS = (2 * LIMITS.assembledBytes) / LIMITS.partBytes
const MIB = 1024 * 1024
/**
 * Maximum bytes of waiting parts of one user, of one network and of all, with PART_COST for each part. A user may
 * send two of the largest batches at the same time. A network may use only half, so that it cannot stop the others.
 */
export const WAITING_PARTS = { ofUser: 16 * MIB + 128 * 1024, ofNetwork: 32 * MIB, ofAll: 64 * MIB } as const
/** The weight of a waiting part besides its bytes. */
export const PART_COST = 256
/** A batch is given up this long after its last part, ms: by then the heartbeat would have ended the connection too. */
const LIFE_MS = 30_000
/** If there is no room, batches without a part for this long give way, ms: on the slowest links a part takes 4 s. */
const STALLED_MS = 10_000
/** The wait that is asked of a client for whose parts there is no room, ms. The client doubles it each time. */
const RETRY_MS = 2000

/** The user and the network that parts are counted for. */
export interface PartHolder {
  readonly userId: string
  /** '' or absent if networks are not counted. */
  readonly network?: string
}

/** The batches of all connections whose parts are arriving. Bounds what they hold, and for how long. */
export class Assemblies {
  readonly #clock: Pick<Clock, 'steady' | 'after'>
  /** The time of the last part of each batch, the oldest first. */
  readonly #lastParts = new Map<Assembly, number>()
  readonly #ofUser = new Map<string, number>()
  readonly #ofNetwork = new Map<string, number>()
  #bytes = 0
  #cancel: (() => void) | null = null

  constructor(clock: Pick<Clock, 'steady' | 'after'>) {
    this.#clock = clock
  }

  /** The weight of all waiting parts, bytes. */
  get bytes(): number {
    return this.#bytes
  }

  begin(first: BatchBody, holder: PartHolder): Assembly {
    return new Assembly(first, holder, this)
  }

  /** Counts a part of an assembly. Returns false, and counts nothing, if there is no room for it. */
  hold(assembly: Assembly, bytes: number): boolean {
    const weight = bytes + PART_COST
    const now = this.#clock.steady()
    for (const [stalled, at] of this.#lastParts) {
      if (now - at < STALLED_MS) break
      if (stalled !== assembly && this.#isInTheWay(stalled, assembly, weight)) stalled.end()
    }
    if (!this.#fits(assembly.holder, weight)) return false
    this.#count(assembly, weight)
    this.#lastParts.delete(assembly)
    this.#lastParts.set(assembly, now)
    this.#watch()
    return true
  }

  /** Forgets the parts of an assembly that has ended, of this weight. */
  release(assembly: Assembly, bytes: number, parts: number): void {
    if (!this.#lastParts.delete(assembly)) return
    this.#count(assembly, -bytes - parts * PART_COST)
    if (this.#lastParts.size > 0) return
    this.#cancel?.()
    this.#cancel = null
  }

  #fits({ userId, network = '' }: PartHolder, weight: number): boolean {
    return (
      this.#bytes + weight <= WAITING_PARTS.ofAll &&
      (this.#ofUser.get(userId) ?? 0) + weight <= WAITING_PARTS.ofUser &&
      (network === '' || (this.#ofNetwork.get(network) ?? 0) + weight <= WAITING_PARTS.ofNetwork)
    )
  }

  /** Returns true if ending `stalled` helps to make room for a part of `assembly`. */
  #isInTheWay({ holder: stalled }: Assembly, { holder }: Assembly, weight: number): boolean {
    if (this.#bytes + weight > WAITING_PARTS.ofAll) return true
    const isNear =
      stalled.userId === holder.userId || (!!holder.network && stalled.network === holder.network)
    return isNear && !this.#fits(holder, weight)
  }

  #count({ holder: { userId, network = '' } }: Assembly, weight: number): void {
    this.#bytes += weight
    add(this.#ofUser, userId, weight)
    if (network !== '') add(this.#ofNetwork, network, weight)
  }

  /** Waits for the end of the oldest batch. One timer serves all. */
  #watch(): void {
    if (this.#cancel) return
    const [oldest] = this.#lastParts.values()
    if (oldest === undefined) return
    this.#cancel = this.#clock.after(Math.max(0, oldest + LIFE_MS - this.#clock.steady()), () => {
      this.#cancel = null
      const over = this.#clock.steady() - LIFE_MS
      for (const [assembly, at] of this.#lastParts) {
        if (at > over) break
        assembly.end()
      }
      this.#watch()
    })
  }
}

/**
 * One batch of one connection while its parts arrive. Parts must come in order; the sum of their bytes is bounded.
 */
export class Assembly {
  readonly holder: PartHolder
  readonly #all: Assemblies
  readonly #clientId: number
  readonly #n: number
  readonly #parts: number
  #received: Uint8Array[] = []
  #bytes = 0
  #isEnded = false

  constructor(first: BatchBody, holder: PartHolder, all: Assemblies) {
    this.holder = holder
    this.#all = all
    this.#clientId = first.clientId
    this.#n = first.n
    this.#parts = first.parts
  }

  /** Adds a part. Returns the whole payload after the last part, null before it. A refusal ends the assembly. */
  add(body: BatchBody): Uint8Array | Refusal | null {
    const added = this.#add(body)
    if (added !== null) this.end()
    return added
  }

  /** Drops what has arrived. Later parts are refused with *rewind*. Idempotent. */
  end(): void {
    this.#isEnded = true
    this.#all.release(this, this.#bytes, this.#received.length)
    this.#received = []
    this.#bytes = 0
  }

  #add(body: BatchBody): Uint8Array | Refusal | null {
    if (this.#parts > MAX_PARTS) return refuse('too-large', `a batch may have ${MAX_PARTS} parts`)
    const expected = this.#received.length
    if (
      this.#isEnded ||
      body.clientId !== this.#clientId ||
      body.n !== this.#n ||
      body.parts !== this.#parts ||
      body.part !== expected
    ) {
      return refuse(
        'rewind',
        'parts come in order, one batch at a time; send the batch again from its first part',
      )
    }
    const { length } = body.payload
    if (this.#bytes + length > LIMITS.assembledBytes) {
      return refuse(
        'too-large',
        `one change may have ${LIMITS.assembledBytes} bytes; make it in smaller steps`,
      )
    }
    if (!this.#all.hold(this, length)) {
      return refuse('storage-slow', 'too many unfinished changes wait; send it again', RETRY_MS)
    }
    // A copy: the part is a view of what was read from a socket, which may be much larger.
    this.#received.push(new Uint8Array(body.payload))
    this.#bytes += length
    return this.#received.length < this.#parts ? null : this.#whole()
  }

  #whole(): Uint8Array {
    const whole = new Uint8Array(this.#bytes)
    let at = 0
    for (const part of this.#received) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
}

function add(sums: Map<string, number>, key: string, weight: number): void {
  const sum = (sums.get(key) ?? 0) + weight
  if (sum > 0) sums.set(key, sum)
  else sums.delete(key)
}
