import * as LIMITS from '#lib/protocol/limits.ts'
import { type Entry, encodeEntries } from '#lib/protocol/log-row.ts'

/** Maximum bytes of updates in a row; the rest goes into the next commit. */
const ROW_BYTES = LIMITS.messageBytes

/** An entry that is accepted and not on disk. */
export interface Pending {
  readonly entry: Entry
  readonly bytes: number
  readonly schemaVersion: number
  /** Number of types that the entry makes. */
  readonly types: number
  /** Number of types and values that the entry makes. */
  readonly made: number
}

interface Waiting extends Pending {
  /** True if this entry and those behind it go to disk only after a check. */
  held: boolean
}

/** The entries that a check covers in addition to the rows on disk. */
export interface Unchecked {
  /** Encoded entries that are accepted and not on disk. */
  readonly entries: Uint8Array
  /** Number of types accepted since the last check that this one covers. */
  readonly types: number
  /** Number of types and values accepted since the last check that this one covers. */
  readonly made: number
  /** The pending entries that the check covers, to release them afterwards. */
  readonly waiting: ReadonlySet<object>
}

/**
 * The entries of one document that are accepted and not on disk, in order, and how much was not checked against the
 * schema.
 */
export class PendingEntries {
  readonly #waiting: Waiting[] = []
  #inFlight: readonly Pending[] = []
  #bytes = 0
  /** Types accepted since the document was last checked against the schema. */
  #uncheckedTypes = 0
  /** Types and values accepted since the document was last checked against the schema. */
  #uncheckedMade = 0

  /** Bytes of the updates of all pending entries. */
  get bytes(): number {
    return this.#bytes
  }

  /** True if an entry is neither on disk nor on its way there. */
  get waits(): boolean {
    return this.#waiting.length > 0
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#inFlight.length === 0
  }

  /** True if an entry waits for a check. */
  get isHeld(): boolean {
    return this.#waiting.some(({ held }) => held)
  }

  /** True if more than plain text was added since the last check. */
  get needsCheck(): boolean {
    return this.#uncheckedMade > 0
  }

  /**
   * Adds an entry. Returns true if it is held until a check. `mayHold` is false if the document cannot be checked.
   */
  add(entry: Pending, mayHold: boolean): boolean {
    this.#uncheckedTypes += entry.types
    this.#uncheckedMade += entry.made
    const held = entry.types > 0 && this.#uncheckedTypes > LIMITS.uncheckedTypes && mayHold
    this.#waiting.push({ ...entry, held })
    this.#bytes += entry.bytes
    return held
  }

  /**
   * Takes the entries of the next row, with the schema version they raise the document's to. Returns null if none
   * may be written.
   */
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

  /** Removes the entries last taken, which are on disk, and returns them. */
  committed(): Entry[] {
    const entries = this.#inFlight.map(({ entry }) => entry)
    for (const { bytes } of this.#inFlight) this.#bytes -= bytes
    this.#inFlight = []
    return entries
  }

  /**
   * Returns the entries that a check is about to cover, to pass to `checked` afterwards. `onDisk`: the check covers
   * only rows on disk.
   */
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

  /** Releases the entries that a check covered. `amends`, if something must be undone, goes right behind them. */
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
