import type { Clock } from './clock.ts'
import { DamagedDocument, type DocumentStore, type StoredRow } from './document-store.ts'
import type { FoldJob, FoldResult } from './fold.ts'
import type { Room } from './room.ts'
import type { RoomEvent } from './rooms.ts'
import { decodeVector } from './state-vector.ts'

/** Runs `foldDocument`; rejects when it fails or takes too much. */
export type Fold = (job: FoldJob) => Promise<FoldResult>

export interface CompactorOptions {
  readonly store: Pick<DocumentStore, 'readSnapshot' | 'writeCompaction' | 'trim'>
  readonly clock: Clock
  readonly fold: Fold
  readonly policy: CompactionPolicy
  /** A newer snapshot of this room's document is in the store. */
  readonly onCompacted: (room: Room) => void
  readonly onDamaged: (room: Room, reason: string) => void
  readonly onEvent: (event: RoomEvent) => void
}

/** When documents are folded, snapshots written and rows trimmed. Times in ms. A row weighs its entries and `ROW_BYTES`. */
export interface CompactionPolicy {
  /** A document is folded when it has been quiet this long, for its title, */
  readonly quietMs: number
  /** and at the latest this long after a change, */
  readonly latestMs: number
  /** as far as folding for titles takes no more than this share of a core, */
  readonly titleShare: number
  /** once as much as this is used up. */
  readonly titleBurstMs: number
  /** A snapshot is written when this many rows came since the last one, or rows that weigh half of it, */
  readonly snapshotRows: number
  /** but at least `keepBytes`, and at most this much. */
  readonly snapshotBytes: number
  /** Rows covered by a snapshot are kept this long, so that a short absence costs a short pull, */
  readonly keepMs: number
  /** unless they outweigh the snapshot, and at least this many bytes. */
  readonly keepBytes: number
}

export const COMPACTION_POLICY: CompactionPolicy = {
  quietMs: 2000,
  latestMs: 15_000,
  titleShare: 0.01,
  titleBurstMs: 250,
  snapshotRows: 500,
  snapshotBytes: 256 * 1024,
  keepMs: 24 * 3600 * 1000,
  keepBytes: 16 * 1024,
}

/** What a stored row weighs besides its entries: document id, number, chain and time. */
const ROW_BYTES = 64

interface Pending {
  readonly cancel: () => void
  readonly since: number
  changedAt: number
}

/**
 * Folds documents in the background: projects their titles, writes snapshots, trims rows. One document at a time; who
 * needs a snapshot comes first. With many documents at work titles follow more slowly, and nothing else does.
 */
export class Compactor {
  readonly #options: CompactorOptions
  readonly #pending = new Map<Room, Pending>()
  /** Waiting to be folded, the longest waiting first: for a snapshot, and for nothing but a title. */
  readonly #forSnapshots = new Set<Room>()
  readonly #forTitles = new Set<Room>()
  readonly #titles = new WeakMap<Room, string>()
  /** Weight of the rows since the last snapshot. */
  readonly #weights = new WeakMap<Room, number>()
  #folding: { readonly room: Room; readonly done: Promise<void> } | null = null
  /** Time that folding for titles may take, as of `#spareAt`; below zero: it has taken more. */
  #spareMs: number
  #spareAt: number
  #cancelRest: (() => void) | null = null
  #closed = false

  constructor(options: CompactorOptions) {
    this.#options = options
    this.#spareMs = options.policy.titleBurstMs
    this.#spareAt = options.clock.steady()
  }

