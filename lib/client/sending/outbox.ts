import type { Clock } from '#lib/protocol/clock.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import type { Owner } from '../owner.ts'
import type { ReplicaStore, SealedBatch } from '../replica/replica-store.ts'
import { payloadsOf } from './payloads.ts'

export interface OutboxOptions {
  /** Its client id is this tab's. */
  readonly doc: { readonly clientID: number }
  readonly address: string
  readonly store: ReplicaStore | null
  readonly clock: Clock
  /** Told when a batch was sealed because its time was up, and when a write into the store ended. */
  readonly owner: Owner
}

/** While a batch is on its way, edits gather at most this long before they are sealed onto this device. */
const GATHER_MS = 50
/** A store that refused a write is tried again after this long. */
const RETRY_WRITE_MS = 2000
/** Payload bytes that may be sent without an acknowledgement; a larger batch goes alone. */
const IN_FLIGHT_BYTES = LIMITS.messageBytes

/**
 * The edits of this browser that the server has not acknowledged: those of this tab (gathering, then sealed as numbered
 * batches), and sealed ones that other tabs left. Memory is the truth for this tab; the store holds the same for a crash.
 */
export class Outbox {
  readonly #options: OutboxOptions
  #gathering: Uint8Array[] = []
  #gatheringSince: number | null = null
  #sealed: SealedBatch[] = []
  #foreign: SealedBatch[] = []
  /** When this tab first met each foreign batch (steady ms): another machine's clock, or yesterday's, says nothing. */
  readonly #metAt = new WeakMap<SealedBatch, number>()
  #nextN = 1
  /** Batches of #foreign and #sealed that went out on this connection. */
  readonly #sent = new Set<SealedBatch>()
  #sentBytes = 0
  readonly #refusedBatches = new Set<SealedBatch>()
  #cancelTimer: (() => void) | null = null
  /** Own batches that are still to be stored, in order. */
  #unwritten: Unwritten[] = []
  /** The store refused the last write. */
  #refused = false
  #cancelRetry: (() => void) | null = null
  #destroyed = false
  #acknowledgedAt: number | null = null

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** No edit of this tab waits. */
  get flushed(): boolean {
    return this.#gathering.length === 0 && this.#sealed.length === 0
  }

  /** No edit of any tab of this browser waits. */
  get saved(): boolean {
    return this.flushed && this.#foreign.length === 0
  }

  /** Every edit of this tab is in the store, or acknowledged. */
  get onDevice(): boolean {
    if (this.flushed) return true
    return this.#options.store !== null && this.#gathering.length === 0 && this.#unwritten.length === 0
  }

  /** The store refuses this tab's batches. */
  get failing(): boolean {
    return this.#refused && this.#unwritten.length > 0
  }

  /** When the oldest edit that waits was made, ms since the epoch; null when none waits. */
  get waitingSince(): number | null {
    return this.#foreign[0]?.at ?? this.#sealed[0]?.at ?? this.#gatheringSince
  }

  /** When a batch of this tab was last acknowledged, ms since the epoch. */
  get acknowledgedAt(): number | null {
    return this.#acknowledgedAt
  }

  /** True when this tab never made an edit: its client id may still be changed. */
  get untouched(): boolean {
    return this.#nextN === 1 && this.#gathering.length === 0
  }

