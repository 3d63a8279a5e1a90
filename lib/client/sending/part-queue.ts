import type { Clock } from '#lib/protocol/clock.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { encodeBatch } from '#lib/protocol/messages/update.ts'
import { paced } from '#lib/protocol/pace.ts'
import type { Uplink } from '../channel/channel.ts'
import type { SealedBatch } from '../replica/replica-store.ts'

/**
 * Messages up to this size are sent immediately and unconfirmed, so that a keystroke does not wait and costs no
 * answer.
 */
const SMALL_BYTES = 4 * 1024
/**
 * Bytes on their way at first: as much as 64 kbit/s carries in a few seconds, so that the heartbeat behind it is in
 * time.
 */
const FIRST_BYTES = 2 * LIMITS.partBytes
const MOST_BYTES = LIMITS.messageBytes
interface Part {
  readonly bytes: Uint8Array
  /** Payload bytes, without the framing. */
  readonly size: number
  readonly uplink: Uplink
}

/**
 * Cuts batches into parts and sends them in order, at the rate the connection can carry: buffered bytes cannot be
 * overtaken, and the answers to the server's heartbeat follow them.
 */
export class PartQueue {
  readonly #clock: Pick<Clock, 'steady'>
  #waiting: Part[] = []
  /** Bytes of parts on their way that will be confirmed. */
  #onTheirWay = 0
  #most = FIRST_BYTES
  /** Incremented by each `clear`. Confirmations of an earlier generation do not count. */
  #generation = 0

  #confirmed = 0

  constructor(clock: Pick<Clock, 'steady'>) {
    this.#clock = clock
  }

  /** The number of parts the server has confirmed on any connection. While it grows, data gets through. */
  get confirmed(): number {
    return this.#confirmed
  }

  /** Sends the batch after the earlier ones. */
  send(uplink: Uplink, { clientId, n, restore, payload }: SealedBatch): void {
    const { room } = uplink
    const parts = Math.max(1, Math.ceil(payload.length / LIMITS.partBytes))
    for (let part = 0; part < parts; part++) {
      const piece = payload.subarray(part * LIMITS.partBytes, (part + 1) * LIMITS.partBytes)
      const bytes = encodeBatch({ room, clientId, n, part, parts, restore, payload: piece })
      this.#waiting.push({ bytes, size: piece.length, uplink })
    }
    this.#next()
  }

  /** Sends everything now, because the page is going away. */
  release(): void {
    this.#most = Number.POSITIVE_INFINITY
    this.#next()
  }

  /** Drops everything, because the connection changed or everything is sent again. */
  clear(): void {
    this.#generation++
    this.#waiting = []
    this.#onTheirWay = 0
    this.#most = FIRST_BYTES
  }

  #next(): void {
    for (let part = this.#waiting[0]; part; part = this.#waiting[0]) {
      const { bytes, size, uplink } = part
      const small = size <= SMALL_BYTES
      if (!small && this.#onTheirWay > 0 && this.#onTheirWay + size > this.#most) return
      this.#waiting.shift()
      if (small) uplink.channel.update(bytes)
      else this.#follow(part)
    }
  }

  #follow({ bytes, size, uplink }: Part): void {
    const sentAt = this.#clock.steady()
    const generation = this.#generation
    this.#onTheirWay += size
    uplink.channel.update(bytes, () => {
      this.#most = paced(this.#most, this.#clock.steady() - sentAt, {
        faster: this.#most + size,
        slower: this.#most / 2,
        least: LIMITS.partBytes,
        most: MOST_BYTES,
      })
      this.#confirmed++
      if (generation !== this.#generation) return
      this.#onTheirWay -= size
      this.#next()
    })
  }
}