  /** A row was added. */
  changed(room: Room): void {
    if (this.#closed) return
    this.#weigh(room)
    if (this.#forTitles.has(room)) {
      if (this.#needsSnapshot(room)) this.#wait(room)
      return
    }
    if (this.#forSnapshots.has(room)) return
    const now = this.#options.clock.steady()
    const pending = this.#pending.get(room)
    // Not rearmed for every keystroke: the timer is moved on when it fires.
    if (pending) pending.changedAt = now
    else this.#schedule(room, { since: now, changedAt: now }, this.#options.policy.quietMs)
  }

  /** True while a room's last rows are not folded: it should stay in memory. */
  waits(room: Room): boolean {
    const isQueued = this.#forSnapshots.has(room) || this.#forTitles.has(room)
    return isQueued || this.#pending.has(room) || this.#folding?.room === room
  }

  /** The room is no longer in memory. */
  forget(room: Room): void {
    this.#pending.get(room)?.cancel()
    this.#pending.delete(room)
    this.#forSnapshots.delete(room)
    this.#forTitles.delete(room)
  }

  /** Lets the work under way end; starts no more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelRest?.()
    for (const { cancel } of this.#pending.values()) cancel()
    this.#pending.clear()
    await this.#folding?.done
  }

  #schedule(room: Room, times: Pick<Pending, 'since' | 'changedAt'>, ms: number): void {
    const { clock, policy } = this.#options
    const cancel = clock.after(ms, () => {
      const { since, changedAt } = pending
      this.#pending.delete(room)
      const now = clock.steady()
      const quietFor = now - changedAt
      if (quietFor < policy.quietMs && now - since < policy.latestMs) {
        this.#schedule(room, { since, changedAt }, policy.quietMs - quietFor)
        return
      }
      this.#wait(room)
    })
    const pending: Pending = { ...times, cancel }
    this.#pending.set(room, pending)
  }

  #wait(room: Room): void {
    const needsSnapshot = this.#needsSnapshot(room)
    if (needsSnapshot) this.#forTitles.delete(room)
    const waiting = needsSnapshot ? this.#forSnapshots : this.#forTitles
    waiting.add(room)
    this.#next()
  }

  #next(): void {
    if (this.#folding || this.#closed) return
    const [forSnapshot] = this.#forSnapshots
    const [forTitle] = this.#forTitles
    const room = forSnapshot ?? (forTitle && this.#isRested() ? forTitle : null)
    if (!room) return
    this.#forSnapshots.delete(room)
    this.#forTitles.delete(room)
    const begun = this.#options.clock.steady()
    const done = this.#compact(room).then(() => {
      this.#folding = null
      if (!forSnapshot) this.#spareMs -= this.#options.clock.steady() - begun
      this.#next()
    })
    this.#folding = { room, done }
  }

  /** True when a title may be folded now; else `#next` comes again when one may. */
  #isRested(): boolean {
    const { clock, policy } = this.#options
    const now = clock.steady()
    const gained = (now - this.#spareAt) * policy.titleShare
    this.#spareMs = Math.min(this.#spareMs + gained, policy.titleBurstMs)
    this.#spareAt = now
    if (this.#spareMs >= 0) return true
    this.#cancelRest ??= clock.after(Math.ceil(-this.#spareMs / policy.titleShare), () => {
      this.#cancelRest = null
      this.#next()
    })
    return false
  }

  /** Adds the newest row to the weight of the room's rows. */
  #weigh(room: Room): void {
    const known = this.#weights.get(room)
    const [newest] = rowsAfter(room, room.headSeq - 1)
    if (known === undefined) this.#weights.set(room, weightOf(rowsAfter(room, room.snapshot?.seq ?? 0)))
    else if (newest) this.#weights.set(room, known + weightOf([newest]))
  }

  #needsSnapshot(room: Room): boolean {
    const { snapshotRows, snapshotBytes, keepBytes } = this.#options.policy
    const rows = room.headSeq - (room.snapshot?.seq ?? 0)
    const most = Math.min(Math.max((room.snapshot?.bytes ?? 0) / 2, keepBytes), snapshotBytes)
    return rows >= snapshotRows || (this.#weights.get(room) ?? 0) >= most
  }

  async #compact(room: Room): Promise<void> {
    const { store, fold, clock, onEvent } = this.#options
    const { documentId } = room
    try {
      const snapshot = room.snapshot ? await store.readSnapshot(documentId) : null
      const rows = rowsAfter(room, snapshot?.seq ?? 0)
      const head = rows.at(-1)
      if (!head) return
      const needsSnapshot = this.#needsSnapshot(room)
      const clients = room.clients()
      const folded = await fold({ state: snapshot?.state ?? null, rows: rows.map((row) => row.entries) })
      if (folded.title !== this.#titles.get(room)) {
        this.#titles.set(room, folded.title)
        onEvent({ type: 'title-projected', documentId, title: folded.title })
      }
      if (!needsSnapshot) return
      const { state, vector } = folded
      if (snapshot && !covers(vector, snapshot.vector))
        throw new Error('the fold lacks what the snapshot before it had')
      // A copy of the chain: a row is a view of all rows.
      const next = { seq: head.seq, chain: head.chain.slice(), state, vector, bytes: state.length }
      await store.writeCompaction({ documentId, snapshot: next, clients, at: clock.now() })
      this.#options.onCompacted(room)
      room.compacted({ seq: next.seq, chain: next.chain, vector, bytes: state.length })
      this.#weights.set(room, weightOf(rowsAfter(room, next.seq)))
      await this.#trim(room, next.seq, next.bytes)
    } catch (error) {
      if (error instanceof DamagedDocument) {
        this.#options.onDamaged(room, error.message)
        return
      }
      // Snapshot and tail as they are still serve.
      onEvent({
        type: 'fold-failed',
        documentId,
        reason: error instanceof Error ? error.message : String(error),
      })
    }
  }

  async #trim(room: Room, covered: number, snapshotBytes: number): Promise<void> {
    const { keepMs, keepBytes } = this.#options.policy
    const oldest = this.#options.clock.now() - keepMs
    let spare = Math.max(snapshotBytes, keepBytes)
    let upto = 0
    for (const row of room.rows().toReversed()) {
      if (row.seq > covered) continue
      spare -= weightOf([row])
      if (spare < 0 || row.at < oldest) {
        upto = row.seq
        break
      }
    }
    if (upto === 0) return
    await this.#options.store.trim(room.documentId, upto)
    room.trimmed(upto)
  }
}

/** Those of them that are kept. */
function rowsAfter(room: Room, seq: number): readonly StoredRow[] {
  return room.rowsAfter(seq) ?? room.rows()
}

function weightOf(rows: readonly StoredRow[]): number {
  return rows.reduce((sum, { entries }) => sum + entries.length + ROW_BYTES, 0)
}

function covers(vector: Uint8Array, before: Uint8Array): boolean {
  const clocks = decodeVector(vector)
  for (const [clientId, clock] of decodeVector(before)) if ((clocks.get(clientId) ?? 0) < clock) return false
  return true
}
