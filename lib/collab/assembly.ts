import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { BatchBody } from '#lib/protocol/messages/update.ts'

/** Maximum parts of one batch: twice what the largest batch needs. */
const MAX_PARTS = (2 * LIMITS.assembledBytes) / LIMITS.partBytes

/**
 * One batch of one connection while its parts arrive. Parts must come in order; the sum of their bytes is bounded.
 */
export class Assembly {
  readonly #clientId: number
  readonly #n: number
  readonly #parts: number
  readonly #received: Uint8Array[] = []
  #bytes = 0

  constructor(first: BatchBody) {
    this.#clientId = first.clientId
    this.#n = first.n
    this.#parts = first.parts
  }

  /** Adds a part. Returns the whole payload after the last part, null before it. A refusal ends the assembly. */
  add(body: BatchBody): Uint8Array | Refusal | null {
    if (this.#parts > MAX_PARTS) return refuse('too-large', `a batch may have ${MAX_PARTS} parts`)
    const expected = this.#received.length
    if (
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
    this.#bytes += body.payload.length
    if (this.#bytes > LIMITS.assembledBytes) {
      return refuse(
        'too-large',
        `one change may have ${LIMITS.assembledBytes} bytes; make it in smaller steps`,
      )
    }
    this.#received.push(body.payload)
    if (this.#received.length < this.#parts) return null
    const whole = new Uint8Array(this.#bytes)
    let at = 0
    for (const part of this.#received) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
}
