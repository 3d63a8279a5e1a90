import type * as Y from 'yjs'
import type { Clock } from '#lib/protocol/clock.ts'
import type { ErrorCode, Refusal } from '#lib/protocol/errors.ts'
import type {
  Ack,
  Chunk,
  CompareRequest,
  Joined,
  JoinRequest,
  Notice,
  Reset,
  RoleChange,
  Verdict,
} from '#lib/protocol/events.ts'
import type { Role } from '#lib/protocol/identity.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import { decodeRow, type HistoryBody } from '#lib/protocol/wire.ts'
import type { Channel } from './channel/channel.ts'
import { Joining, type Overtaking } from './channel/joining.ts'
import type { Receiver } from './channel/receiver.ts'
import { HistoryIntake } from './receiving/history-intake.ts'
import { Incoming, type Soon } from './receiving/incoming.ts'
import type { ReplicaStore, SealedBatch } from './replica/replica-store.ts'
import { ReplicaWriter } from './replica/replica-writer.ts'
import { Outgoing } from './sending/outgoing.ts'
import type { Uplink } from './sending/part-queue.ts'

export interface DocumentSyncOptions {
  readonly doc: Y.Doc
  readonly address: string
  readonly store: ReplicaStore | null
  readonly clock: Clock
  /** This page just made the document: one may type before the first join. */
  readonly created: boolean
  readonly schemaVersion?: number
  /** When live rows are applied; left out: as they come. */
  readonly soon?: Soon | undefined
  /** Something of this object changed. Called often; cheap to ignore. */
  readonly onChange: () => void
  readonly onJoined: (joined: Joined) => void
  readonly onRefused: (refusal: Refusal) => void
  /** What an earlier Y.Doc of this page set aside. */
  readonly kept?: readonly SealedBatch[]
  /** What waited was set aside as the draft: the Y.Doc still shows it, and must be given up for a new one. */
  readonly onSetAside: () => void
}

/** Local: never joined on this connection. Ended: will not join again by itself. */
export type SyncPhase = 'local' | 'joining' | 'merging' | 'joined' | 'ended'

/** What a reset that ends a room for good says to the person. */
const ENDS = {
  deleted: 'document-deleted',
  damaged: 'document-damaged',
  replaced: 'lineage-changed',
} as const satisfies Partial<Record<Reset['reason'], ErrorCode>>

/**
 * Keeps one Y.Doc in step with the server over whatever connection there is: local edits go through the outbox,
 * rows of the log come in order of their numbers, and everything is kept in this browser's replica.
 * Pure rules: connection, time and store are passed in.
 */
export class DocumentSync implements Receiver {
  /** What was typed here. */
  readonly outgoing: Outgoing
  /** What others typed; acknowledgements do not wait for it. */
  readonly incoming: Incoming
  readonly #options: DocumentSyncOptions
  readonly #doc: Y.Doc
  readonly #writer: ReplicaWriter
  readonly #intake: HistoryIntake
  readonly #joining: Joining
  #channel: Channel | null = null
  #phase: SyncPhase = 'local'
  #problem: ErrorCode | null = null
  #room = 0
  #lineage: string | null = null
  #schemaTooOld = false
  #storageSlow = false
  #everJoined = false
  #localLoaded = false
  readonly #timers = new Set<() => void>()
  #destroyed = false

