import type { EventEmitter } from 'node:events'
import type { Clock } from '#lib/protocol/clock.ts'
import { writeFrames } from './socket-internals.ts'

/*
 * One timer for the heartbeats of all connections. engine.io sets two timers per connection and encodes each ping
 * anew; here a wheel of 40 slots turns once per interval, the connections of a slot are pinged together, and the frame
 * is the same bytes for all (docs/decisions/0049-ping-wheel.md). A connection without the internals used here keeps
 * engine.io's own timers.
 */

const SLOTS = 40

/** An unmasked, final text frame with engine.io's ping, which is the text `2`. */
const PING_FRAMES: readonly Uint8Array[] = [Uint8Array.of(0x81, 1, 0x32)]

const BEAT = Symbol('the heartbeat of a connection')

/** The parts used of an engine.io 6 connection. */
interface Pinged extends EventEmitter {
  readonly readyState: string
  readonly protocol: number
  readonly transport: { readonly name: string }
  pingIntervalTimer: NodeJS.Timeout | null
  readonly pingTimeoutTimer: NodeJS.Timeout | null
  sendPacket(type: 'ping'): void
  onClose(reason: 'ping timeout'): void
  [BEAT]?: Beat
}

interface Beat {
  readonly connection: Pinged
  readonly wheel: PingWheel
  readonly slot: Set<Beat>
  /** The moment from which a pong is waited for, 0 if none is. Steady clock, ms. */
  since: number
  /** True once another packet has prolonged the wait for the pong. */
  isProlonged: boolean
}

export interface PingWheelOptions {
  /** Interval of the pings, ms. */
  readonly pingInterval: number
  /** Time after a ping without a pong after which a connection is closed, ms. */
  readonly pingTimeout: number
  readonly clock: Pick<Clock, 'steady' | 'after'>
  /** Called when a connection sends a pong without having been pinged. */
  readonly unasked: (connection: object) => void
}

/** Pings the connections of an engine.io server and closes those that do not answer. */
export class PingWheel {
  readonly #options: PingWheelOptions
  readonly #tickMs: number
  readonly #slots = Array.from({ length: SLOTS }, () => new Set<Beat>())
  /** The connections that have not answered, in the order in which their time ends. */
  readonly #waiting = new Set<Beat>()
  #at = 0
  #dueAt = 0
  #cancel: (() => void) | null = null

  constructor(options: PingWheelOptions) {
    this.#options = options
    this.#tickMs = options.pingInterval / SLOTS
  }

  /** Takes over the heartbeat of each new connection. */
  attach(engine: EventEmitter): void {
    engine.on('connection', (connection: object) => this.add(connection))
  }

  /** Takes over the heartbeat of a connection. Returns false if the connection keeps engine.io's. */
  add(connection: object): boolean {
    if (!isPinged(connection)) return false
    if (connection.pingIntervalTimer) clearTimeout(connection.pingIntervalTimer)
    connection.pingIntervalTimer = null
    const slot = this.#slots[this.#at] as Set<Beat>
    const beat: Beat = { connection, wheel: this, slot, since: 0, isProlonged: false }
    connection[BEAT] = beat
    slot.add(beat)
    connection.on('packet', onPacket)
    connection.on('close', onClose)
    if (connection.transport.name !== 'websocket') connection.on('upgrade', onUpgrade)
    this.#run()
    return true
  }

  /** Stops pinging. */
  close(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  /** Notes a packet of a connection. */
  heard(beat: Beat, type: string): void {
    if (type === 'pong') {
      if (beat.since === 0) this.#options.unasked(beat.connection)
      this.forgive(beat)
    } else if (beat.since !== 0 && !beat.isProlonged) {
      this.#waiting.delete(beat)
      this.#await(beat)
      beat.isProlonged = true
    }
  }

  /** Stops waiting for a pong. Idempotent. */
  forgive(beat: Beat): void {
    if (beat.since === 0) return
    beat.since = 0
    this.#waiting.delete(beat)
  }

  remove(beat: Beat): void {
    this.forgive(beat)
    beat.slot.delete(beat)
  }

  #run(): void {
    if (this.#cancel) return
    this.#dueAt = this.#options.clock.steady() + this.#tickMs
    this.#cancel = this.#options.clock.after(this.#tickMs, () => {
      this.#cancel = null
      this.#turn()
    })
  }

  #turn(): void {
    const now = this.#options.clock.steady()
    // While this process stood still it read no pongs, so that time does not count.
    const late = now - this.#dueAt
    if (late > this.#tickMs) for (const beat of this.#waiting) beat.since += late
    for (const beat of this.#waiting) {
      if (now - beat.since < this.#options.pingTimeout) break
      this.forgive(beat)
      beat.connection.onClose('ping timeout')
    }
    this.#at = (this.#at + 1) % SLOTS
    for (const beat of this.#slots[this.#at] as Set<Beat>) {
      if (beat.since !== 0 || beat.connection.readyState !== 'open') continue
      beat.isProlonged = false
      this.#await(beat)
      if (!writeFrames(beat.connection, PING_FRAMES)) beat.connection.sendPacket('ping')
    }
    if (this.#slots.some(({ size }) => size > 0)) this.#run()
  }

  #await(beat: Beat): void {
    beat.since = this.#options.clock.steady()
    this.#waiting.add(beat)
  }
}

/* Listeners of all connections, without a closure for each. */

function onPacket(this: Pinged, { type }: { readonly type: string }): void {
  const beat = this[BEAT]
  beat?.wheel.heard(beat, type)
}

function onUpgrade(this: Pinged): void {
  // The ping may have been lost with the former transport.
  const beat = this[BEAT]
  beat?.wheel.forgive(beat)
}

function onClose(this: Pinged): void {
  const beat = this[BEAT]
  beat?.wheel.remove(beat)
}

function isPinged(connection: object): connection is Pinged {
  const { protocol, pingIntervalTimer, pingTimeoutTimer, sendPacket, onClose, transport } =
    connection as Partial<Pinged>
  return (
    protocol === 4 &&
    typeof pingIntervalTimer?.refresh === 'function' &&
    pingTimeoutTimer === null &&
    typeof sendPacket === 'function' &&
    typeof onClose === 'function' &&
    typeof transport?.name === 'string'
  )
}
