import * as Y from 'yjs'
import { type ErrorCode, isRetryable, type Refusal } from '../protocol/errors.ts'
import type {
  Ack,
  Chunk,
  Joined,
  JoinRequest,
  Notice,
  PullRequest,
  Reset,
  RoleChange,
} from '../protocol/events.ts'
import { mayEdit, type Role } from '../protocol/identity.ts'
import { SCHEMA_VERSION } from '../protocol/version.ts'
import {
  chainToHex,
  decodeEntries,
  decodeHistory,
  decodeRow,
  decodeUpdates,
  EMPTY_CHAIN,
  ENTRY_BODY_UPDATE,
  type HistoryBody,
  NO_CHAIN,
  type Row,
  type RowBody,
} from '../protocol/wire.ts'
import type { ClientClock } from './client-clock.ts'
import { HistoryTransfer } from './history-transfer.ts'
import { Incoming } from './incoming.ts'
import { KeptDraft } from './kept-draft.ts'
import { batchKey, Outbox } from './outbox.ts'
import type { Uplink } from './part-queue.ts'
import type { ReplicaStore, SealedBatch } from './replica-store.ts'
import { ReplicaWriter } from './replica-writer.ts'
import { RowOrder } from './row-order.ts'
import { Sender } from './sender.ts'

/** One live connection. The promises reject when the connection ends or the answer is overdue. */
export interface Link {
  join(request: JoinRequest): Promise<{ answer: Joined | Refusal; history: Uint8Array | null }>
  pull(request: PullRequest): Promise<{
    answer: { readonly ok: true; readonly chunked: number } | Refusal
    history: Uint8Array | null
  }>
  /** `received`: called when the server has it; never when the connection ends before. */
  update(batch: Uint8Array, received?: () => void): void
  leave(room: number): void
}

export interface DocumentSyncOptions {
  readonly doc: Y.Doc
  readonly address: string
  readonly store: ReplicaStore | null
  readonly clock: ClientClock
  /** This page just made the document: one may type before the first join. */
  readonly created: boolean
  readonly schemaVersion?: number
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

const RETRY_MS = 1000
/** Batches on their way when the role is lowered are waited for this long: most are answered within a round trip. */
const ANSWERED_WITHIN_MS = 5000
/** What other tabs left is theirs for this long: one that came by another address may still be sending it. */
const OTHERS_WITHIN_MS = 5000

/**
 * Keeps one Y.Doc in step with the server over whatever connection there is: local edits go through the outbox,
 * rows of the log come in order of their numbers, and everything is kept in this browser's replica.
 * Pure rules: connection, time and store are passed in. (Above 400 lines: the steps of a join share all of this state.)
 */
export class DocumentSync {
  readonly #options: DocumentSyncOptions
  readonly #doc: Y.Doc
  readonly #outbox: Outbox
  readonly #writer: ReplicaWriter
  #link: Link | null = null
  #phase: SyncPhase = 'local'
  #problem: ErrorCode | null = null
  #room = 0
  #lineage: string | null = null
  readonly #order = new RowOrder()
  readonly #draft: KeptDraft
  #role: Role | null = null
  /** The role is lowered only because the token was not renewed: what waits stays in the outbox. */
  #lapsed = false
  /** A change of the role that overtook the join's answer. */
  #earlyRole: RoleChange | null = null
  /** Batches of other tabs that are in this Y.Doc, by `batchKey`. */
  readonly #loaded = new Set<string>()
  #settling = false
  /** What this Y.Doc shows was set aside in part: nothing is typed into it any more. */
  #superseded = false
  #schemaTooOld = false
  #storageSlow = false
  #everJoined = false
  #localLoaded = false
  #early: RowBody[] = []
  #attempt = 0
  #pulling = false
  readonly #transfer = new HistoryTransfer()
  readonly #incoming: Incoming
  /** The next join asks for an exchange by state vector. */
  #distrusted = false
  /** Bytes in the Y.Doc that wait for their predecessors and were not sent. */
  #withheld = 0
  readonly #sender: Sender
  readonly #timers = new Set<() => void>()
  #destroyed = false

