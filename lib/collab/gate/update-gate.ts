import { isTooDeep } from '#lib/document/type-nesting.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { type GateCode, malformed, RefusedUpdate } from './update-gate-bytes.ts'
import { BatchBounds, type Id, type Struct, tooLarge, visitUpdate } from './update-gate-structs.ts'

/** The end clock of each client id in a document, 0 if unknown. Wraps a `Map` or a stored vector. */
export interface Clocks {
  get(clientId: number): number
}

export interface GateRules {
  /** The client id of the batch. */
  readonly clientId: number
  readonly clocks: Clocks
  /** True if the batch brings differences after a restore, which may hold structs of any client. */
  readonly restore: boolean
}

/** The gate's answer to a batch. `message` is for logs and programs. */
export type GateResult =
  | {
      readonly ok: true
      /** New end clock of each client with new structs. */
      readonly clocks: ReadonlyMap<number, number>
      /** Number of types that the batch makes, including any that the log may already have. */
      readonly types: number
      /**
       * Number of values that the batch makes, including any that the log may already have. Without types and
       * values a batch is plain text and deletions.
       */
      readonly values: number
    }
  | { readonly ok: false; readonly code: GateCode; readonly message: string }

/**
 * Checks the updates of one batch in order, advancing the clocks, and returns what they add: the gate before the log
 * (docs/protocol.md, [GATE]). Changes nothing. Linear in the bytes; never builds a Y.Doc.
 */
export function checkUpdates(updates: readonly Uint8Array[], rules: GateRules): GateResult {
  try {
    const batch = new Batch(rules)
    let bytes = 0
    for (const update of updates) bytes += update.length
    if (bytes > LIMITS.assembledBytes) tooLarge(`more than ${LIMITS.assembledBytes} bytes in one batch`)
    if (updates.length === 0) malformed('a batch without updates')
    for (const update of updates) batch.add(update)
    return { ok: true, clocks: batch.ends, types: batch.types, values: batch.values }
  } catch (error) {
    if (!(error instanceof RefusedUpdate)) throw error
    return { ok: false, code: error.code, message: error.message }
  }
}

/**
 * Raises `clocks` to the end clocks of a stored update or Yjs state that has passed the gate. Throws RefusedUpdate if
 * the bytes are damaged; `clocks` may then be partly raised.
 */
export function scanClocks(update: Uint8Array, clocks: Map<number, number>): void {
  visitUpdate(update, {
    struct: (client, { end }) => {
      if (end > (clocks.get(client) ?? 0)) clocks.set(client, end)
    },
  })
}

/** A struct to be placed. */
interface Placing {
  readonly struct: Struct
  /** Sections that wait for this struct; null if there are none. */
  blocked: Section[] | null
}

/** One client's structs in one update. */
interface Section {
  readonly client: number
  readonly structs: Placing[]
  readonly starts: number[]
  /** Index of the first struct that is not placed. */
  next: number
}

/** How many types of this batch enclose one client's structs: ascending start clocks, with one depth each. */
interface Depths {
  readonly starts: number[]
  readonly depths: number[]
}

const ROOT_NAMES: ReadonlySet<string> = new Set(Object.values(ROOTS))

class Batch {
  readonly ends = new Map<number, number>()
  types = 0
  readonly #rules: GateRules
  readonly #bounds = new BatchBounds()
  readonly #depths = new Map<number, Depths>()
  #sections = new Map<number, Section>()

  constructor(rules: GateRules) {
    this.#rules = rules
  }

  get values(): number {
    return this.#bounds.values
  }

