import type { Clock } from '#lib/protocol/clock.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import type { Owner } from '../owner.ts'
import type { ReplicaStore, SealedBatch } from '../replica/replica-store.ts'
import { payloadsOf } from './payloads.ts'

export interface OutboxOptions {
  /** Holds the client id of this tab. */
  readonly doc: { readonly clientID: number }
  readonly address: string
  readonly store: ReplicaStore | null
  readonly clock: Clock
  /** Told when a timer has sealed a batch, and when a write to the store has ended. */
  readonly owner: Owner
}

/** While a batch is on its way, edits gather for at most this long before they are sealed and stored. */
const GATHER_MS = 50
/** The wait before a failed write to the store is retried. */
const RETRY_WRITE_MS = 2000
/** Payload bytes that may be sent without an acknowledgement. A larger batch is sent alone. */
const IN_FLIGHT_BYTES = LIMITS.messageBytes

/**
 * The edits of this browser that the server has not acknowledged: those of this tab (gathering, then sealed as
 * numbered batches), and sealed ones left by other tabs. Memory is authoritative for this tab; the store holds the
 * same for a crash.
 */
export class Outbox {
  readonly #options: OutboxOptions
  #gathering: Uint8Array[] = []
  #gatheringSince: number | null = null
  #sealed: SealedBatch[] = []
  #foreign: SealedBatch[] = []
  /** When this tab first met each foreign batch, steady ms. The time in the batch may come from another clock. */
  readonly #metAt = new WeakMap<SealedBatch, number>()
  #nextN = 1
  /** Batches of #foreign and #sealed that were sent on this connection. */
  readonly #sent = new Set<SealedBatch>()
  #sentBytes = 0
  readonly #refusedBatches = new Set<SealedBatch>()
  #cancelTimer: (() => void) | null = null
  /** Own batches that are not stored so far, in order. */
  #unwritten: Unwritten[] = []
  /** The last write to the store failed. */
  #refused = false
  #cancelRetry: (() => void) | null = null
  #destroyed = false
  #acknowledgedAt: number | null = null

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** No edit of this tab is waiting. */
  get flushed(): boolean {
    return this.#gathering.length === 0 && this.#sealed.length === 0
  }

  /** No edit of any tab of this browser is waiting. */
  get saved(): boolean {
    return this.flushed && this.#foreign.length === 0
  }

  /** Every edit of this tab is stored or acknowledged. */
  get onDevice(): boolean {
    if (this.flushed) return true
    return this.#options.store !== null && this.#gathering.length === 0 && this.#unwritten.length === 0
  }

  /** The store rejects this tab's batches. */
  get failing(): boolean {
    return this.#refused && this.#unwritten.length > 0
  }

  /** When the oldest waiting edit was made, ms since the epoch; null if none is waiting. */
  get waitingSince(): number | null {
    return this.#foreign[0]?.at ?? this.#sealed[0]?.at ?? this.#gatheringSince
  }

  /** When a batch of this tab was last acknowledged, ms since the epoch; null before the first. */
  get acknowledgedAt(): number | null {
    return this.#acknowledgedAt
  }

  /** This tab has not made an edit, so its client id may still be changed. */
  get untouched(): boolean {
    return this.#nextN === 1 && this.#gathering.length === 0
  }

  /**
   * Adds the update of one local transaction (a Yjs v1 update), which `sealIdle` seals.
   */
  add(update: Uint8Array): void {
    this.#gathering.push(update)
    this.#gatheringSince ??= this.#options.clock.now()
  }

