/*
 * Decides when documents are checked, folded and trimmed.
 * Over 350 lines: one queue serves all three, and its policy can be understood only as a whole.
 */

import type { FoldJob, FoldResult } from '#lib/document/fold.ts'
import type { SchemaFinding } from '#lib/document/schema-check.ts'
import { decodeVector } from '#lib/document/state-vector.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { reasonOf } from '#lib/protocol/errors.ts'
import { DamagedDocument, type DocumentStore, type StoredRow } from '../document-store.ts'
import type { RoomEvent } from '../events.ts'
import type { Room } from '../room.ts'
import type { CompactionPolicy } from './compaction-policy.ts'
import { CpuBudget } from './cpu-budget.ts'

/**
 * Folds documents off the event loop, within limits of time and memory. Each method rejects if a job exceeds them.
 */
export interface FoldRunner {
  /** Runs `foldDocument`. */
  fold(job: FoldJob): Promise<FoldResult>
  /** Runs `checkDocument`. */
  check(job: FoldJob): Promise<SchemaFinding>
  /** Runs `digestDocument`. */
  digest(job: FoldJob): Promise<string>
  /** CPU time of all jobs so far, ms, without the time they waited for a core. */
  readonly spent: number
}

/** Receives the title of a document whenever it changes. */
export interface TitleSink {
  set(documentId: string, title: string): void
}

/** Gives other parts of the server time to fold (`Compactor.whenSpare`). */
export interface SpareTime {
  whenSpare(room: Room, work: () => Promise<void>): Promise<boolean>
}

/** Callbacks of the compactor to the owner of the rooms. */
export interface CompactionKeeper {
  /** Called after a newer snapshot of the room's document was stored. */
  compacted(room: Room): void
  /** Called when the stored history of the room's document turns out to be damaged. */
  damaged(room: Room, reason: string): void
}

export interface CompactorOptions {
  readonly store: Pick<DocumentStore, 'readSnapshot' | 'writeCompaction' | 'trim'>
  readonly clock: Clock
  readonly folding: Pick<FoldRunner, 'fold' | 'check' | 'spent'>
  readonly policy: CompactionPolicy
  readonly titles: TitleSink
  readonly keeper: CompactionKeeper
  readonly onEvent: (event: RoomEvent) => void
}

/** Weight of a stored row besides its entries, bytes: document id, number, chain and time. */
const ROW_BYTES = 64

/**
 * Rows of this weight, in bytes, are folded immediately: a document must not count as full for what a snapshot would
 * drop.
 */
const OVERDUE_BYTES = 4 * 1024 * 1024

/** Maximum number of documents that are folded together for their titles. */
const TITLES_TOGETHER = 16
/** Maximum weight of a document that is folded together with others for its title, bytes. */
const TITLE_BYTES = 4096

/** Maximum number of waiting `whenSpare` jobs, over all rooms. */
const SPARE_WAITING = 32

/** A job of `whenSpare`. */
interface SpareWork {
  readonly room: Room
  readonly work: () => Promise<void>
  /** Resolves the call: true if the work was done, false if it will not be. */
  readonly settle: (done: boolean) => void
}

interface Pending {
  readonly cancel: () => void
  readonly since: number
  changedAt: number
}

/**
 * Folds documents in the background: checks them against the schema, projects their titles, writes snapshots, trims
 * rows. Handles one document at a time, or several short ones for their titles. Rooms whose entries wait for a check
 * come first, then those that need a snapshot. With many active documents, titles follow more slowly and nothing else
 * does.
 */
export class Compactor implements SpareTime {
  readonly #options: CompactorOptions
  readonly #pending = new Map<Room, Pending>()
  /** Rooms with entries that wait for their check. */
  readonly #forEntries = new Set<Room>()
  /** Rooms to be folded for a snapshot or to leave memory, the longest waiting first. */
  readonly #forSnapshots = new Set<Room>()
  /** Rooms to be folded for a check against the schema, the longest waiting first. */
  readonly #forChecks = new Set<Room>()
  /** Rooms to be folded for their title only, the longest waiting first. */
  readonly #forTitles = new Set<Room>()
  #spare: readonly SpareWork[] = []
  readonly #titles = new WeakMap<Room, string>()
  /** Weight of each room's rows since its last snapshot, bytes. */
  readonly #weights = new WeakMap<Room, number>()
  #folding: { readonly rooms: readonly Room[]; readonly done: Promise<unknown> } | null = null
  readonly #titleBudget: CpuBudget
  readonly #checkBudget: CpuBudget
  readonly #spareBudget: CpuBudget
  #closed = false

  constructor(options: CompactorOptions) {
    this.#options = options
    const { clock, policy } = options
    this.#titleBudget = new CpuBudget(clock, policy.titleBudget, policy.burstMs, () => this.#next())
    this.#checkBudget = new CpuBudget(clock, policy.checkBudget, policy.burstMs, () => this.#next())
    this.#spareBudget = new CpuBudget(clock, policy.spareBudget, policy.burstMs, () => this.#next())
  }