  add(update: Uint8Array): void {
    // Counted as a struct, so that a batch of empty updates is bounded too.
    this.#bounds.struct()
    this.#sections = new Map()
    let section: Section | null = null
    visitUpdate(update, {
      value: () => this.#bounds.value(),
      section: (client) => {
        if (client !== this.#rules.clientId && !this.#rules.restore) {
          throw new RefusedUpdate(
            'foreign-client',
            `structs of client ${client} in a batch of ${this.#rules.clientId}`,
          )
        }
        section = { client, structs: [], starts: [], next: 0 }
        this.#sections.set(client, section)
      },
      struct: (_, struct) => {
        this.#bounds.struct()
        if (typeof struct.parent === 'string' && !ROOT_NAMES.has(struct.parent)) {
          throw new RefusedUpdate('unknown-root', 'a root type is neither body nor title')
        }
        if (struct.parent === ROOTS.title && struct.isText && struct.end - struct.start > LIMITS.valueBytes) {
          tooLarge(`more than ${LIMITS.valueBytes} characters of title in one piece`)
        }
        if (struct.isType) this.types++
        section?.structs.push({ struct, blocked: null })
        section?.starts.push(struct.start)
      },
      structsEnd: () => this.#placeAll(),
      deleteRange: (client, clock, end) => {
        if (end > this.#end(client)) gap(client, end)
        this.#bounds.deleteRange(end - clock)
      },
    })
  }

  #end(client: number): number {
    return this.ends.get(client) ?? this.#rules.clocks.get(client)
  }

  /** Places structs as Yjs would: a section continues until it needs an unplaced struct of another section. */
  #placeAll(): void {
    const ready = [...this.#sections.values()]
    for (let section = ready.pop(); section !== undefined; section = ready.pop()) {
      for (let placing = section.structs[section.next]; placing; placing = section.structs[section.next]) {
        const blocker = this.#blocker(section.client, placing.struct)
        if (blocker !== null) {
          blocker.blocked ??= []
          blocker.blocked.push(section)
          break
        }
        this.#place(section.client, placing.struct)
        section.next++
        if (placing.blocked !== null) ready.push(...placing.blocked)
      }
    }
    for (const { structs, next } of this.#sections.values()) {
      if (next < structs.length) malformed('structs that wait for each other')
    }
  }

  /**
   * Returns the struct of this update that must be placed first, null if there is none. Throws 'gap' if the log and
   * this update lack it.
   */
  #blocker(client: number, struct: Struct): Placing | null {
    if (struct.start > this.#end(client)) gap(client, struct.start)
    const { origin, rightOrigin, parent } = struct
    return (
      (origin && this.#missing(client, struct, origin)) ??
      (rightOrigin && this.#missing(client, struct, rightOrigin)) ??
      (parent !== null && typeof parent !== 'string' ? this.#missing(client, struct, parent) : null)
    )
  }

  #missing(client: number, struct: Struct, needed: Id): Placing | null {
    if (needed.client === client) {
      return needed.clock < struct.start ? null : malformed('a struct that refers to its own future')
    }
    if (needed.clock < this.#end(needed.client)) return null
    const section = this.#sections.get(needed.client)
    const found = section?.structs[lastAtMost(section.starts, needed.clock)]
    return found !== undefined && needed.clock < found.struct.end ? found : gap(needed.client, needed.clock)
  }

  #place(client: number, struct: Struct): void {
    const depth = this.#depthOf(struct)
    if (struct.isType && isTooDeep(depth)) malformed('types nested too deep')
    const known = this.#end(client)
    if (struct.end <= known) return
    let placed = this.#depths.get(client)
    if (placed === undefined) {
      placed = { starts: [], depths: [] }
      this.#depths.set(client, placed)
    }
    placed.starts.push(Math.max(struct.start, known))
    placed.depths.push(depth)
    this.ends.set(client, struct.end)
  }

  /**
   * Returns how many types made in this batch enclose a struct. Existing types count as 0: one batch cannot nest
   * types too deep, but many batches together still can.
   */
  #depthOf({ parent, origin, rightOrigin }: Struct): number {
    if (typeof parent === 'string') return 0
    if (parent !== null) return 1 + (this.#depthAt(parent) ?? -1)
    const beside = origin ?? rightOrigin
    return (beside && this.#depthAt(beside)) ?? 0
  }

  #depthAt({ client, clock }: Id): number | null {
    const placed = this.#depths.get(client)
    if (placed === undefined) return null
    const index = lastAtMost(placed.starts, clock)
    return placed.depths[index] ?? null
  }
}

/** Returns the index of the last of the ascending `values` that is at most `value`, -1 if there is none. */
function lastAtMost(values: readonly number[], value: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? value) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

function gap(client: number, clock: number): never {
  throw new RefusedUpdate('gap', `needs clock ${clock} of client ${client}, which is not in the log`)
}