  constructor(options: DocumentSyncOptions) {
    this.#options = options
    this.#doc = options.doc
    this.#outbox = new Outbox({
      clientId: () => this.#doc.clientID,
      address: options.address,
      store: options.store,
      clock: options.clock,
      onChange: () => {
        if (this.#phase === 'merging' && this.#outbox.saved) this.#phase = 'joined'
        if (this.#settling && this.#outbox.inFlight === 0) void this.#setAside()
        this.#sender.pump()
        options.onChange()
      },
    })
    this.#sender = new Sender({
      outbox: this.#outbox,
      clock: options.clock,
      uplink: () => this.#uplink(),
      clientId: () => this.#doc.clientID,
      onNotJoined: () => this.#rejoin(),
      onGap: () => this.#pull(),
      onDistrust: () => {
        this.#distrusted = true
        this.#rejoin()
      },
      onAdopted: (batch) => this.#incoming.take(decodeUpdates(batch.payload)),
      onAbandoned: (clientId, n) => {
        this.#writer.commit([], [{ clientId, n }])
        this.#withheld = pendingBytes(this.#doc)
      },
      onForbidden: () => this.#forbidden(),
      onHalted: (refusal) => {
        this.#problem = refusal.code
        options.onRefused(refusal)
        options.onChange()
      },
    })
    this.#incoming = new Incoming(this.#doc, this)
    this.#writer = new ReplicaWriter(options.address, options.store, options.onChange)
    this.#draft = new KeptDraft({
      address: options.address,
      store: options.store,
      kept: options.kept ?? [],
      onChange: options.onChange,
      onFailed: () => this.#writer.failed(),
    })
    this.#doc.on('update', this.#onUpdate)
  }

  get phase(): SyncPhase {
    return this.#phase
  }
  get problem(): ErrorCode | null {
    return this.#problem
  }
  get role(): Role | null {
    return this.#role
  }
  get room(): number {
    return this.#room
  }
  /** The token was not renewed: nothing is accepted until it is. */
  get lapsed(): boolean {
    return this.#lapsed
  }
  /** Why what waits is not accepted for now. */
  get delayed(): ErrorCode | null {
    return this.#sender.delayed
  }
  /** The Y.Doc shows what was set aside: it must be given up for a new one. */
  get superseded(): boolean {
    return this.#superseded
  }
  get draft(): readonly SealedBatch[] {
    return this.#draft.batches
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
  get halted(): boolean {
    return this.#sender.halted
  }
  get outbox(): Pick<Outbox, 'saved' | 'flushed' | 'onDevice' | 'waitingSince' | 'acknowledgedAt'> {
    return this.#outbox
  }
  /** The local database refuses writes. */
  get failing(): boolean {
    return this.#outbox.failing || this.#writer.failing
  }
  get progress(): number | null {
    return this.#transfer.progress
  }
  /** There is a text to show. */
  get opened(): boolean {
    return this.#options.created || this.#localLoaded || this.#everJoined
  }
  get mayType(): boolean {
    const ended = this.#phase === 'ended' || this.#superseded
    return this.opened && !ended && !this.#schemaTooOld && !this.#mayNotSend
  }
  /** The whole history known to the server at the last join is in the Y.Doc. */
  get synced(): boolean {
    return this.#everJoined && (this.#phase === 'joined' || this.#phase === 'merging')
  }

  /** Loads what this browser holds. Resolves also when that fails: then memory is all there is. */
  async load(): Promise<void> {
    const { store, address } = this.#options
    if (!store) return
    try {
      const replica = await store.load(address)
      if (this.#destroyed || !replica) return
      const last = replica.rows.at(-1) ?? replica.state
      this.#lineage = replica.lineage === '' ? null : replica.lineage
      this.#outbox.setForeign(replica.outbox)
      const updates = replica.state ? [replica.state.update] : []
      for (const row of replica.rows) updates.push(...updatesOf(row))
      for (const batch of replica.outbox) {
        updates.push(...this.#updatesIn(batch))
        this.#loaded.add(batchKey(batch))
      }
      // Where the store refused it, memory still has what was set aside.
      if (replica.draft.length > 0) this.#draft.stored(replica.draft)
      this.#incoming.take(updates)
      // Only now: what could not be read is asked for.
      if (last) this.#order.moveTo(last)
      this.#localLoaded = last !== null || replica.outbox.length > 0
    } catch {
      this.#writer.failed()
    }
    this.#options.onChange()
  }

  /** A connection stands: joins. */
  connected(link: Link): void {
    this.#link = link
    this.#storageSlow = false
    if (this.#phase !== 'ended') void this.#join(link)
  }

  /** The connection is gone; edits go on into the outbox. */
  disconnected(): void {
    this.#link = null
    this.#room = 0
    this.#transfer.abort()
    this.#sender.rewind()
    if (this.#phase !== 'ended') this.#phase = 'local'
    this.#options.onChange()
  }

  /** `document:update`. */
  receiveRow(body: Uint8Array): void {
    const row = decodeRow(body)
    if (row.room === this.#room) this.#takeRows([row])
    else if (this.#phase === 'joining') this.#early.push(row)
  }

  /** `document:ack`. */
  receiveAck(ack: Ack): void {
    if (ack.room !== this.#room) return
    if (ack.refusal) {
      this.#sender.refused(ack, ack.refusal)
      return
    }
    this.#acknowledge(ack.clientId, ack.n)
    this.#writer.acknowledge(ack.clientId, ack.n)
  }

  /** `document:chunk`. */
  receiveChunk(chunk: Chunk, bytes: Uint8Array, received: () => void): void {
    received()
    const awaited = this.#phase === 'joining' || this.#pulling
    if (this.#transfer.take(chunk, bytes, awaited)) this.#options.onChange()
  }

  /** `document:reset`. */
  receiveReset(reset: Reset): void {
    if (reset.room !== this.#room && this.#phase !== 'joining') return
    switch (reset.reason) {
      case 'rejoin':
        this.#rejoin()
        return
      case 'deleted':
        this.#end('document-deleted')
        return
      case 'damaged':
        this.#end('document-damaged')
        return
      case 'replaced':
        this.#end('lineage-changed')
        return
      case 'withdrawn':
        this.#withdraw()
    }
  }

  /** `document:role`. */
  receiveRole(change: RoleChange): void {
    if (change.room === this.#room) this.#setRole(change.role, change.reason === 'expired')
    else if (this.#phase === 'joining') this.#earlyRole = change
  }

  /** `server:notice`. */
  receiveNotice(notice: Notice): void {
    if (notice.room !== this.#room) return
    if (notice.code === 'storage-slow') this.#storageSlow = true
    if (notice.code === 'storage-ok') this.#storageSlow = false
    this.#options.onChange()
  }

  /** Holds incoming edits back (Incoming.hold); acknowledgements go on. */
  hold(): ReturnType<Incoming['hold']> {
    return this.#incoming.hold()
  }

  /** Seals what has gathered and sends it, now: the page is going away. */
  flushNow(): void {
    this.#outbox.flush()
    this.#sender.pump()
  }

  /** Another tab changed the outbox or the draft in the store. */
  async refreshForeign(): Promise<void> {
    const { store, address } = this.#options
    if (!store) return
    try {
      this.#outbox.setForeign(await store.outbox(address))
    } catch {
      this.#writer.failed()
    }
    this.#sender.pump()
    await this.#draft.refresh()
  }

  /** Puts the draft in: it is sent as what another tab left. For who may edit again. */
  async takeBackDraft(): Promise<void> {
    if (!this.mayType) return
    const batches = await this.#draft.takeBack()
    if (this.#destroyed) return
    this.#incoming.take(batches.flatMap((batch) => this.#updatesIn(batch)))
    for (const batch of batches) this.#loaded.add(batchKey(batch))
    this.#outbox.setForeign([...this.#outbox.foreign, ...batches])
    this.#sender.joined(false)
    this.#sender.pump()
  }

  discardDraft(): Promise<void> {
    return this.#draft.discard()
  }

  /** Leaves the room and lets go of the Y.Doc. Resolves when what was received is stored. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return
    this.#outbox.flush()
    this.#sender.sendAll()
    this.#destroyed = true
    this.#doc.off('update', this.#onUpdate)
    if (this.#link && this.#room) this.#link.leave(this.#room)
    this.#link = null
    this.#phase = 'ended'
    this.#transfer.abort()
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.#sender.destroy()
    this.#outbox.destroy()
    await this.#writer.flushed()
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return
    if (this.#schemaTooOld || this.#mayNotSend || this.#superseded) return
    this.#outbox.add(update)
  }

  async #join(link: Link): Promise<void> {
    const attempt = ++this.#attempt
    const current = (): boolean => attempt === this.#attempt && link === this.#link && !this.#destroyed
    this.#phase = 'joining'
    this.#room = 0
    this.#transfer.abort()
    this.#early = []
    this.#earlyRole = null
    this.#order.forgetAhead()
    this.#sender.rewind()
    this.#options.onChange()
    try {
      const { address, schemaVersion = SCHEMA_VERSION } = this.#options
      const { answer, history } = await link.join({
        address,
        clientId: this.#doc.clientID,
        schemaVersion,
        cursor: this.#claim(),
      })
      if (!current()) return
      if (!answer.ok) {
        this.#joinRefused(link, answer)
        return
      }
      const bytes = history ?? (await this.#transfer.whole(answer.room, answer.chunked))
      if (!current()) return
      this.#enter(answer, decodeHistory(bytes))
    } catch {
      // Overdue, cut or malformed: the join is tried again while this connection lives.
      if (current()) this.#after(RETRY_MS, () => this.#retryJoin(link))
    }
  }

  #retryJoin(link: Link): void {
    if (link === this.#link && this.#phase === 'joining') void this.#join(link)
  }

  #rejoin(): void {
    if (this.#link) void this.#join(this.#link)
  }

  #claim(): JoinRequest['cursor'] {
    const { cursor } = this.#order
    if (!cursor || this.#lineage === null) return null
    const chain = this.#distrusted ? NO_CHAIN : chainToHex(cursor.chain)
    return { lineage: this.#lineage, seq: cursor.seq, chain }
  }

  #joinRefused(link: Link, refusal: Refusal): void {
    if (refusal.code === 'client-id-taken' && this.#outbox.untouched) {
      this.#doc.clientID = Math.floor(this.#options.clock.random() * 0x1_0000_0000)
      void this.#join(link)
      return
    }
    if (isRetryable(refusal.code)) {
      this.#after(refusal.retryAfterMs ?? RETRY_MS, () => this.#retryJoin(link))
      return
    }
    if (refusal.code === 'not-found' && this.opened) this.#withdraw()
    else this.#end(refusal.code)
  }

  #enter(joined: Joined, history: HistoryBody): void {
    if (joined.mode === 'lineage') {
      this.#end('lineage-changed')
      return
    }
    const { schemaVersion = SCHEMA_VERSION } = this.#options
    this.#room = joined.room
    this.#storageSlow = false
    this.#lapsed &&= !mayEdit(joined.role)
    this.#role = joined.role
    this.#schemaTooOld = schemaVersion < joined.schemaVersion
    this.#lineage = joined.lineage
    const returning = this.#everJoined || this.#localLoaded
    this.#everJoined = true
    this.#writer.bind(joined.documentId, joined.lineage)
    this.#takeHistory(history, joined.mode !== 'tail')
    if (joined.mode === 'rewind') {
      this.#incoming.force()
      this.#outbox.sealDifferences(differencesOf(this.#doc, vectorOf(joined.vector)))
      this.#distrusted = false
      this.#withheld = pendingBytes(this.#doc)
    } else {
      this.#acknowledge(this.#doc.clientID, joined.acknowledged)
      this.#writer.acknowledge(this.#doc.clientID, joined.acknowledged)
    }
    const early = this.#early
    this.#early = []
    this.#phase = returning && !this.#outbox.saved ? 'merging' : 'joined'
    this.#takeRows(early.filter((row) => row.room === joined.room))
    this.#sender.joined(joined.mode === 'rewind')
    this.#options.onJoined(joined)
    this.#options.onChange()
    void this.refreshForeign()
    this.#sendWithheld()
    const change = this.#earlyRole
    if (change?.room === joined.room) this.#setRole(change.role, change.reason === 'expired')
    else this.#settleDraft()
  }

  #setRole(role: Role, lapsed: boolean): void {
    this.#role = role
    this.#lapsed = lapsed && !mayEdit(role)
    if (mayEdit(role)) {
      this.#settling = false
      this.#sender.rewind() // what was refused meanwhile goes out again
      this.#sender.pump()
    } else {
      this.#settleDraft()
    }
    this.#options.onChange()
  }

  get #mayNotSend(): boolean {
    return this.#role !== null && !mayEdit(this.#role)
  }

  /** A batch was refused for its role. */
  #forbidden(): void {
    if (this.#mayNotSend) {
      if (this.#settling && this.#outbox.inFlight === 0) void this.#setAside()
    } else {
      // The role is another one than we were told: the join says which.
      this.#after(RETRY_MS, () => this.#rejoin())
    }
  }

  /** The role does not allow what waits: it becomes the draft when all of it on its way is answered. */
  #settleDraft(): void {
    if (!this.#mayNotSend || this.#lapsed) return
    this.#outbox.seal()
    if (this.#outbox.flushed) {
      // What other tabs left is in this Y.Doc as well, unless they send it yet.
      if (this.#outbox.foreign.length > 0)
        this.#after(OTHERS_WITHIN_MS, () => void (this.#mayNotSend && !this.#lapsed && this.#setAside()))
      return
    }
    this.#settling = true
    if (this.#outbox.inFlight === 0) void this.#setAside()
    else this.#after(ANSWERED_WITHIN_MS, () => void (this.#settling && this.#setAside()))
  }

  /** What is here may be read, and that is all. */
  #withdraw(): void {
    this.#role = 'viewer'
    this.#end('not-found')
    void this.#setAside()
  }

  async #setAside(): Promise<void> {
    this.#settling = false
    this.#sender.rewind()
    const { flushed, foreign } = this.#outbox
    if (flushed && !foreign.some((batch) => this.#loaded.has(batchKey(batch)))) return
    this.#superseded = true
    const batches = this.#outbox.giveUp(this.#loaded)
    await this.#draft.setAside(batches)
    if (!this.#destroyed) this.#options.onSetAside()
  }

  /** Applies a history: from its snapshot, or (`fromStart`) from the beginning, or after the cursor. */
  #takeHistory(history: HistoryBody, fromStart: boolean): void {
    const { snapshot, rows } = history
    if (snapshot) {
      this.#order.moveTo(snapshot)
      this.#incoming.take([snapshot.state])
      this.#writer.replace({ seq: snapshot.seq, chain: snapshot.chain, update: snapshot.state })
    } else if (fromStart) {
      this.#order.moveTo({ seq: 0, chain: EMPTY_CHAIN })
      this.#writer.replace(null)
    }
    this.#takeRows(rows)
  }

  #takeRows(rows: readonly Row[]): void {
    const taken = this.#order.take(rows)
    if (taken.length > 0) {
      const updates: Uint8Array[] = []
      const acknowledged: { clientId: number; n: number }[] = []
      for (const entry of taken.flatMap((row) => decodeEntries(row.entries))) {
        acknowledged.push({ clientId: entry.clientId, n: entry.n })
        const own = entry.clientId === this.#doc.clientID
        if (entry.kind === ENTRY_BODY_UPDATE && !own) updates.push(...entry.updates)
      }
      this.#writer.commit(taken, acknowledged)
      this.#incoming.take(updates)
      for (const { clientId, n } of acknowledged) {
        this.#acknowledge(clientId, n)
        this.#draft.acknowledged(clientId, n)
      }
      this.#sendWithheld()
    }
    if (this.#order.hasHole) void this.#pull()
    this.#sender.pump()
  }

  /** What was withheld found its predecessors after all: it is in the Y.Doc now, and nowhere else. */
  #sendWithheld(): void {
    if (this.#phase === 'joining' || pendingBytes(this.#doc) >= this.#withheld) return
    this.#withheld = 0
    this.#distrusted = true
    this.#rejoin()
  }

  async #pull(): Promise<void> {
    const link = this.#link
    if (this.#pulling || !link || this.#room === 0) return
    this.#pulling = true
    try {
      const room = this.#room
      const { answer, history } = await link.pull({ room, seq: this.#order.cursor?.seq ?? 0 })
      if (link !== this.#link || room !== this.#room) return
      if (!answer.ok) {
        if (isRetryable(answer.code)) this.#pullLater(link, answer.retryAfterMs)
        return
      }
      const bytes = history ?? (await this.#transfer.whole(room, answer.chunked))
      if (link !== this.#link || room !== this.#room) return
      this.#takeHistory(decodeHistory(bytes), false)
    } catch {
      this.#pullLater(link)
    } finally {
      this.#pulling = false
    }
  }

  /** What is missing is asked for again, unless it came by itself or with another connection. */
  #pullLater(link: Link, ms = RETRY_MS): void {
    this.#after(ms, () => {
      if (link === this.#link && this.#order.hasHole) void this.#pull()
    })
  }

  #acknowledge(clientId: number, n: number): void {
    this.#sender.answered()
    this.#outbox.acknowledge(clientId, n)
  }

  /** Only after this connection's join answer may batches be sent: Socket.IO's own buffer stays empty. */
  #uplink(): Uplink | null {
    const link = this.#link
    if (!link || this.#room === 0 || this.#schemaTooOld || this.#mayNotSend) return null
    if (this.#phase !== 'joined' && this.#phase !== 'merging') return null
    return { room: this.#room, update: (batch, received) => link.update(batch, received) }
  }

  #updatesIn(batch: SealedBatch): Uint8Array[] {
    return batch.clientId === this.#doc.clientID ? [] : decodeUpdates(batch.payload)
  }

  #end(problem: ErrorCode): void {
    this.#room = 0
    this.#transfer.abort()
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

function updatesOf(row: Row): Uint8Array[] {
  return decodeEntries(row.entries).flatMap((entry) =>
    entry.kind === ENTRY_BODY_UPDATE ? [...entry.updates] : [],
  )
}

/** What a server with that state vector lacks; without what itself waits for its predecessors, which the gate refuses. */
function differencesOf(doc: Y.Doc, vector: Uint8Array): Uint8Array {
  const { store } = doc
  const { pendingStructs, pendingDs } = store
  store.pendingStructs = null
  store.pendingDs = null
  const differences = Y.encodeStateAsUpdate(doc, vector)
  store.pendingStructs = pendingStructs
  store.pendingDs = pendingDs
  return differences
}

function pendingBytes({ store: { pendingStructs, pendingDs } }: Y.Doc): number {
  return (pendingStructs?.update.length ?? 0) + (pendingDs?.length ?? 0)
}

function vectorOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
