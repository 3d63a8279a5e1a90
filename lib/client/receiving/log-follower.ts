import type * as Y from 'yjs'
import type { Clock } from '#lib/protocol/clock.ts'
import { type ErrorCode, isRetryable, type Refusal } from '#lib/protocol/errors.ts'
import type { RoleChange } from '#lib/protocol/messages/access.ts'
import type { CompareRequest, Verdict } from '#lib/protocol/messages/compare.ts'
import type { Chunk, HistoryBody } from '#lib/protocol/messages/history.ts'
import type { Joined, JoinRequest, Reset } from '#lib/protocol/messages/join.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import type { Ack, RowBody } from '#lib/protocol/messages/update.ts'
import { report } from '#lib/protocol/report.ts'
import type { Channel } from '../channel/channel.ts'
import { HistoryRequest } from '../channel/history-request.ts'
import { HistoryTransfer } from '../channel/history-transfer.ts'
import type { Receiver } from '../channel/receiver.ts'
import type { Owner } from '../owner.ts'
import type { SealedBatch, StoredReplica } from '../replica/replica-store.ts'
import type { ReplicaWriter } from '../replica/replica-writer.ts'
import type { LocalEdits } from '../sending/local-edits.ts'
import type { Remedy } from '../sending/sender.ts'
import { StateExchange } from '../sending/state-exchange.ts'
import { Timers } from '../timers.ts'
import type { ComparedCopy } from './content-comparison.ts'
import { FailureStreak } from './failure-streak.ts'
import { HistoryIntake } from './history-intake.ts'
import { Incoming, type IncomingOwner, type Soon } from './incoming.ts'
import { BEFORE, ENDS, type SyncPhase, type SyncState } from './sync-state.ts'

/* Over 350 lines: one state machine, whose methods all read and change the same state. */

export interface LogFollowerOptions {
  readonly doc: Y.Doc
  readonly address: string
  readonly schemaVersion: number
  /** This page just created the document. */
  readonly created: boolean
  readonly clock: Clock
  /** Schedules when live rows are applied; they are applied as they come if left out. */
  readonly soon?: Soon | undefined
  readonly writer: ReplicaWriter
  /** Told about joins and acknowledgements; does not know the follower. */
  readonly edits: LocalEdits
  readonly owner: Owner
}

/** A batch was refused for a role this tab was not told about: it joins again this much later to learn the role. */
const DOUBT_MS = 1000
/** The first and the longest average wait before looking whether a deleted document was restored. Doubles between. */
const LOOK_MS = 4000
const LOOK_MOST_MS = 60_000

/**
 * Follows the document's log over whatever connection there is: joins its room, pulls missing rows, applies what
 * arrives to the Y.Doc and this browser's replica, and obeys resets.
 */
export class LogFollower implements Receiver, IncomingOwner, ComparedCopy {
  /** The remote edits. Acknowledgements do not wait for them. */
  readonly incoming: Incoming
  readonly #options: LogFollowerOptions
  readonly #timers: Timers
  readonly #transfer = new HistoryTransfer()
  readonly #joining: HistoryRequest
  readonly #pulling: HistoryRequest
  readonly #intake: HistoryIntake
  readonly #exchange: StateExchange
  readonly #failures: FailureStreak
  #state = BEFORE
  /** Frames that overtook the answer to a join, while their room was still unknown. */
  #earlyRows: RowBody[] = []
  #earlyRole: RoleChange | null = null
  #channel: Channel | null = null
  /** The room that a deletion ended; 0 before. */
  #deletedRoom = 0
  /** How often a deleted document was looked for in vain. */
  #looks = 0

  constructor(options: LogFollowerOptions) {
    this.#options = options
    const { doc, clock, soon, writer, edits, owner } = options
    this.#timers = new Timers(clock)
    this.#failures = new FailureStreak(clock)
    this.incoming = new Incoming({ doc, origin: this, soon, orphans: edits.orphans, owner: this })
    this.#intake = new HistoryIntake({ doc, incoming: this.incoming, writer })
    this.#joining = new HistoryRequest({ transfer: this.#transfer, clock, owner })
    this.#pulling = new HistoryRequest({ transfer: this.#transfer, clock, owner })
    this.#exchange = new StateExchange(doc)
  }

  get state(): SyncState {
    return this.#state
  }
  /** The joined room; 0 if there is none. */
  get room(): number {
    return this.#state.uplink?.room ?? 0
  }
  /** There is a text to show. */
  get opened(): boolean {
    return this.#options.created || this.#state.localLoaded || this.#state.joined !== null
  }
  /** The received share of a history, 0…1. Null if none arrives in chunks. */
  get progress(): number | null {
    return this.#transfer.progress
  }
  get standing(): Pick<CompareRequest, 'room' | 'seq'> | null {
    const { edits } = this.#options
    const seq = this.#intake.standing
    const isJoined = this.#state.phase === 'joined' && !edits.role.superseded
    const atRest = isJoined && edits.saved && this.#exchange.isComplete
    return seq !== null && atRest ? { room: this.room, seq } : null
  }

