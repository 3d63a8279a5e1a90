import * as LIMITS from '#lib/protocol/limits.ts'
import { type Entry, encodeEntries } from '#lib/protocol/log-row.ts'

/** A row is cut at this many bytes of updates; what is left goes into the next commit. */
const ROW_BYTES = LIMITS.messageBytes

/** One entry that is accepted and not on disk yet. */
export interface Pending {
  readonly entry: Entry
  readonly bytes: number
  readonly schemaVersion: number
  /** Types it makes, and types and values. */
  readonly types: number
  readonly made: number
}

interface Waiting extends Pending {
  /** It and what is behind it go to disk after a check. */
  held: boolean
}

/** What a check is about to look at besides the rows on disk. */
export interface Unchecked {
  /** Encoded entries that are accepted and not on disk yet. */
  readonly entries: Uint8Array
  readonly types: number
  readonly made: number
  readonly waiting: ReadonlySet<object>
}

/** What of one document is accepted and not on disk, in its order, and what of it no check against the schema has seen. */
export class PendingEntries {
  readonly #waiting: Waiting[] = []
  #inFlight: readonly Pending[] = []
  #bytes = 0
  /** Types, and types and values, accepted since the document was last held against the schema. */
  #uncheckedTypes = 0
  #uncheckedMade = 0

  /** Of the updates. */
  get bytes(): number {
    return this.#bytes
  }

  /** Something is neither on disk nor on its way there. */
  get waits(): boolean {
    return this.#waiting.length > 0
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#inFlight.length === 0
  }

  /** Something waits for a check. */
  get isHeld(): boolean {
    return this.#waiting.some(({ held }) => held)
  }

  /** More than plain text came since the last check. */
  get needsCheck(): boolean {
    return this.#uncheckedMade > 0
  }

  /** True: it is held until a check. `mayHold` false: nothing can be checked. */
  add(entry: Pending, mayHold: boolean): boolean {
    this.#uncheckedTypes += entry.types
    this.#uncheckedMade += entry.made
    const held = entry.types > 0 && this.#uncheckedTypes > LIMITS.uncheckedTypes && mayHold
    this.#waiting.push({ ...entry, held })
    this.#bytes += entry.bytes
    return held
  }

  /** The entries of the next row, and the schema version they raise the document's to; null: none may go. */
  take(documentVersion: number): { entries: Uint8Array; schemaVersion: number; more: boolean } | null {
    let bytes = 0
    let count = 0
    let schemaVersion = documentVersion
    for (const waiting of this.#waiting) {
      if (waiting.held) break
      if (count > 0 && bytes + waiting.bytes > ROW_BYTES) break
      bytes += waiting.bytes
      schemaVersion = Math.max(schemaVersion, waiting.schemaVersion)
      count++
    }
    if (count === 0) return null
    this.#inFlight = this.#waiting.splice(0, count)
    const entries = encodeEntries(this.#inFlight.map(({ entry }) => entry))
    return { entries, schemaVersion, more: this.#waiting[0]?.held === false }
  }

  /** What was taken is on disk: its entries. */
  committed(): Entry[] {
    const entries = this.#inFlight.map(({ entry }) => entry)
    for (const { bytes } of this.#inFlight) this.#bytes -= bytes
    this.#inFlight = []
    return entries
  }

  /** What `checked` is told of afterwards; `onDisk`: a check of the rows alone. */
  unchecked(onDisk: boolean): Unchecked {
    const pending = [...this.#inFlight, ...this.#waiting]
    const looked = onDisk ? [] : pending
    const left = onDisk ? pending : []
    return {
      entries: encodeEntries(looked.map(({ entry }) => entry)),
      types: left.reduce((sum, each) => sum - each.types, this.#uncheckedTypes),
      made: left.reduce((sum, each) => sum - each.made, this.#uncheckedMade),
      waiting: new Set(looked),
    }
  }

  /** What was looked at goes on; `amends` goes right behind it, when something must be undone. */
  checked({ types, made, waiting }: Unchecked, amends: Pending | null): void {
    this.#uncheckedTypes -= types
    this.#uncheckedMade -= made
    let behind = 0
    for (const [i, each] of this.#waiting.entries()) {
      if (!waiting.has(each)) continue
      each.held = false
      behind = i + 1
    }
    if (!amends) return
    this.#waiting.splice(behind, 0, { ...amends, held: false })
    this.#bytes += amends.bytes
  }
}