  /**
   * Seals gathered edits, unless a batch of this tab waits for its acknowledgement: then edits continue to gather.
   */
  sealIdle(): void {
    if (this.#sealed.length === 0) this.seal()
    else if (this.#gathering.length > 0)
      this.#cancelTimer ??= this.#options.clock.after(GATHER_MS, this.#sealLate)
  }

  /** Seals gathered edits now. */
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

  /** Seals gathered edits and hands everything to the store now, because the page may be going away. */
  flush(): void {
    this.seal()
    this.#write('all')
  }

  /** Replaces every batch of this tab by one that contains everything the server lacks (a Yjs v1 update). */
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
   * Makes another tab's batch one of this tab's, because the server's history was restored from an older copy and
   * lacks the preceding numbers. Returns null if earlier batches of that tab are still unsent.
   */
  adopt(clientId: number, n: number): SealedBatch | null {
    const first = this.#foreign.find((batch) => batch.clientId === clientId)
    if (first?.n !== n) return null
    this.#forget(first)
    this.#foreign = this.#foreign.filter((batch) => batch !== first)
    this.#push({ at: first.at, restore: true, payload: first.payload }, first)
    return first
  }

  /** Drops another tab's batch that can never be sent, because its predecessors are lost. */
  abandon(clientId: number, n: number): void {
    const batch = this.#foreign.find((each) => each.clientId === clientId && each.n === n)
    if (!batch) return
    this.#forget(batch)
    this.#foreign = this.#foreign.filter((each) => each !== batch)
  }

  /** Marks a sent batch as refused. It stays, and is not sent again before the next `rewind`. */
  refused(clientId: number, n: number): void {
    for (const batch of this.#sent) {
      if (batch.clientId !== clientId || batch.n !== n) continue
      this.#refusedBatches.add(batch)
      this.#forget(batch)
    }
  }

  /** Removes and returns every batch of this tab, gathered edits included, and those of `others`. */
  giveUp(others: ReadonlySet<string>): SealedBatch[] {
    this.seal()
    const given = [...this.#foreign.filter((batch) => others.has(batchKey(batch))), ...this.#sealed]
    for (const batch of given) this.#forget(batch)
    this.#foreign = this.#foreign.filter((batch) => !given.includes(batch))
    this.#sealed = []
    this.#unwritten = []
    return given
  }

  /** Drops the batches `<= n` of a client, because they are in the log. */
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

  /** Replaces the batches of other tabs by those now in the store, oldest first. */
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

  /** The batches of other tabs, oldest first. */
  get foreign(): readonly SealedBatch[] {
    return this.#foreign
  }

  /**
   * Returns the batches to send now, in order, and marks them as sent; no more than may be on their way together.
   * Other tabs' batches met before `foreignBefore` (steady ms) come first, because edits of this tab may build on
   * them. A restore batch waits for the earlier ones of its client: in the log it would stand for them, and an
   * adopted batch does not contain them.
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

  /** Treats nothing as sent any more, because the connection changed or an answer was overdue. */
  rewind(): void {
    this.#sent.clear()
    this.#refusedBatches.clear()
    this.#sentBytes = 0
  }

  /** The number of batches sent and not answered. */
  get inFlight(): number {
    return this.#sent.size
  }

  /** Stops all timers. Writes to the store are not retried any more. */
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

  /** `inPlaceOf` is a batch of another tab that the store may forget once it has this one. */
  #push(sealed: Omit<SealedBatch, 'clientId' | 'n'>, inPlaceOf: SealedBatch | null = null): void {
    const batch: SealedBatch = { ...sealed, clientId: this.#options.doc.clientID, n: this.#nextN++ }
    this.#sealed.push(batch)
    if (!this.#options.store) return
    this.#unwritten.push({ batch, inPlaceOf, writing: false })
    this.#write('next')
  }

  /**
   * Writes batches one after another. A batch without its predecessors is useless, so a failed write must not leave
   * a gap before a successful one.
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
      // The page says "not on this device". The batch is still in memory and on its way to the server.
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
    // A failure leaves both batches stored, which does no harm.
    if (inPlaceOf) store?.forget(address, inPlaceOf.clientId, inPlaceOf.n).catch(() => undefined)
  }
}

/** A sealed batch that is not stored so far. */
interface Unwritten {
  readonly batch: SealedBatch
  readonly inPlaceOf: SealedBatch | null
  writing: boolean
}

/** Returns the key that identifies a batch within its document. */
export function batchKey({ clientId, n }: { readonly clientId: number; readonly n: number }): string {
  return `${clientId} ${n}`
}