  constructor(options: DocumentSyncOptions) {
    this.#options = options
    const { doc, address, store, soon, onChange } = options
    const after = this.#after.bind(this)
    this.#doc = doc
    this.incoming = new Incoming({ doc, origin: this, soon, onLate: () => this.#sendWithheld() })
    this.#writer = new ReplicaWriter(address, store, onChange)
    this.outgoing = new Outgoing({
      ...options,
      kept: options.kept ?? [],
      incoming: this.incoming,
      writer: this.#writer,
      after,
      uplink: () => this.#uplink(),
      pull: () => this.#intake.pull(),
      rejoin: () => this.#rejoin(),
      onOutboxChange: () => {
        if (this.#phase === 'merging' && this.outgoing.outbox.saved) this.#phase = 'joined'
      },
      onHalted: (refusal) => {
        this.#problem = refusal.code
        options.onRefused(refusal)
        onChange()
      },
      onSetAside: () => {
        if (!this.#destroyed) options.onSetAside()
      },
    })
    this.#intake = new HistoryIntake({
      clientId: () => doc.clientID,
      incoming: this.incoming,
      writer: this.#writer,
      channel: () => this.#channel,
      room: () => this.#room,
      after,
      onAcknowledged: (clientId, n) => this.outgoing.committed(clientId, n),
      onTaken: () => this.#sendWithheld(),
      pump: () => this.outgoing.pump(),
    })
    this.#joining = new Joining({
      request: () => this.#request(),
      transfer: this.#intake.transfer,
      isCurrent: (channel) => channel === this.#channel && !this.#destroyed,
      isAwaited: () => this.#phase === 'joining',
      after,
      onBegun: () => this.#begin(),
      onJoined: (joined, history, early) => this.#enter(joined, history, early),
      onRefused: (refusal) => this.#refused(refusal),
    })
    doc.on('update', this.#onUpdate)
  }

  get phase(): SyncPhase {
    return this.#phase
  }
  get problem(): ErrorCode | null {
    return this.#problem
  }
  get role(): Role | null {
    return this.outgoing.role.role
  }
  get room(): number {
    return this.#room
  }
  /** The Y.Doc shows what was set aside: it must be given up for a new one. */
  get superseded(): boolean {
    return this.outgoing.role.superseded
  }
  get schemaTooOld(): boolean {
    return this.#schemaTooOld
  }
  get storageSlow(): boolean {
    return this.#storageSlow
  }
  get everJoined(): boolean {
    return this.#everJoined
  }
  /** The local database refuses writes. */
  get failing(): boolean {
    return this.outgoing.outbox.failing || this.#writer.failing
  }
  get progress(): number | null {
    return this.#intake.transfer.progress
  }
  /** There is a text to show. */
  get opened(): boolean {
    return this.#options.created || this.#localLoaded || this.#everJoined
  }
  get mayType(): boolean {
    const ended = this.#phase === 'ended' || this.superseded
    return this.opened && !ended && !this.#schemaTooOld && !this.outgoing.role.mayNotSend
  }
  /** The whole history known to the server at the last join is in the Y.Doc. */
  get synced(): boolean {
    return this.#everJoined && (this.#phase === 'joined' || this.#phase === 'merging')
  }

  /** The room and the row that the Y.Doc stands at, with nothing on its way in or out; null: not now. */
  get standing(): Pick<CompareRequest, 'room' | 'seq'> | null {
    const { outbox, exchange } = this.outgoing
    const seq = this.#intake.standing
    const atRest = this.#phase === 'joined' && !this.superseded && outbox.saved && exchange.isComplete
    return seq !== null && atRest ? { room: this.#room, seq } : null
  }

  /** Loads what this browser holds. Resolves also when that fails: then memory is all there is. */
  async load(): Promise<void> {
    const { store, address } = this.#options
    if (!store) return
    try {
      const replica = await store.load(address)
      if (this.#destroyed || !replica) return
      const { lineage, outbox, draft } = replica
      this.#lineage = lineage === '' ? null : lineage
      const held = this.#intake.takeStored(replica, this.outgoing.stored(outbox, draft))
      this.#localLoaded = held || outbox.length > 0
    } catch {
      this.#writer.failed()
    }
    this.#options.onChange()
  }

  /** A connection stands: joins. */
  connected(channel: Channel): void {
    this.#channel = channel
    this.#storageSlow = false
    if (this.#phase !== 'ended') void this.#joining.join(channel)
  }

  /** The connection is gone; edits go on into the outbox. */
  disconnected(): void {
    this.#channel = null
    this.#room = 0
    this.#intake.transfer.abort()
    this.outgoing.rewind()
    if (this.#phase !== 'ended') this.#phase = 'local'
    this.#options.onChange()
  }

  /** `document:update`. */
  receiveRow(body: Uint8Array): void {
    const row = decodeRow(body)
    if (row.room === this.#room) this.#intake.takeRows([row], true)
    else if (this.#phase === 'joining') this.#joining.keepRow(row)
  }

  /** `document:ack`. */
  receiveAck(ack: Ack): void {
    if (ack.room !== this.#room) return
    if (ack.refusal) {
      this.outgoing.refused(ack, ack.refusal)
      return
    }
    this.outgoing.acknowledge(ack.clientId, ack.n)
    this.#writer.acknowledge(ack.clientId, ack.n)
  }

  /** `document:chunk`. */
  receiveChunk(chunk: Chunk, bytes: Uint8Array, received: () => void): void {
    received()
    const awaited = this.#phase === 'joining' || this.#intake.pulling
    if (this.#intake.transfer.take(chunk, bytes, awaited)) this.#options.onChange()
  }

  /** `document:reset`. */
  receiveReset(reset: Reset): void {
    if (reset.room !== this.#room && this.#phase !== 'joining') return
    if (reset.reason === 'rejoin') this.#rejoin()
    else if (reset.reason === 'withdrawn') this.#withdraw()
    else this.#end(ENDS[reset.reason])
  }

  /** `document:role`. */
  receiveRole(change: RoleChange): void {
    if (change.room === this.#room) this.outgoing.role.change(change)
    else if (this.#phase === 'joining') this.#joining.keepRole(change)
  }

  /** `server:notice`. */
  receiveNotice(notice: Notice): void {
    if (notice.room !== this.#room) return
    if (notice.code === 'storage-slow') this.#storageSlow = true
    if (notice.code === 'storage-ok') this.#storageSlow = false
    this.#options.onChange()
  }

  /** Puts the draft in: it is sent as what another tab left. For who may edit again. */
  async takeBackDraft(): Promise<void> {
    if (this.mayType) await this.outgoing.takeBackDraft(() => !this.#destroyed)
  }

  /** Asks whether the log gives what this copy shows; null: no answer. */
  async compare(request: CompareRequest): Promise<Verdict | null> {
    const answered = await this.#channel?.compare(request).catch(() => null)
    return answered?.answer.ok ? answered.answer.verdict : null
  }

  /** Lets this browser forget the history it holds; what waits in its outbox stays. Resolves when it has. */
  forgetHistory(): Promise<void> {
    this.#writer.replace(null)
    return this.#writer.flushed()
  }

  /** Leaves the room and lets go of the Y.Doc. Resolves when what was received is stored. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return
    this.outgoing.sendAll()
    this.#destroyed = true
    this.#doc.off('update', this.#onUpdate)
    this.incoming.destroy()
    if (this.#channel && this.#room) this.#channel.leave(this.#room)
    this.#channel = null
    this.#phase = 'ended'
    this.#intake.transfer.abort()
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.outgoing.destroy()
    await this.#writer.flushed()
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this && !this.#schemaTooOld) this.outgoing.add(update)
  }

  #sendWithheld(): void {
    if (this.#phase !== 'joining' && this.outgoing.exchange.found()) this.#rejoin()
  }

  #rejoin(): void {
    if (this.#channel) void this.#joining.join(this.#channel)
  }

  #begin(): void {
    this.#phase = 'joining'
    this.#room = 0
    this.#intake.transfer.abort()
    this.#intake.forgetAhead()
    this.outgoing.rewind()
    this.#options.onChange()
  }

  #request(): JoinRequest {
    const { address, schemaVersion = SCHEMA_VERSION } = this.#options
    const held = this.#intake.claim(this.outgoing.exchange.due)
    const cursor = held && this.#lineage !== null ? { lineage: this.#lineage, ...held } : null
    return { address, clientId: this.#doc.clientID, schemaVersion, cursor }
  }

  #refused({ code }: Refusal): 'again' | 'over' {
    if (code === 'client-id-taken' && this.outgoing.outbox.untouched) {
      this.#doc.clientID = Math.floor(this.#options.clock.random() * 0x1_0000_0000)
      return 'again'
    }
    if (code === 'not-found' && this.opened) this.#withdraw()
    else this.#end(code)
    return 'over'
  }

  #enter(joined: Joined, history: HistoryBody, early: Overtaking): void {
    if (joined.mode === 'lineage') {
      this.#end('lineage-changed')
      return
    }
    const { schemaVersion = SCHEMA_VERSION } = this.#options
    this.#room = joined.room
    this.#storageSlow = false
    this.outgoing.role.joinedAs(joined.role)
    this.#schemaTooOld = schemaVersion < joined.schemaVersion
    this.#lineage = joined.lineage
    const returning = this.#everJoined || this.#localLoaded
    this.#everJoined = true
    this.#writer.bind(joined.documentId, joined.lineage)
    this.#intake.takeHistory(history, joined.mode !== 'tail')
    this.outgoing.joined(joined)
    this.#phase = returning && !this.outgoing.outbox.saved ? 'merging' : 'joined'
    this.#intake.takeRows(early.rows.filter((row) => row.room === joined.room))
    this.outgoing.begin(joined.mode === 'rewind')
    this.#options.onJoined(joined)
    this.#options.onChange()
    void this.outgoing.refresh()
    this.#sendWithheld()
    const change = early.role
    if (change?.room === joined.room) this.outgoing.role.change(change)
    else this.outgoing.role.settle()
  }

  #withdraw(): void {
    this.outgoing.role.withdraw()
    this.#end('not-found')
  }

  /** Only after this connection's join answer may batches be sent: Socket.IO's own buffer stays empty. */
  #uplink(): Uplink | null {
    const channel = this.#channel
    if (!channel || this.#room === 0 || this.#schemaTooOld) return null
    if (this.#phase !== 'joined' && this.#phase !== 'merging') return null
    return { room: this.#room, update: (batch, received) => channel.update(batch, received) }
  }

  #end(problem: ErrorCode): void {
    this.#room = 0
    this.#intake.transfer.abort()
    this.#phase = 'ended'
    this.#problem = problem
    this.#options.onChange()
  }

  #after(ms: number, task: () => void): void {
    const cancel = this.#options.clock.after(ms, () => {
      this.#timers.delete(cancel)
      if (!this.#destroyed) task()
    })
    this.#timers.add(cancel)
  }
}