  /** The document was deleted. Its owner may restore it, and what waits is sent then. */
  get #isDeleted(): boolean {
    return this.#state.phase === 'ended' && this.#state.problem === ENDS.deleted
  }
  get #isJoining(): boolean {
    return this.#state.phase === 'joining' || this.#joining.asking
  }

  connected(channel: Channel): void {
    this.#channel = channel
    this.#set({ storageSlow: false })
    void this.#join()
    this.changed()
  }

  disconnected(): void {
    this.#channel = null
    this.#leave(this.#state.phase === 'ended' ? 'ended' : 'local')
    this.#set({ isStuck: false })
    this.changed()
  }

  receiveRow(row: RowBody): void {
    if (row.room === this.room)
      this.#attempt(() => this.#options.edits.committed(this.#intake.applyRows([row], true)))
    else if (this.#isJoining) this.#earlyRows.push(row)
    this.changed()
  }

  receiveAck(ack: Ack): void {
    if (ack.room !== this.room) return
    const { edits } = this.#options
    if (ack.refusal) this.#remedy(edits.refused(ack, ack.refusal))
    else edits.committed([ack])
    this.changed()
  }

  receiveChunk(chunk: Chunk, bytes: Uint8Array, received: () => void): void {
    received()
    const awaited = this.#isJoining || this.#pulling.asking
    if (this.#transfer.receive(chunk, bytes, awaited)) this.changed()
  }

  receiveReset(reset: Reset): void {
    const isRestored = this.#isDeleted && reset.room === this.#deletedRoom
    if (reset.room !== this.room && !this.#isJoining && !isRestored) return
    if (reset.reason === 'deleted') this.#deletedRoom = reset.room
    if (reset.reason === 'rejoin') void this.#join()
    else if (reset.reason === 'withdrawn') this.#withdraw()
    else this.#end(ENDS[reset.reason])
    this.changed()
  }

  /** Looks now whether a deleted document was restored. */
  lookAgain(): void {
    if (this.#isDeleted) void this.#join()
  }

  receiveRole(change: RoleChange): void {
    if (change.room === this.room) this.#options.edits.role.change(change)
    else if (this.#isJoining) this.#earlyRole = change
    this.changed()
  }

  receiveNotice(notice: Notice): void {
    if (notice.room !== this.room) return
    if (notice.code.startsWith('storage-')) this.#set({ storageSlow: notice.code === 'storage-slow' })
    this.changed()
  }

  changed(): void {
    this.#options.owner.changed()
  }

  /** Reports the error and plans a join that exchanges everything: the Y.Doc may lack some of what was sent. */
  failed(error: unknown): void {
    report('what the server sent could not be applied', error, 'error')
    const isStuck = this.#failures.add()
    this.#exchange.ask()
    if (this.#state.phase !== 'ended' && this.#channel) {
      this.#leave('joining')
      this.#set({ isStuck })
      this.#joining.later()
    }
    this.changed()
  }

  /** Applies the history and the batches stored in this browser. Passes on what applying them throws. */
  applyStored(replica: StoredReplica): void {
    const { lineage, outbox } = replica
    this.#set({ lineage: lineage === '' ? null : lineage })
    this.#set({ localLoaded: this.#intake.applyStored(replica) || outbox.length > 0 })
  }

  /** Applies the updates of batches that were sealed with other Y.Docs than this one. */
  applyBatches(batches: readonly SealedBatch[]): void {
    this.#attempt(() => this.#intake.applyBatches(batches))
  }

  /** Starts what the changes of this turn call for: a join, a pull, or the end of the phase *merging*. */
  settle(): void {
    // Withheld edits have found their predecessors. They are now in the Y.Doc and nowhere else.
    const hasFound = !this.#isJoining && this.#state.phase !== 'ended' && this.#exchange.found()
    if (hasFound || this.#joining.isDue) void this.#join()
    if (this.#intake.hasHole && this.#pulling.isFree) void this.#pull()
    if (this.#state.phase === 'merging' && this.#options.edits.saved) this.#set({ phase: 'joined' })
  }

  async compare(request: CompareRequest): Promise<Verdict | null> {
    const answered = await this.#channel?.compare(request).catch(() => null)
    return answered?.answer.ok ? answered.answer.verdict : null
  }

  /** Leaves the room and stops all timers; nothing is applied any more. */
  destroy(): void {
    this.incoming.destroy()
    if (this.room !== 0) this.#channel?.leave(this.room)
    this.#channel = null
    this.#leave('ended')
    this.#timers.clear()
  }

  #set(change: Partial<SyncState>): void {
    this.#state = { ...this.#state, ...change }
  }

  #remedy(remedy: Remedy): void {
    switch (remedy.need) {
      case 'none':
        return
      case 'join':
        void this.#join()
        return
      case 'pull':
        void this.#pull()
        return
      case 'exchange':
        this.#exchange.ask()
        void this.#join()
        return
      case 'apply':
        this.applyBatches([remedy.batch])
        return
      case 'forget':
        this.#exchange.withhold()
        return
      case 'role':
        if (!this.#options.edits.role.mayNotSend) this.#timers.after(DOUBT_MS, () => void this.#join())
        return
      case 'stop':
        this.#set({ problem: remedy.refusal.code, refusal: remedy.refusal })
    }
  }

  #attempt(apply: () => void): void {
    try {
      apply()
    } catch (error) {
      this.failed(error)
    }
  }

  async #join(): Promise<void> {
    const channel = this.#channel
    if (!channel || (this.#state.phase === 'ended' && !this.#isDeleted)) return
    // While looking for a deleted document, the page goes on saying that it is deleted.
    this.#leave(this.#isDeleted ? 'ended' : 'joining')
    const outcome = await this.#joining.receive(channel.join(this.#request()), ({ room }) => room)
    if (outcome.is === 'overtaken' || channel !== this.#channel) return
    if (outcome.is === 'granted' && this.#isDeleted) this.#set({ phase: 'joining', problem: null })
    if (outcome.is === 'refused') this.#refused(outcome.refusal)
    else this.#attempt(() => this.#enter(channel, outcome.answer, outcome.history))
    this.changed()
  }

  #request(): JoinRequest {
    const { doc, address, schemaVersion } = this.#options
    const held = this.#intake.claim(this.#exchange.due)
    const { lineage } = this.#state
    const cursor = held && lineage !== null ? { lineage, ...held } : null
    return { address, clientId: doc.clientID, schemaVersion, cursor }
  }

  #refused(refusal: Refusal | null): void {
    const { doc, clock, edits } = this.#options
    const code = refusal?.code
    if (!code || isRetryable(code)) {
      this.#joining.later(refusal?.retryAfterMs)
    } else if (code === 'client-id-taken' && edits.untouched) {
      doc.clientID = Math.floor(clock.random() * 0x1_0000_0000)
      void this.#join()
    } else if (code === 'not-found' && this.#isDeleted && !this.#request().cursor) {
      // Without a row the server cannot know that this client had the document open.
      this.#end(ENDS.deleted)
    } else if (code === 'not-found' && this.opened) {
      this.#withdraw()
    } else {
      this.#end(code)
    }
  }

  /** Applies a granted join. Passes on what applying the history throws. */
  #enter(channel: Channel, joined: Joined, history: HistoryBody): void {
    if (joined.mode === 'lineage') {
      this.#end('lineage-changed')
      return
    }
    const { edits, writer } = this.#options
    const isReturning = this.#state.joined !== null || this.#state.localLoaded
    edits.admit(joined)
    this.#set({ lineage: joined.lineage, storageSlow: false })
    writer.bind(joined.documentId, joined.lineage)
    const isExchange = joined.mode === 'rewind'
    edits.committed(this.#intake.applyHistory(history, joined.mode !== 'tail'))
    if (isExchange) this.incoming.force()
    edits.committed(this.#intake.applyRows(this.#earlyRows.filter((row) => row.room === joined.room)))
    this.#earlyRows = []
    edits.joined(joined, isExchange ? this.#exchange.settle(joined.vector) : null)
    const phase = isReturning && !edits.saved ? 'merging' : 'joined'
    this.#set({ joined, uplink: { room: joined.room, channel }, phase, isStuck: false })
    this.#looks = 0
    if (this.#failures.isOver) this.#joining.succeeded()
    if (this.#earlyRole?.room === joined.room) edits.role.change(this.#earlyRole)
    else edits.role.settle()
    this.#earlyRole = null
    void edits.refresh(true)
  }

  /** Requests the missing rows if a room is joined and no request is under way. */
  async #pull(): Promise<void> {
    const { uplink } = this.#state
    if (!uplink || this.#pulling.asking) return
    const asked = uplink.channel.pull({ room: this.room, seq: this.#intake.seq })
    const outcome = await this.#pulling.receive(asked, () => uplink.room)
    if (uplink !== this.#state.uplink) return
    const { edits } = this.#options
    edits.resume()
    if (outcome.is === 'refused') this.#pulling.later(outcome.refusal?.retryAfterMs)
    if (outcome.is === 'granted') {
      this.#pulling.succeeded()
      this.#attempt(() => edits.committed(this.#intake.applyHistory(outcome.history, false)))
      // The answer should have closed the hole.
      if (this.#intake.hasHole) this.#pulling.later()
    }
    this.changed()
  }

  #withdraw(): void {
    this.#options.edits.role.withdraw()
    this.#end('not-found')
  }

  #end(problem: ErrorCode): void {
    this.#leave('ended')
    this.#set({ problem })
    if (!this.#isDeleted) return
    const wait = Math.min(LOOK_MS * 2 ** this.#looks++, LOOK_MOST_MS)
    this.#joining.later(wait * (0.5 + this.#options.clock.random()))
  }

  /** Discards everything about the room and the requests under way. */
  #leave(phase: SyncPhase): void {
    this.#joining.cancel()
    this.#earlyRows = []
    this.#earlyRole = null
    this.#pulling.cancel()
    this.#transfer.abort()
    this.#intake.dropAhead()
    this.#options.edits.rewind()
    this.#set({ phase, uplink: null })
  }
}
