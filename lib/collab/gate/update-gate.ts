import { isTooDeep } from '#lib/document/type-nesting.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { type GateCode, malformed, RefusedUpdate } from './update-gate-bytes.ts'
import { BatchBounds, type Id, type Struct, tooLarge, visitUpdate } from './update-gate-structs.ts'

/** What a document holds: the end clock of each client id, 0 when unknown. A `Map` wrapped or a stored vector. */
export interface Clocks {
  get(clientId: number): number
}

export interface GateRules {
  /** The client id of the batch. */
  readonly clientId: number
  readonly clocks: Clocks
  /** Differences after a restore: structs of any client. */
  readonly restore: boolean
}

/**
 * `clocks`: the new end clock of each client with new structs. `types`, `values`: how many are made (those that the log
 * may have already are counted too); without any it is plain text and deletions. `message` is for logs and programs.
 */
export type GateResult =
  | {
      readonly ok: true
      readonly clocks: ReadonlyMap<number, number>
      readonly types: number
      readonly values: number
    }
  | { readonly ok: false; readonly code: GateCode; readonly message: string }

/**
 * The gate before the log (docs/protocol.md, [GATE]): checks the updates of one batch in order, the clocks moving
 * along, and says what they add. Changes nothing; repeating is harmless. Linear in the bytes; never builds a Y.Doc.
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
 * Raises `clocks` to the end clocks of a stored update or Yjs state, which passed the gate once.
 * Throws RefusedUpdate when the bytes are damaged; `clocks` may then be raised in part.
 */
export function scanClocks(update: Uint8Array, clocks: Map<number, number>): void {
  visitUpdate(update, {
    struct: (client, { end }) => {
      if (end > (clocks.get(client) ?? 0)) clocks.set(client, end)
    },
  })
}

/** A struct on its way in. `blocked`: sections that wait for it. */
interface Placing {
  readonly struct: Struct
  blocked: Section[] | null
}

/** One client's structs in one update; those before `next` are placed. */
interface Section {
  readonly client: number
  readonly structs: Placing[]
  readonly starts: number[]
  next: number
}

/** How many types of this batch lie around its structs, by clock: rising starts, one depth each. */
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
    // So that a batch of empty updates is bounded too.
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

  /** Places structs as Yjs would: a section goes on until it needs a struct of another one that is not placed yet. */
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

  /** The struct of this update that must be placed first, or null. Throws 'gap' when nothing here can bring it. */
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
   * How many types made in this batch lie around a struct. What was there before counts as 0: one batch cannot build
   * a tower; over many batches one still can.
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

/** Index of the last of rising `values` that is at most `value`; -1: none. */
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