  /** Notes that a row was added. */
  changed(room: Room): void {
    if (this.#closed) return
    this.#weigh(room)
    if (this.#forTitles.has(room) || this.#forChecks.has(room)) {
      this.#wait(room)
      return
    }
    if (this.#forSnapshots.has(room)) return
    const now = this.#options.clock.steady()
    const pending = this.#pending.get(room)
    if ((this.#weights.get(room) ?? 0) >= OVERDUE_BYTES && !this.#folding?.rooms.includes(room)) {
      pending?.cancel()
      this.#pending.delete(room)
      this.#wait(room)
      return
    }
    // The timer is not rearmed for every keystroke; it is extended when it fires.
    if (pending) pending.changedAt = now
    else this.#schedule(room, { since: now, changedAt: now }, this.#options.policy.quietMs)
  }

  /** Notes that entries of the room wait for a check. Idempotent. */
  checkSoon(room: Room): void {
    if (this.#closed) return
    this.#forEntries.add(room)
    this.#next()
  }

  /**
   * Runs `work`, which uses the folding too, when nothing else waits. Resolves to false if it was not done: too
   * many such jobs wait, it failed, or the room is gone.
   */
  whenSpare(room: Room, work: () => Promise<void>): Promise<boolean> {
    if (this.#closed || this.#spare.length >= SPARE_WAITING) return Promise.resolve(false)
    return new Promise((settle) => {
      this.#spare = [...this.#spare, { room, work, settle }]
      this.#next()
    })
  }

  /** Returns true while a room has rows that are not folded: it should stay in memory. */
  waits(room: Room): boolean {
    const isQueued = [this.#forSnapshots, this.#forChecks, this.#forTitles].some((queue) => queue.has(room))
    return isQueued || this.#pending.has(room) || this.#folding?.rooms.includes(room) === true
  }

  /** Notes that a room is empty: its work is done out of turn, or rooms would accumulate in memory. Idempotent. */
  hurry(room: Room): void {
    if (!this.#forChecks.has(room) && !this.#forTitles.has(room)) return
    this.#dequeue(room)
    this.#forSnapshots.add(room)
    this.#next()
  }

  /** Drops all work for a room that is no longer in memory. Idempotent. */
  forget(room: Room): void {
    this.#pending.get(room)?.cancel()
    this.#pending.delete(room)
    this.#forEntries.delete(room)
    this.#dequeue(room)
    this.#dropSpare((waiting) => waiting.room === room)
  }

  /** Waits for the work under way and starts no more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#titleBudget.close()
    this.#checkBudget.close()
    this.#spareBudget.close()
    this.#dropSpare(() => true)
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
    const queue = this.#needsSnapshot(room)
      ? this.#forSnapshots
      : room.needsCheck
        ? this.#forChecks
        : this.#forTitles
    if (!queue.has(room)) {
      this.#dequeue(room)
      queue.add(room)
    }
    this.#next()
  }

  #dequeue(room: Room): void {
    for (const queue of [this.#forSnapshots, this.#forChecks, this.#forTitles]) queue.delete(room)
  }

  #next(): void {
    if (this.#folding || this.#closed) return
    const [held] = this.#forEntries
    if (held) this.#run([held], this.#check(held), null)
    const [forSnapshot] = this.#forSnapshots
    const [forCheck] = this.#forChecks
    const [forTitle] = this.#forTitles
    if (this.#folding) return
    if (forSnapshot) this.#run([forSnapshot], this.#compact(forSnapshot), null)
    else if (forCheck && this.#checkBudget.isLeft())
      this.#run([forCheck], this.#compact(forCheck), this.#checkBudget)
    else if (forTitle && this.#titleBudget.isLeft()) {
      const rooms = this.#titlesAfter(forTitle)
      this.#run(rooms, Promise.all(rooms.map((room) => this.#compact(room))), this.#titleBudget)
    } else this.#nextSpare()
  }

  /** Returns the room, and if it is short, the short rooms queued behind it. */
  #titlesAfter(first: Room): Room[] {
    if (!this.#isShort(first)) return [first]
    const rooms: Room[] = []
    for (const room of this.#forTitles) {
      if (rooms.length === TITLES_TOGETHER || !this.#isShort(room)) break
      rooms.push(room)
    }
    return rooms
  }

  #isShort(room: Room): boolean {
    return (room.history.snapshot?.bytes ?? 0) + (this.#weights.get(room) ?? 0) <= TITLE_BYTES
  }

  #nextSpare(): void {
    const [next, ...others] = this.#spare
    if (!next || !this.#spareBudget.isLeft()) return
    this.#spare = others
    const { room, work, settle } = next
    const done = work().then(
      () => settle(true),
      (error: unknown) => {
        settle(false)
        this.#failed(room, error)
      },
    )
    this.#run([room], done, this.#spareBudget)
  }

  #dropSpare(isDropped: (work: SpareWork) => boolean): void {
    for (const dropped of this.#spare.filter(isDropped)) dropped.settle(false)
    this.#spare = this.#spare.filter((each) => !isDropped(each))
  }

  #run(rooms: readonly Room[], work: Promise<unknown>, budget: CpuBudget | null): void {
    const { folding } = this.#options
    const before = folding.spent
    const done = work.then(() => {
      this.#folding = null
      budget?.spend(folding.spent - before)
      this.#next()
    })
    this.#folding = { rooms, done }
  }

  /** Adds the newest row to the weight of the room's rows. */
  #weigh(room: Room): void {
    const known = this.#weights.get(room)
    const [newest] = rowsAfter(room, room.history.head.seq - 1)
    if (known === undefined)
      this.#weights.set(room, weightOf(rowsAfter(room, room.history.snapshot?.seq ?? 0)))
    else if (newest) this.#weights.set(room, known + weightOf([newest]))
  }

  #needsSnapshot(room: Room): boolean {
    const { snapshotRows, snapshotBytes, keepBytes } = this.#options.policy
    const rows = room.history.head.seq - (room.history.snapshot?.seq ?? 0)
    const most = Math.min(Math.max((room.history.snapshot?.bytes ?? 0) / 2, keepBytes), snapshotBytes)
    return room.full || rows >= snapshotRows || (this.#weights.get(room) ?? 0) >= most
  }

  async #check(room: Room): Promise<void> {
    try {
      const snapshot = room.history.snapshot ? await this.#options.store.readSnapshot(room.documentId) : null
      // Nothing awaits from here to the job: entries that arrive later belong to the next check.
      this.#forEntries.delete(room)
      const rows = rowsAfter(room, snapshot?.seq ?? 0).map(({ entries }) => entries)
      const unchecked = room.pending.unchecked(false)
      const job = { state: snapshot?.state ?? null, rows: [...rows, unchecked.entries], ours: room.isOurs }
      room.checked(unchecked, await this.#options.folding.check(job))
    } catch (error) {
      this.#forEntries.delete(room)
      this.#failed(room, error)
      room.uncheckable(reasonOf(error))
    }
  }

  async #compact(room: Room): Promise<void> {
    this.#dequeue(room)
    const { store, folding, clock, titles } = this.#options
    const { documentId } = room
    try {
      const snapshot = room.history.snapshot ? await store.readSnapshot(documentId) : null
      const rows = rowsAfter(room, snapshot?.seq ?? 0)
      const head = rows.at(-1)
      if (!head) return
      const needsSnapshot = this.#needsSnapshot(room)
      const clients = room.clients.stored()
      const unchecked = room.pending.unchecked(true)
      const folded = await folding.fold({
        state: snapshot?.state ?? null,
        rows: rows.map((row) => row.entries),
        ours: room.isOurs,
      })
      room.checked(unchecked, folded)
      if (folded.title !== this.#titles.get(room)) {
        this.#titles.set(room, folded.title)
        titles.set(documentId, folded.title)
      }
      if (!needsSnapshot) return
      const { state, vector } = folded
      if (snapshot && !covers(vector, snapshot.vector))
        throw new Error('the fold lacks what the snapshot before it had')
      // A copy of the chain, because a row is a view of all rows.
      const next = { seq: head.seq, chain: head.chain.slice(), state, vector, bytes: state.length }
      await store.writeCompaction({ documentId, snapshot: next, clients, at: clock.now() })
      this.#options.keeper.compacted(room)
      room.compacted({ seq: next.seq, chain: next.chain, vector, bytes: state.length })
      this.#weights.set(room, weightOf(rowsAfter(room, next.seq)))
      await this.#trim(room, next.seq, next.bytes)
    } catch (error) {
      this.#failed(room, error)
    }
  }

  #failed(room: Room, error: unknown): void {
    if (error instanceof DamagedDocument) {
      this.#options.keeper.damaged(room, error.message)
      return
    }
    // The existing snapshot and tail still serve.
    const reason = reasonOf(error)
    this.#options.onEvent({ type: 'fold-failed', documentId: room.documentId, reason })
  }

  async #trim(room: Room, covered: number, snapshotBytes: number): Promise<void> {
    const { keepMs, keepBytes } = this.#options.policy
    const oldest = this.#options.clock.now() - keepMs
    let spare = Math.max(snapshotBytes / 2, keepBytes)
    let upto = 0
    for (const row of room.history.rows().toReversed()) {
      if (row.seq > covered) continue
      spare -= weightOf([row])
      if (spare < 0 || row.at < oldest) {
        upto = row.seq
        break
      }
    }
    if (upto === 0) return
    await this.#options.store.trim(room.documentId, upto)
    room.history.trimmed(upto)
  }
}

/** Returns the rows after `seq`, or all that are kept if some of those were trimmed. */
function rowsAfter(room: Room, seq: number): readonly StoredRow[] {
  return room.history.rowsAfter(seq) ?? room.history.rows()
}

function weightOf(rows: readonly StoredRow[]): number {
  return rows.reduce((sum, { entries }) => sum + entries.length + ROW_BYTES, 0)
}

function covers(vector: Uint8Array, before: Uint8Array): boolean {
  const clocks = decodeVector(vector)
  for (const [clientId, clock] of decodeVector(before)) if ((clocks.get(clientId) ?? 0) < clock) return false
  return true
}
