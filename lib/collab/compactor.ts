import type { Clock } from './clock.ts'
import { DamagedDocument, type DocumentStore } from './document-store.ts'
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

/** When documents are folded, snapshots written and rows trimmed. Times in ms. */
export interface CompactionPolicy {
  /** A document is folded when it has been quiet this long, for its title, */
  readonly quietMs: number
  /** and at the latest this long after a change; */
  readonly latestMs: number
  /** a snapshot is written when this many rows, or these bytes, came since the last one. */
  readonly snapshotRows: number
  readonly snapshotBytes: number
  /** Rows covered by a snapshot are kept this long, so that a short absence costs a short pull, */
  readonly keepMs: number
  /** unless they outweigh the snapshot, and at least this many bytes. */
  readonly keepBytes: number
}

export const COMPACTION_POLICY: CompactionPolicy = {
  quietMs: 2000,
  latestMs: 15_000,
  snapshotRows: 500,
  snapshotBytes: 256 * 1024,
  keepMs: 24 * 3600 * 1000,
  keepBytes: 256 * 1024,
}

interface Pending {
  readonly cancel: () => void
  readonly since: number
  changedAt: number
}

/** Folds documents in the background: projects their titles, writes snapshots, trims rows. One document at a time. */
export class Compactor {
  readonly #options: CompactorOptions
  readonly #pending = new Map<Room, Pending>()
  readonly #titles = new Map<Room, string>()
  #queue: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: CompactorOptions) {
    this.#options = options
  }

  /** A row was added. */
  changed(room: Room): void {
    if (this.#closed) return
    const now = this.#options.clock.steady()
    const pending = this.#pending.get(room)
    // Not rearmed for every keystroke: the timer is moved on when it fires.
    if (pending) pending.changedAt = now
    else this.#schedule(room, { since: now, changedAt: now }, this.#options.policy.quietMs)
  }

  /** The room is no longer in memory. */
  forget(room: Room): void {
    this.#pending.get(room)?.cancel()
    this.#pending.delete(room)
    this.#titles.delete(room)
  }

  /** Lets the work under way end; starts no more. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { cancel } of this.#pending.values()) cancel()
    this.#pending.clear()
    await this.#queue
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
      this.#queue = this.#queue.then(() => this.#compact(room))
    })
    const pending: Pending = { ...times, cancel }
    this.#pending.set(room, pending)
  }

  async #compact(room: Room): Promise<void> {
    if (this.#closed) return
    const { store, fold, clock, policy, onEvent } = this.#options
    const { documentId } = room
    try {
      const snapshot = room.snapshot ? await store.readSnapshot(documentId) : null
      const rows = room.rows.filter((row) => row.seq > (snapshot?.seq ?? 0))
      const head = rows.at(-1)
      if (!head) return
      const clients = room.clients()
      const folded = await fold({ state: snapshot?.state ?? null, rows: rows.map((row) => row.entries) })
      if (folded.title !== this.#titles.get(room)) {
        this.#titles.set(room, folded.title)
        onEvent({ type: 'title-projected', documentId, title: folded.title })
      }
      const bytes = rows.reduce((sum, row) => sum + row.entries.length, 0)
      if (rows.length < policy.snapshotRows && bytes < policy.snapshotBytes) return
      const { state, vector } = folded
      if (snapshot && !covers(vector, snapshot.vector))
        throw new Error('the fold lacks what the snapshot before it had')
      const next = { seq: head.seq, chain: head.chain, state, vector, bytes: state.length }
      await store.writeCompaction({ documentId, snapshot: next, clients, at: clock.now() })
      this.#options.onCompacted(room)
      room.compacted({ seq: next.seq, chain: next.chain, vector, bytes: state.length })
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
    for (let i = room.rows.length - 1; i >= 0; i--) {
      const row = room.rows[i]
      if (!row || row.seq > covered) continue
      spare -= row.entries.length
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

function covers(vector: Uint8Array, before: Uint8Array): boolean {
  const clocks = decodeVector(vector)
  for (const [clientId, clock] of decodeVector(before)) if ((clocks.get(clientId) ?? 0) < clock) return false
  return true
}
