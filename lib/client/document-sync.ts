import * as Y from 'yjs'
import { type ErrorCode, isRetryable, type Refusal } from '../protocol/errors.ts'
import type { Ack, Chunk, Joined, JoinRequest, Notice, PullRequest, Reset } from '../protocol/events.ts'
import { mayEdit, type Role } from '../protocol/identity.ts'
import { LIMITS } from '../protocol/limits.ts'
import { SCHEMA_VERSION } from '../protocol/version.ts'
import {
  chainToHex,
  decodeEntries,
  decodeHistory,
  decodeRow,
  decodeUpdates,
  EMPTY_CHAIN,
  ENTRY_BODY_UPDATE,
  encodeBatch,
  type HistoryBody,
  NO_CHAIN,
  type Row,
  type RowBody,
} from '../protocol/wire.ts'
import type { ClientClock } from './client-clock.ts'
import { Outbox } from './outbox.ts'
import type { ReplicaStore, SealedBatch } from './replica-store.ts'
import { ReplicaWriter } from './replica-writer.ts'

/** One live connection. The promises reject when the connection ends or the answer is overdue. */
export interface Link {
  join(request: JoinRequest): Promise<{ answer: Joined | Refusal; history: Uint8Array | null }>
  pull(request: PullRequest): Promise<{
    answer: { readonly ok: true; readonly chunked: number } | Refusal
    history: Uint8Array | null
  }>
  update(batch: Uint8Array): void
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
}

/** Local: never joined on this connection. Ended: will not join again by itself. */
export type SyncPhase = 'local' | 'joining' | 'merging' | 'joined' | 'ended'

interface Cursor {
  readonly seq: number
  readonly chain: Uint8Array
}

/** A history that comes in chunks. */
interface Transfer {
  readonly room: number
  readonly bytes: Uint8Array
  received: number
  readonly whole: PromiseWithResolvers<Uint8Array>
}

/** Without an answer for this long, batches are sent again (they are idempotent). */
const ANSWER_MS = 10_000
/** Batches of other tabs that are still live are theirs to send; older than this, any tab sends them. */
const FOREIGN_AFTER_MS = 5000
const RETRY_MS = 1000
/** Exchanges by state vector that did not close a gap, before this tab gives up and says so. */
const MAX_EXCHANGES = 3
/** A history larger than this is not asked for in one piece of memory. */
const MAX_HISTORY_BYTES = 1024 * 1024 * 1024

/**
 * Keeps one Y.Doc in step with the server over whatever connection there is: local edits go through the outbox,
 * rows of the log come in order of their numbers, and everything is kept in this browser's replica.
 * Pure rules: connection, time and store are passed in.
 */
