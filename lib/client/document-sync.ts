/*
 * Over 350 lines: the one place where the parts of the client meet. They do not know each other; each is called from here
 * and answers by what it returns, so that no event runs up and down between them.
 */

import type * as Y from 'yjs'
import type { Clock } from '#lib/protocol/clock.ts'
import { type ErrorCode, isRetryable, type Refusal } from '#lib/protocol/errors.ts'
import type { Role } from '#lib/protocol/identity.ts'
import { decodeUpdates, type Row } from '#lib/protocol/log-row.ts'
import type { RoleChange } from '#lib/protocol/messages/access.ts'
import type { CompareRequest, Verdict } from '#lib/protocol/messages/compare.ts'
import type { Chunk } from '#lib/protocol/messages/history.ts'
import type { JoinRequest, Reset } from '#lib/protocol/messages/join.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import type { Ack, RowBody } from '#lib/protocol/messages/update.ts'
import { report } from '#lib/protocol/report.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import { BackOff } from './channel/back-off.ts'
import type { Channel, Uplink } from './channel/channel.ts'
import { HistoryTransfer } from './channel/history-transfer.ts'
import { type Entry, Joining } from './channel/joining.ts'
import { Pulling } from './channel/pulling.ts'
import type { Receiver } from './channel/receiver.ts'
import type { SaveState } from './provider-state.ts'
import type { ComparedCopy } from './receiving/content-comparison.ts'
import { type Committed, HistoryIntake } from './receiving/history-intake.ts'
import { Incoming, type IncomingOwner, type Soon } from './receiving/incoming.ts'
import {
  type ReplicaStore,
  ReplicaStoreError,
  type SealedBatch,
  type StoredReplica,
} from './replica/replica-store.ts'
import { ReplicaWriter } from './replica/replica-writer.ts'
import { KeptDraft } from './sending/kept-draft.ts'
import { Outbox } from './sending/outbox.ts'
import { OwnRole } from './sending/own-role.ts'
import { type Remedy, Sender } from './sending/sender.ts'
import { StateExchange } from './sending/state-exchange.ts'
import { BEFORE, type SyncPhase, type SyncState } from './sync-state.ts'
import { Timers } from './timers.ts'

export interface DocumentSyncOptions {
  readonly doc: Y.Doc
  readonly address: string
  readonly store: ReplicaStore | null
  readonly clock: Clock
  /** This page just made the document: typing is allowed before the first join. */
  readonly created: boolean
  readonly schemaVersion?: number
  /** When live rows are applied; as they come if left out. */
  readonly soon?: Soon | undefined
  /** Batches that an earlier Y.Doc of this page set aside. */
  readonly kept?: readonly SealedBatch[]
  /** Something of this object changed. Called at most once per turn of the event loop, after everything that changed. */
  readonly changed: () => void
}

/** The problem that a reset leaves when it ends a room for good. */
const ENDS = {
  deleted: 'document-deleted',
  damaged: 'document-damaged',
  replaced: 'lineage-changed',
} as const satisfies Partial<Record<Reset['reason'], ErrorCode>>

/** A batch was refused for a role that we were not told of: the next join tells it. */
const DOUBT_MS = 1000
/** Failures to apply what the server sends, in a row, before the page says so. */
const MAX_FAILURES = 3
/** This long without one ends the row. */
const CALM_MS = 60_000

/**
 * Keeps one Y.Doc in step with the server over whatever connection there is: local edits go through the outbox,
 * rows of the log come in order of their numbers, and everything is kept in this browser's replica.
 * Pure rules: connection, time and store are passed in. Every call and every event of a part ends in one `#settle` per turn,
 * which sends what may be sent and tells the owner.
 */