  /**
   * Adds one local transaction's update, a Yjs v1 update. It is sealed by the next `sealIdle`, or after 50 ms while earlier
   * batches wait.
   */
  add(update: Uint8Array): void {
    this.#gathering.push(update)
    this.#gatheringSince ??= this.#options.clock.now()
    if (this.#sealed.length > 0) this.#cancelTimer ??= this.#options.clock.after(GATHER_MS, this.#sealLate)
  }

  /** Seals what has gathered, unless a batch of this tab waits for its acknowledgement: then edits go on gathering. */
  sealIdle(): void {
    if (this.#sealed.length === 0) this.seal()
  }

  /** Seals what has gathered, now. */
  seal(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    if (this.#gathering.length === 0) return
    const at = this.#gatheringSince ?? this.#options.clock.now()
    const payloads = payloadsOf(this.#gathering)
    this.#gathering = []
    this.#gatheringSince = null
    for (const payload of payloads) this.#push({ at, restore: false, payload })
  }

  /** Seals what has gathered and hands all of it to the store now: the page may be going away. */
  flush(): void {
    this.seal()
    this.#write('all')
  }

  /** Replaces every batch of this tab by one that holds all that the server lacks (a Yjs v1 update). */
  sealDifferences(differences: Uint8Array): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#gathering = []
    this.#gatheringSince = null
    this.#sealed = []
    this.#unwritten = []
    this.#push({ at: this.#options.clock.now(), restore: true, payload: encodeUpdates([differences]) })
    this.rewind()
  }

  /**
   * Makes another tab's batch one of this tab's: the server's history, restored from an older copy, lacks the numbers
   * before it. Returns null if earlier batches of that tab are still to be sent.
   */
  adopt(clientId: number, n: number): SealedBatch | null {
    const first = this.#foreign.find((batch) => batch.clientId === clientId)
    if (first?.n !== n) return null
    this.#forget(first)
    this.#foreign = this.#foreign.filter((batch) => batch !== first)
    this.#push({ at: first.at, restore: true, payload: first.payload }, first)
    return first
  }

  /** Drops another tab's batch that can never be sent: what it builds on is lost. */
  abandon(clientId: number, n: number): void {
    const batch = this.#foreign.find((each) => each.clientId === clientId && each.n === n)
    if (!batch) return
    this.#forget(batch)
    this.#foreign = this.#foreign.filter((each) => each !== batch)
  }

  /** Marks a batch that was sent as refused: it stays, and is not sent before the next `rewind`. */
  refused(clientId: number, n: number): void {
    for (const batch of this.#sent) {
      if (batch.clientId !== clientId || batch.n !== n) continue
      this.#refusedBatches.add(batch)
      this.#forget(batch)
    }
  }

  /** Gives up every batch of this tab, what gathers included, and those of `others`: they are the caller's now. */
  giveUp(others: ReadonlySet<string>): SealedBatch[] {
    this.seal()
    const given = [...this.#foreign.filter((batch) => others.has(batchKey(batch))), ...this.#sealed]
    for (const batch of given) this.#forget(batch)
    this.#foreign = this.#foreign.filter((batch) => !given.includes(batch))
    this.#sealed = []
    this.#unwritten = []
    return given
  }

  /** Drops the batches `<= n` of a client: they are in the log. */
  acknowledge(clientId: number, n: number): void {
    const done = (batch: SealedBatch): boolean => batch.clientId === clientId && batch.n <= n
    const list = clientId === this.#options.doc.clientID ? this.#sealed : this.#foreign
    let removed = false
    for (const batch of list) {
      if (!done(batch)) continue
      removed = true
      this.#forget(batch)
    }
    if (!removed) return
    if (list === this.#sealed) {
      this.#sealed = this.#sealed.filter((batch) => !done(batch))
      for (const unwritten of this.#unwritten) if (done(unwritten.batch)) this.#written(unwritten)
      this.#acknowledgedAt = this.#options.clock.now()
    } else {
      this.#foreign = this.#foreign.filter((batch) => !done(batch))
    }
  }

  /** Replaces the batches of other tabs by those that the store holds now, oldest first. */
  setForeign(batches: readonly SealedBatch[]): void {
    const own = this.#options.doc.clientID
    const known = new Map(this.#foreign.map((batch) => [`${batch.clientId} ${batch.n}`, batch]))
    this.#foreign = batches
      .filter((batch) => batch.clientId !== own)
      .map((batch) => known.get(`${batch.clientId} ${batch.n}`) ?? batch)
    const now = this.#options.clock.steady()
    for (const batch of this.#foreign) if (!this.#metAt.has(batch)) this.#metAt.set(batch, now)
    for (const batch of this.#sent) {
      if (batch.clientId !== own && !this.#foreign.includes(batch)) this.#forget(batch)
    }
  }

  /** Batches of other tabs, oldest first. */
  get foreign(): readonly SealedBatch[] {
    return this.#foreign
  }

  /**
   * Returns batches to send now, in order, and marks them as sent; none beyond what may be on its way at a time.
   * Other tabs' batches met before `foreignBefore` (steady ms) go first: what this tab typed may build on them.
   * A restore batch waits for those before it of its client: in the log it would stand for them, and an adopted one does not
   * hold them.
   */
  nextToSend(foreignBefore: number): SealedBatch[] {
    const next: SealedBatch[] = []
    const waiting = new Set<number>()
    const held = new Set<number>()
    for (const batch of [
      ...this.#foreign.filter((each) => (this.#metAt.get(each) ?? 0) < foreignBefore),
      ...this.#sealed,
    ]) {
      const { clientId, restore, payload } = batch
      if (held.has(clientId)) continue
      if (restore && waiting.has(clientId)) {
        held.add(clientId)
        continue
      }
      waiting.add(clientId)
      if (this.#sent.has(batch) || this.#refusedBatches.has(batch)) continue
      const full =
        this.#sent.size >= LIMITS.batchesInFlight || this.#sentBytes + payload.length > IN_FLIGHT_BYTES
      if (this.#sent.size > 0 && full) break
      this.#sent.add(batch)
      this.#sentBytes += payload.length
      next.push(batch)
    }
    return next
  }

  /** Counts nothing as sent any more: the connection changed, or an answer was overdue. */
  rewind(): void {
    this.#sent.clear()
    this.#refusedBatches.clear()
    this.#sentBytes = 0
  }

  /** Batches sent and not answered. */
  get inFlight(): number {
    return this.#sent.size
  }

  /** Stops all timers; the store is not tried again. */
  destroy(): void {
    this.#destroyed = true
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#cancelRetry?.()
    this.#cancelRetry = null
  }

  #forget(batch: SealedBatch): void {
    if (this.#sent.delete(batch)) this.#sentBytes -= batch.payload.length
  }

  readonly #sealLate = (): void => {
    this.seal()
    this.#options.owner.changed()
  }

  /** `inPlaceOf`: a batch of another tab that the store may forget once it has this one. */
  #push(sealed: Omit<SealedBatch, 'clientId' | 'n'>, inPlaceOf: SealedBatch | null = null): void {
    const batch: SealedBatch = { ...sealed, clientId: this.#options.doc.clientID, n: this.#nextN++ }
    this.#sealed.push(batch)
    if (!this.#options.store) return
    this.#unwritten.push({ batch, inPlaceOf, writing: false })
    this.#write('next')
  }

  /**
   * Writes one batch after the other: a batch whose predecessors are lost is of no use, so what the store refuses must leave
   * no hole before what it takes.
   */
  #write(which: 'next' | 'all'): void {
    const { store } = this.#options
    if (!store || (which === 'next' && this.#cancelRetry)) return
    for (const unwritten of this.#unwritten) {
      if (!unwritten.writing) void this.#store(store, unwritten)
      if (which === 'next') return
    }
  }

  async #store(store: ReplicaStore, unwritten: Unwritten): Promise<void> {
    const { address, clock, owner } = this.#options
    unwritten.writing = true
    try {
      await store.seal(address, unwritten.batch)
      this.#refused = false
      this.#written(unwritten)
    } catch {
      // The page says "not on this device"; the batch is still in memory and on its way to the server.
      unwritten.writing = false
      this.#refused = true
      if (this.#destroyed) return
      this.#cancelRetry ??= clock.after(RETRY_WRITE_MS, () => {
        this.#cancelRetry = null
        this.#write('next')
      })
    }
    this.#write('next')
    owner.changed()
  }

  #written(unwritten: Unwritten): void {
    if (!this.#unwritten.includes(unwritten)) return
    this.#unwritten = this.#unwritten.filter((each) => each !== unwritten)
    const { store, address } = this.#options
    const { inPlaceOf } = unwritten
    // A failure here leaves both, which is harmless.
    if (inPlaceOf) store?.forget(address, inPlaceOf.clientId, inPlaceOf.n).catch(() => undefined)
  }
}

/** A sealed batch that is still to be stored. */
interface Unwritten {
  readonly batch: SealedBatch
  readonly inPlaceOf: SealedBatch | null
  writing: boolean
}

/** The key that tells a batch from all others of its document. */
export function batchKey({ clientId, n }: { readonly clientId: number; readonly n: number }): string {
  return `${clientId} ${n}`
}