export class DocumentSync {
  readonly #options: DocumentSyncOptions
  readonly #doc: Y.Doc
  readonly #outbox: Outbox
  readonly #writer: ReplicaWriter
  #link: Link | null = null
  #phase: SyncPhase = 'local'
  #problem: ErrorCode | null = null
  /** A batch was refused for good: nothing more is sent, the text stays here. */
  #halted = false
  #room = 0
  #lineage: string | null = null
  #cursor: Cursor | null = null
  #role: Role | null = null
  #schemaTooOld = false
  #storageSlow = false
  #everJoined = false
  #localLoaded = false
  #early: RowBody[] = []
  readonly #ahead = new Map<number, Row>()
  #attempt = 0
  #pulling = false
  #transfer: Transfer | null = null
  /** By hold, until when it lets in one update after the other; null: it lets nothing in. */
  readonly #holds = new Map<symbol, (() => boolean) | null>()
  #held: Uint8Array[] = []
  /** The batch for which rows were pulled after a gap: met again, both sides exchange everything. */
  #gapAt: string | null = null
  #distrusted = false
  #exchanges = 0
  #foreignBefore = 0
  #paused = false
  #answers = 0
  readonly #timers = new Set<() => void>()
  #overdueArmed = false
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
        this.#pump()
        options.onChange()
      },
    })
    this.#writer = new ReplicaWriter(options.address, options.store, options.onChange)
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
    return this.#halted
  }
  get outbox(): Pick<Outbox, 'saved' | 'flushed' | 'onDevice' | 'waitingSince' | 'acknowledgedAt'> {
    return this.#outbox
  }
  /** The local database refuses writes. */
  get failing(): boolean {
    return this.#outbox.failing || this.#writer.failing
  }
  get progress(): number | null {
    return this.#transfer ? this.#transfer.received / this.#transfer.bytes.length : null
  }
  get mayType(): boolean {
    const opened = this.#options.created || this.#localLoaded || this.#everJoined
    return (
      opened && this.#phase !== 'ended' && !this.#schemaTooOld && (this.#role === null || mayEdit(this.#role))
    )
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
      if (last) this.#cursor = { seq: last.seq, chain: last.chain }
      const updates = replica.state ? [replica.state.update] : []
      for (const row of replica.rows) updates.push(...updatesOf(row))
      for (const batch of replica.outbox) updates.push(...this.#updatesIn(batch))
      if (updates.length > 0) this.#apply(updates)
      this.#outbox.setForeign(replica.outbox)
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
    this.#abortTransfer()
    this.#outbox.rewind()
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
    this.#answers++
    if (!ack.refusal) {
      this.#acknowledge(ack.clientId, ack.n)
      this.#writer.acknowledge(ack.clientId, ack.n)
      return
    }
    this.#refused(ack, ack.refusal)
  }

  /** `document:chunk`. The first may come before the answer that announces it was looked at. */
  receiveChunk(chunk: Chunk, bytes: Uint8Array, received: () => void): void {
    received()
    if (chunk.offset === 0 && (this.#phase === 'joining' || this.#pulling))
      this.#begin(chunk.room, chunk.total)
    const transfer = this.#transfer
    if (!transfer || transfer.room !== chunk.room || chunk.total !== transfer.bytes.length) return
    if (chunk.offset !== transfer.received || chunk.offset + bytes.length > chunk.total) {
      this.#abortTransfer()
      return
    }
    transfer.bytes.set(bytes, chunk.offset)
    transfer.received += bytes.length
    this.#options.onChange()
    if (transfer.received < transfer.bytes.length) return
    transfer.whole.resolve(transfer.bytes)
  }

  /** `document:reset`. */
  receiveReset(reset: Reset): void {
    if (reset.room !== this.#room && this.#phase !== 'joining') return
    switch (reset.reason) {
      case 'rejoin':
        if (this.#link) void this.#join(this.#link)
        return
      case 'deleted':
        this.#end('document-deleted')
        return
      case 'damaged':
        this.#end('document-damaged')
        return
      case 'replaced':
        this.#end('lineage-changed')
    }
  }

  /** `server:notice`. */
  receiveNotice(notice: Notice): void {
    if (notice.room !== this.#room) return
    if (notice.code === 'storage-slow') this.#storageSlow = true
    if (notice.code === 'storage-ok') this.#storageSlow = false
    this.#options.onChange()
  }

  /**
   * Queues incoming edits until every hold is released; acknowledgements go on. Releasing twice is harmless. Released with
   * `until`, edits come in one update after the other, now and later, and are held again as soon as it answers true.
   */
  hold(): (until?: () => boolean) => void {
    const hold = Symbol('hold')
    this.#holds.set(hold, null)
    return (until) => {
      if (!this.#holds.has(hold)) return
      if (until) this.#holds.set(hold, until)
      else this.#holds.delete(hold)
      this.#letIn()
    }
  }

  /** Seals what has gathered and sends it, now: the page is going away. */
  flushNow(): void {
    this.#outbox.seal()
    this.#pump()
  }

  /** Another tab changed the outbox in the store. */
  async refreshForeign(): Promise<void> {
    const { store, address } = this.#options
    if (!store) return
    try {
      this.#outbox.setForeign(await store.outbox(address))
    } catch {
      this.#writer.failed()
    }
    this.#pump()
  }

  /** Leaves the room and lets go of the Y.Doc. Resolves when what was received is stored. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return
    this.flushNow()
    this.#destroyed = true
    this.#doc.off('update', this.#onUpdate)
    if (this.#link && this.#room) this.#link.leave(this.#room)
    this.#link = null
    this.#phase = 'ended'
    this.#abortTransfer()
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.#outbox.destroy()
    await this.#writer.flushed()
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return
    if (this.#schemaTooOld || (this.#role !== null && !mayEdit(this.#role))) return
    this.#outbox.add(update)
  }

  async #join(link: Link): Promise<void> {
    const attempt = ++this.#attempt
    const current = (): boolean => attempt === this.#attempt && link === this.#link && !this.#destroyed
    this.#phase = 'joining'
    this.#room = 0
    this.#abortTransfer()
    this.#early = []
    this.#ahead.clear()
    this.#outbox.rewind()
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
      const bytes = history ?? (await this.#receiveTransfer(answer.room, answer.chunked))
      if (!current()) return
      this.#enter(answer, decodeHistory(bytes))
    } catch {
      // Overdue, cut or malformed: the join is tried again while this connection lives.
      if (current()) this.#after(RETRY_MS, () => this.#rejoin(link))
    }
  }

  #rejoin(link: Link): void {
    if (link === this.#link && this.#phase === 'joining') void this.#join(link)
  }

  #claim(): JoinRequest['cursor'] {
    if (!this.#cursor || this.#lineage === null) return null
    const chain = this.#distrusted ? NO_CHAIN : chainToHex(this.#cursor.chain)
    return { lineage: this.#lineage, seq: this.#cursor.seq, chain }
  }

  #joinRefused(link: Link, refusal: Refusal): void {
    if (refusal.code === 'client-id-taken' && this.#outbox.untouched) {
      this.#doc.clientID = Math.floor(this.#options.clock.random() * 0x1_0000_0000)
      void this.#join(link)
      return
    }
    if (isRetryable(refusal.code)) {
      this.#after(refusal.retryAfterMs ?? RETRY_MS, () => this.#rejoin(link))
      return
    }
    this.#end(refusal.code)
  }

  #enter(joined: Joined, history: HistoryBody): void {
    if (joined.mode === 'lineage') {
      this.#end('lineage-changed')
      return
    }
    const { schemaVersion = SCHEMA_VERSION } = this.#options
    this.#room = joined.room
    this.#role = joined.role
    this.#schemaTooOld = schemaVersion < joined.schemaVersion
    this.#lineage = joined.lineage
    const returning = this.#everJoined || this.#localLoaded
    this.#everJoined = true
    this.#writer.bind(joined.documentId, joined.lineage)
    this.#takeHistory(history, joined.mode !== 'tail')
    if (joined.mode === 'rewind') {
      this.#releaseHeld()
      this.#outbox.sealDifferences(Y.encodeStateAsUpdate(this.#doc, vectorOf(joined.vector)))
      this.#distrusted = false
    } else {
      this.#acknowledge(this.#doc.clientID, joined.acknowledged)
      this.#writer.acknowledge(this.#doc.clientID, joined.acknowledged)
    }
    const early = this.#early
    this.#early = []
    this.#phase = returning && !this.#outbox.saved ? 'merging' : 'joined'
    this.#takeRows(early.filter((row) => row.room === joined.room))
    this.#foreignBefore = Number.POSITIVE_INFINITY
    this.#options.onJoined(joined)
    this.#options.onChange()
    void this.refreshForeign()
  }

  /** Applies a history: from its snapshot, or (`fromStart`) from the beginning, or after the cursor. */
  #takeHistory(history: HistoryBody, fromStart: boolean): void {
    const { snapshot, rows } = history
    if (snapshot) {
      this.#cursor = { seq: snapshot.seq, chain: snapshot.chain }
      this.#incoming([snapshot.state])
      this.#writer.replace({ seq: snapshot.seq, chain: snapshot.chain, update: snapshot.state })
    } else if (fromStart) {
      this.#cursor = { seq: 0, chain: EMPTY_CHAIN }
      this.#writer.replace(null)
    }
    this.#takeRows(rows)
  }

  #takeRows(rows: readonly Row[]): void {
    const updates: Uint8Array[] = []
    for (const row of rows) this.#ahead.set(row.seq, row)
    const taken: Row[] = []
    const acknowledged: { clientId: number; n: number }[] = []
    let seq = this.#cursor?.seq ?? 0
    for (let row = this.#ahead.get(seq + 1); row; row = this.#ahead.get(seq + 1)) {
      for (const entry of decodeEntries(row.entries)) {
        acknowledged.push({ clientId: entry.clientId, n: entry.n })
        const own = entry.clientId === this.#doc.clientID
        if (entry.kind === ENTRY_BODY_UPDATE && !own) updates.push(...entry.updates)
      }
      taken.push(row)
      seq = row.seq
      this.#cursor = { seq, chain: row.chain }
    }
    for (const known of this.#ahead.keys()) if (known <= seq) this.#ahead.delete(known)
    if (taken.length > 0) {
      this.#answers++
      this.#writer.commit(taken, acknowledged)
      this.#incoming(updates)
      for (const { clientId, n } of acknowledged) this.#acknowledge(clientId, n)
    }
    if (this.#ahead.size > 0) void this.#pull()
    this.#pump()
  }

  async #pull(): Promise<void> {
    const link = this.#link
    if (this.#pulling || !link || this.#room === 0) return
    this.#pulling = true
    try {
      const room = this.#room
      const { answer, history } = await link.pull({ room, seq: this.#cursor?.seq ?? 0 })
      if (link !== this.#link || room !== this.#room || !answer.ok) return
      const bytes = history ?? (await this.#receiveTransfer(room, answer.chunked))
      if (link !== this.#link || room !== this.#room) return
      this.#takeHistory(decodeHistory(bytes), false)
    } catch {
      if (link === this.#link) this.#after(RETRY_MS, () => void (this.#ahead.size > 0 && this.#pull()))
    } finally {
      this.#pulling = false
    }
  }

  #acknowledge(clientId: number, n: number): void {
    this.#exchanges = 0
    this.#outbox.acknowledge(clientId, n)
  }

  #refused(ack: Ack, refusal: Refusal): void {
    const link = this.#link
    if (!link) return
    if (refusal.code === 'not-joined') {
      // The room was read again under another number; its reset is on the way, or was lost.
      void this.#join(link)
      return
    }
    if (!isRetryable(refusal.code)) {
      this.#halt(refusal)
      return
    }
    this.#outbox.rewind()
    if (refusal.code === 'gap') {
      const batch = `${ack.clientId} ${ack.n}`
      if (this.#gapAt === batch) {
        this.#gapAt = null
        this.#distrusted = true
        if (++this.#exchanges > MAX_EXCHANGES) {
          this.#halt(refusal)
          return
        }
        void this.#join(link)
        return
      }
      this.#gapAt = batch
      void this.#pull().then(() => this.#pump())
      return
    }
    if (refusal.code === 'rewind' && ack.clientId !== this.#doc.clientID) {
      const adopted = this.#outbox.adopt(ack.clientId, ack.n)
      if (adopted) this.#incoming(decodeUpdates(adopted.payload))
    }
    const wait = refusal.code === 'rewind' ? 0 : (refusal.retryAfterMs ?? RETRY_MS)
    this.#paused = true
    this.#after(wait, () => {
      this.#paused = false
      this.#pump()
    })
  }

  #halt(refusal: Refusal): void {
    this.#halted = true
    this.#problem = refusal.code
    this.#options.onRefused(refusal)
    this.#options.onChange()
  }

  /** Sends what may be sent. Only after this connection's join answer: Socket.IO's own buffer stays empty. */
  #pump(): void {
    const link = this.#link
    if (!link || this.#room === 0 || this.#halted || this.#paused || this.#schemaTooOld) return
    if (this.#phase !== 'joined' && this.#phase !== 'merging') return
    const foreignBefore = Math.max(this.#foreignBefore, this.#options.clock.now() - FOREIGN_AFTER_MS)
    this.#foreignBefore = 0
    for (const batch of this.#outbox.take(foreignBefore)) this.#send(link, batch)
    if (this.#overdueArmed || (this.#outbox.inFlight === 0 && this.#outbox.foreign.length === 0)) return
    this.#overdueArmed = true
    const answers = this.#answers
    this.#after(this.#outbox.inFlight > 0 ? ANSWER_MS : FOREIGN_AFTER_MS, () => {
      this.#overdueArmed = false
      if (answers === this.#answers) this.#outbox.rewind()
      this.#pump()
    })
  }

  #send(link: Link, batch: SealedBatch): void {
    const { clientId, n, restore, payload } = batch
    const parts = Math.max(1, Math.ceil(payload.length / LIMITS.batchBytes))
    for (let part = 0; part < parts; part++) {
      const piece = payload.subarray(part * LIMITS.batchBytes, (part + 1) * LIMITS.batchBytes)
      link.update(encodeBatch({ room: this.#room, clientId, n, part, parts, restore, payload: piece }))
    }
  }

  #incoming(updates: readonly Uint8Array[]): void {
    this.#held.push(...updates)
    this.#letIn()
  }

  #letIn(): void {
    if (this.#held.length > 0 && !this.#holding()) this.#apply(this.#admitted())
  }

  *#admitted(): Generator<Uint8Array> {
    let next = 0
    try {
      do {
        const update = this.#held[next++]
        if (update) yield update
      } while (next < this.#held.length && !this.#holding())
    } finally {
      this.#held.splice(0, next)
    }
  }

  /** All that waits, whoever holds. */
  #releaseHeld(): void {
    const held = this.#held
    this.#held = []
    if (held.length > 0) this.#apply(held)
  }

  /** One transaction, so that an editor renders once. */
  #apply(updates: Iterable<Uint8Array>): void {
    this.#doc.transact(() => {
      for (const update of updates) Y.applyUpdate(this.#doc, update, this)
    }, this)
  }

  #holding(): boolean {
    for (const [hold, until] of this.#holds) {
      if (until && !until()) continue
      this.#holds.set(hold, null)
      return true
    }
    return false
  }

  #updatesIn(batch: SealedBatch): Uint8Array[] {
    return batch.clientId === this.#doc.clientID ? [] : decodeUpdates(batch.payload)
  }

  /** The whole history that comes in chunks of `room`. */
  #receiveTransfer(room: number, total: number): Promise<Uint8Array> {
    const transfer = this.#begin(room, total)
    return transfer.whole.promise.finally(() => {
      if (this.#transfer === transfer) this.#transfer = null
    })
  }

  #begin(room: number, total: number): Transfer {
    if (total < 1 || total > MAX_HISTORY_BYTES) throw new Error('no history of that size')
    const known = this.#transfer
    if (known?.room === room && known.bytes.length === total) return known
    this.#abortTransfer()
    const whole = Promise.withResolvers<Uint8Array>()
    whole.promise.catch(() => undefined) // it may be aborted before anybody waits for it
    this.#transfer = { room, bytes: new Uint8Array(total), received: 0, whole }
    return this.#transfer
  }

  #abortTransfer(): void {
    const transfer = this.#transfer
    this.#transfer = null
    transfer?.whole.reject(new Error('the transfer was cut'))
  }

  #end(problem: ErrorCode): void {
    this.#room = 0
    this.#abortTransfer()
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

function vectorOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