export class DocumentSync implements Receiver, IncomingOwner, ComparedCopy {
  /** The edits of others; acknowledgements do not wait for them. */
  readonly incoming: Incoming
  readonly #options: DocumentSyncOptions
  readonly #doc: Y.Doc
  readonly #timers: Timers
  readonly #writer: ReplicaWriter
  readonly #transfer = new HistoryTransfer()
  readonly #joining = new Joining(this.#transfer)
  readonly #pulling: Pulling
  readonly #intake: HistoryIntake
  readonly #outbox: Outbox
  readonly #sender: Sender
  readonly #draft: KeptDraft
  readonly #role: OwnRole
  readonly #exchange: StateExchange
  readonly #joinBackOff: BackOff
  #cancelJoin: (() => void) | null = null
  #state = BEFORE
  #channel: Channel | null = null
  #failures = 0
  #failedAt = Number.NEGATIVE_INFINITY
  #isPlanned = false
  #destroyed = false

  constructor(options: DocumentSyncOptions) {
    this.#options = options
    const { doc, address, store, clock, soon, kept = [] } = options
    this.#doc = doc
    this.#timers = new Timers(clock)
    this.#joinBackOff = new BackOff(clock)
    this.incoming = new Incoming({ doc, origin: this, soon, owner: this })
    this.#writer = new ReplicaWriter(address, store, this)
    this.#intake = new HistoryIntake({ doc, incoming: this.incoming, writer: this.#writer })
    this.#pulling = new Pulling({ transfer: this.#transfer, clock, owner: this })
    this.#outbox = new Outbox({ doc, address, store, clock, owner: this })
    this.#sender = new Sender({ doc, outbox: this.#outbox, clock, owner: this })
    this.#draft = new KeptDraft({ address, store, kept, writer: this.#writer })
    const [outbox, sender, draft, timers] = [this.#outbox, this.#sender, this.#draft, this.#timers]
    this.#role = new OwnRole({ outbox, sender, draft, timers, owner: this })
    this.#exchange = new StateExchange(doc)
    doc.on('update', this.#onUpdate)
  }

  /** The state of this object itself, without its parts'. */
  get state(): SyncState {
    return this.#state
  }
  get role(): Role | null {
    return this.#role.role
  }
  /** The role is lowered only because the token was not renewed. */
  get lapsed(): boolean {
    return this.#role.lapsed
  }
  /** The room joined; 0 while in none. */
  get room(): number {
    return this.#state.uplink?.room ?? 0
  }
  /** The Y.Doc shows what was set aside: it must be given up for a new one. */
  get superseded(): boolean {
    return this.#role.superseded
  }
  /** The batches set aside, once they are stored; null before. A new array each time. */
  get setAside(): readonly SealedBatch[] | null {
    return this.#role.setAside
  }
  /** Edits that may no longer be sent. */
  get draft(): readonly SealedBatch[] {
    return this.#draft.batches
  }
  /** Why what waits is not accepted for now. */
  get delayed(): ErrorCode | null {
    return this.#sender.delayed
  }
  /** Share of a history received, 0…1; null while none comes in chunks. */
  get progress(): number | null {
    return this.#transfer.progress
  }
  /** There is a text to show. */
  get opened(): boolean {
    return this.#options.created || this.#state.localLoaded || this.#state.joined !== null
  }
  get mayType(): boolean {
    return this.opened && this.#state.phase !== 'ended' && this.#mayWrite
  }
  /** The whole history known to the server at the last join is in the Y.Doc. */
  get synced(): boolean {
    return this.#state.uplink !== null
  }
  /** Every edit of this tab is acknowledged. */
  get flushed(): boolean {
    return this.#state.joined !== null && this.#outbox.flushed
  }
  /** Where the local edits are. */
  get save(): SaveState {
    const { saved, onDevice, waitingSince, acknowledgedAt, failing } = this.#outbox
    const local = failing || this.#writer.failing ? 'failing' : 'ok'
    return {
      saved: saved && this.#state.joined !== null,
      onDevice,
      waitingSince,
      acknowledgedAt,
      local: this.#options.store ? local : 'absent',
    }
  }
  get standing(): Pick<CompareRequest, 'room' | 'seq'> | null {
    const seq = this.#intake.standing
    const isJoined = this.#state.phase === 'joined' && !this.superseded
    const atRest = isJoined && this.#outbox.saved && this.#exchange.isComplete
    return seq !== null && atRest ? { room: this.room, seq } : null
  }

  /** Returns where batches may be sent now, or null if they may not. The only place that decides it. */
  maySend(): Uplink | null {
    return this.#mayWrite ? this.#state.uplink : null
  }

  /** Loads what this browser holds. Resolves also when that fails: then memory is all there is. */
  async load(): Promise<void> {
    const { store, address } = this.#options
    if (!store) return
    try {
      const replica = await store.load(address)
      if (replica && !this.#destroyed) this.#applyStored(replica)
    } catch (error) {
      // The join brings what cannot be read here.
      if (!(error instanceof ReplicaStoreError))
        report('the copy in this browser cannot be applied', error, 'error')
      this.#writer.failed()
    }
    this.changed()
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
    if (row.room === this.room) this.#applyLive(row)
    else if (this.#state.phase === 'joining') this.#joining.keepRow(row)
    this.changed()
  }

  receiveAck(ack: Ack): void {
    if (ack.room !== this.room) return
    if (ack.refusal) this.#remedy(this.#sender.refused(ack, ack.refusal))
    else this.#committed([ack])
    this.changed()
  }

  receiveChunk(chunk: Chunk, bytes: Uint8Array, received: () => void): void {
    received()
    const awaited = this.#state.phase === 'joining' || this.#pulling.asking
    if (this.#transfer.receive(chunk, bytes, awaited)) this.changed()
  }

  receiveReset(reset: Reset): void {
    if (reset.room !== this.room && this.#state.phase !== 'joining') return
    if (reset.reason === 'rejoin') void this.#join()
    else if (reset.reason === 'withdrawn') this.#withdraw()
    else this.#end(ENDS[reset.reason])
    this.changed()
  }

  receiveRole(change: RoleChange): void {
    if (change.room === this.room) this.#role.change(change)
    else if (this.#state.phase === 'joining') this.#joining.keepRole(change)
    this.changed()
  }

  receiveNotice(notice: Notice): void {
    if (notice.room !== this.room) return
    if (notice.code === 'storage-slow') this.#set({ storageSlow: true })
    if (notice.code === 'storage-ok') this.#set({ storageSlow: false })
    this.changed()
  }

  changed(): void {
    if (this.#isPlanned || this.#destroyed) return
    this.#isPlanned = true
    queueMicrotask(this.#settle)
  }

  /** Joins again later, from nothing: the Y.Doc may lack some of what could not be applied. */
  failed(error: unknown): void {
    if (this.#destroyed) return
    report('what the server sent could not be applied', error, 'error')
    const now = this.#options.clock.steady()
    if (now - this.#failedAt > CALM_MS) this.#failures = 0
    this.#failedAt = now
    this.#failures++
    this.#intake.distrust()
    if (this.#state.phase !== 'ended' && this.#channel) {
      this.#leave('joining')
      this.#set({ isStuck: this.#failures >= MAX_FAILURES })
      this.#joinLater()
    }
    this.changed()
  }

  /** Seals what has gathered, hands it to the store and sends it, now: the page may be going away. */
  flushNow(): void {
    this.#outbox.flush()
    this.#send()
    this.changed()
  }

  /**
   * Reads the store again: another tab may have changed the outbox or the draft in it. `isJoin`: batches of other tabs are
   * sent by this one, live or not. Never rejects.
   */
  async refresh(isJoin = false): Promise<void> {
    const { store, address } = this.#options
    if (!store) return
    try {
      this.#outbox.setForeign(await store.outbox(address))
    } catch {
      this.#writer.failed()
    }
    if (isJoin) this.#sender.includeForeign()
    this.changed()
    await this.#draft.refresh()
    this.changed()
  }

  /** Puts the draft in, for a user who may edit again: it is sent as what another tab left. */
  async takeBackDraft(): Promise<void> {
    if (!this.mayType) return
    const batches = await this.#draft.takeBack()
    if (this.#destroyed) return
    this.#apply(this.#updatesIn(batches))
    this.#role.loaded(batches)
    this.#outbox.setForeign([...this.#outbox.foreign, ...batches])
    this.#sender.includeForeign()
    this.changed()
  }

  /** Erases the draft from this browser. */
  async discardDraft(): Promise<void> {
    const discarded = this.#draft.discard()
    this.changed()
    await discarded
  }

  async compare(request: CompareRequest): Promise<Verdict | null> {
    const answered = await this.#channel?.compare(request).catch(() => null)
    return answered?.answer.ok ? answered.answer.verdict : null
  }

  /** Removes the stored history from this browser; what waits in its outbox stays. Resolves when it is done. */
  forgetHistory(): Promise<void> {
    this.#writer.replace(null)
    return this.#writer.flushed()
  }

  /** Sends what waits, leaves the room and lets go of the Y.Doc. Resolves when what was received is stored. Idempotent. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return
    this.#outbox.flush()
    const uplink = this.maySend()
    if (uplink) this.#sender.sendAll(uplink)
    this.#destroyed = true
    this.#doc.off('update', this.#onUpdate)
    this.incoming.destroy()
    if (this.room !== 0) this.#channel?.leave(this.room)
    this.#channel = null
    this.#leave('ended')
    this.#timers.clear()
    this.#sender.destroy()
    this.#outbox.destroy()
    await this.#writer.flushed()
  }

  /** Edits made now may be sent, now or later. */
  get #mayWrite(): boolean {
    return !this.#state.schemaTooOld && !this.#role.mayNotSend && !this.superseded
  }

  #set(change: Partial<SyncState>): void {
    this.#state = { ...this.#state, ...change }
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this || !this.#mayWrite) return
    this.#outbox.add(update)
    this.changed()
  }

  readonly #settle = (): void => {
    this.#isPlanned = false
    if (this.#destroyed) return
    this.#outbox.sealIdle()
    this.#role.settleAnswered()
    // Withheld edits found their predecessors: they are in the Y.Doc now, and nowhere else.
    if (this.#state.phase !== 'joining' && this.#exchange.found()) void this.#join()
    if (this.#intake.hasHole && this.#pulling.isFree) void this.#pull()
    this.#send()
    if (this.#state.phase === 'merging' && this.#outbox.saved) this.#set({ phase: 'joined' })
    this.#options.changed()
  }

  #send(): void {
    const uplink = this.maySend()
    if (uplink) this.#sender.send(uplink)
  }

  /** Tells outbox, store and draft that batches, and those before them of the same clients, are in the log. Only here. */
  #committed(batches: readonly Committed[]): void {
    for (const { clientId, n } of batches) {
      this.#sender.answered()
      this.#outbox.acknowledge(clientId, n)
      this.#writer.committed(clientId, n)
      this.#draft.acknowledged(clientId, n)
    }
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
        this.#apply(decodeUpdates(remedy.batch.payload))
        return
      case 'forget':
        this.#writer.forget(remedy.clientId, remedy.n)
        this.#exchange.withhold()
        return
      case 'role':
        if (!this.#role.mayNotSend) this.#timers.after(DOUBT_MS, this.#joinAgain)
        return
      case 'stop':
        this.#set({ problem: remedy.refusal.code, refusal: remedy.refusal })
    }
  }

  #applyStored(replica: StoredReplica): void {
    const { lineage, outbox, draft } = replica
    this.#set({ lineage: lineage === '' ? null : lineage })
    this.#outbox.setForeign(outbox)
    this.#role.loaded(outbox)
    // Where the store refused it, memory still has what was set aside.
    if (draft.length > 0) this.#draft.stored(draft)
    const held = this.#intake.applyStored(replica, this.#updatesIn(outbox))
    this.#set({ localLoaded: held || outbox.length > 0 })
  }

  #applyLive(row: Row): void {
    try {
      this.#committed(this.#intake.applyRows([row], true))
    } catch (error) {
      this.failed(error)
    }
  }

  #apply(updates: readonly Uint8Array[]): void {
    try {
      this.incoming.apply(updates)
    } catch (error) {
      this.failed(error)
    }
  }

  async #join(): Promise<void> {
    const channel = this.#channel
    if (!channel || this.#state.phase === 'ended') return
    this.#leave('joining')
    const outcome = await this.#joining.ask(channel, this.#request())
    if (outcome.is === 'overtaken') return
    if (outcome.is === 'refused') this.#refused(outcome.refusal)
    else if (outcome.is === 'failed') this.#joinLater()
    else this.#enter(channel, outcome.entry)
    this.changed()
  }

  #joinLater(ms = this.#joinBackOff.next()): void {
    this.#cancelJoin = this.#timers.after(ms, this.#joinAgain)
  }

  readonly #joinAgain = (): void => {
    void this.#join()
  }

  #request(): JoinRequest {
    const { address, schemaVersion = SCHEMA_VERSION } = this.#options
    const { lineage } = this.#state
    const held = this.#intake.claim(this.#exchange.due)
    const cursor = held && lineage !== null ? { lineage, ...held } : null
    return { address, clientId: this.#doc.clientID, schemaVersion, cursor }
  }

  #refused({ code, retryAfterMs }: Refusal): void {
    if (isRetryable(code)) {
      this.#joinLater(retryAfterMs)
    } else if (code === 'client-id-taken' && this.#outbox.untouched) {
      this.#doc.clientID = Math.floor(this.#options.clock.random() * 0x1_0000_0000)
      void this.#join()
    } else if (code === 'not-found' && this.opened) {
      this.#withdraw()
    } else {
      this.#end(code)
    }
  }

  #enter(channel: Channel, { joined, history, early }: Entry): void {
    if (joined.mode === 'lineage') {
      this.#end('lineage-changed')
      return
    }
    const { schemaVersion = SCHEMA_VERSION } = this.#options
    const isReturning = this.#state.joined !== null || this.#state.localLoaded
    this.#role.joinedAs(joined.role)
    const schemaTooOld = schemaVersion < joined.schemaVersion
    this.#set({ lineage: joined.lineage, schemaTooOld, storageSlow: false })
    this.#writer.bind(joined.documentId, joined.lineage)
    const isExchange = joined.mode === 'rewind'
    try {
      this.#committed(this.#intake.applyHistory(history, joined.mode !== 'tail'))
      if (isExchange) this.incoming.force()
      this.#committed(this.#intake.applyRows(early.rows.filter((row) => row.room === joined.room)))
    } catch (error) {
      this.failed(error)
      return
    }
    if (isExchange) this.#outbox.sealDifferences(this.#exchange.settle(joined.vector))
    else this.#committed([{ clientId: this.#doc.clientID, n: joined.acknowledged }])
    this.#sender.joined(isExchange)
    const phase = isReturning && !this.#outbox.saved ? 'merging' : 'joined'
    this.#set({ joined, uplink: { room: joined.room, channel }, phase, isStuck: false })
    if (this.#options.clock.steady() - this.#failedAt > CALM_MS) this.#joinBackOff.reset()
    if (early.role?.room === joined.room) this.#role.change(early.role)
    else this.#role.settle()
    void this.refresh(true)
  }

  /** Asks for the rows that are missing, if there is a room to ask. */
  async #pull(): Promise<void> {
    const { uplink } = this.#state
    if (!uplink || this.#pulling.asking) return
    const history = await this.#pulling.ask(uplink, this.#intake.seq)
    this.#sender.resume()
    try {
      if (history) this.#committed(this.#intake.applyHistory(history, false))
    } catch (error) {
      this.failed(error)
    }
    this.changed()
  }

  #withdraw(): void {
    this.#role.withdraw()
    this.#end('not-found')
  }

  #end(problem: ErrorCode): void {
    this.#leave('ended')
    this.#set({ problem })
  }

  /** Nothing of the room, nor of requests under way, counts any more. */
  #leave(phase: SyncPhase): void {
    this.#cancelJoin?.()
    this.#cancelJoin = null
    this.#joining.cancel()
    this.#pulling.cancel()
    this.#transfer.abort()
    this.#intake.dropAhead()
    this.#sender.rewind()
    this.#set({ phase, uplink: null })
  }

  /** Returns the updates in batches of other Y.Docs than this one. */
  #updatesIn(batches: readonly SealedBatch[]): Uint8Array[] {
    const others = batches.filter(({ clientId }) => clientId !== this.#doc.clientID)
    return others.flatMap(({ payload }) => decodeUpdates(payload))
  }
}
