import type { SchemaFinding } from '#lib/document/schema-check.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import { type ChainHash, chainAfter, ENTRY_BODY_UPDATE } from '#lib/protocol/log-row.ts'
import type { Reset } from '#lib/protocol/messages/join.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import { type BatchBody, encodeRow } from '#lib/protocol/messages/update.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import type { Assemblies } from './assembly.ts'
import type { Budgets } from './budget.ts'
import type { NewRow, SnapshotHead, StoredDocument } from './document-store.ts'
import { BatchIntake, type BatchOutcome, CLIENT_ID_TAKEN } from './log/batch-intake.ts'
import { ClientNumbers } from './log/client-numbers.ts'
import type { CommitQueue, CommitSource } from './log/commit-queue.ts'
import { type Pending, PendingEntries, type Unchecked } from './log/pending-entries.ts'
import { RoomHistory } from './log/room-history.ts'
import { type PresenceRules, RoomPresence } from './presence/room-presence.ts'
import { type Connection, type Seat, Seats, type SeatTerms } from './seats.ts'

/** Callbacks of a room to its owner. Each is called after the room's state has changed. */
export interface RoomKeeper {
  /** Called after the last seat was left. */
  emptied(room: Room): void
  /**
   * Called when a user wrote content that breaks the schema and its deletion is on its way. `what` is for the log.
   */
  breached(room: Room, userId: string, what: string): void
  /** Called when the room's memory can no longer be trusted. Nothing of it may be used. */
  broken(room: Room, why: { readonly refused: string } | 'lost'): void
}

/** The parts of the server that all rooms share. */
export interface RoomPorts {
  readonly hash: ChainHash
  readonly clock: Pick<Clock, 'now' | 'steady' | 'after'>
  readonly queue: Pick<CommitQueue, 'add'>
  readonly compactor: {
    /** Notes that a row is on disk and was relayed. */
    changed(room: Room): void
    /** Asks for a check of the document with its held entries against the schema; `checked` then releases them. */
    checkSoon(room: Room): void
  }
  readonly presence: PresenceRules
  readonly assemblies: Assemblies
  readonly budgets: Budgets
  readonly keeper: RoomKeeper
}

/**
 * One document in memory: a cache of its log, and the rules of what may be appended. Accepted entries go to the
 * commit queue; only what is on disk is relayed. Its parts may be read directly and are changed only through their
 * methods.
 */
export class Room implements CommitSource {
  readonly number: number
  readonly documentId: string
  readonly lineage: string
  /** The rows on disk, and the snapshot below them. */
  readonly history: RoomHistory
  /** The entries that are accepted and not on disk. */
  readonly pending = new PendingEntries()
  readonly clients: ClientNumbers
  readonly seats: Seats
  readonly presence: RoomPresence
  readonly #ports: RoomPorts
  readonly #intake: BatchIntake
  #schemaVersion: number
  #full = false
  #broken = false

  /** Throws DamagedDocument if the rows do not form the chain that ends in the stored head. */
  constructor(number: number, document: StoredDocument, ports: RoomPorts) {
    const { clock, hash, keeper } = ports
    this.#ports = ports
    this.number = number
    this.documentId = document.documentId
    this.lineage = document.lineage
    this.#schemaVersion = document.schemaVersion
    this.history = new RoomHistory(document, hash)
    this.clients = new ClientNumbers(document)
    this.presence = new RoomPresence(number, ports.presence, clock)
    this.seats = new Seats(number, document.documentId, this.presence, () => keeper.emptied(this))
    this.#intake = new BatchIntake(document.restoredAt, {
      seats: this.seats,
      assemblies: ports.assemblies,
      clients: this.clients,
      history: this.history,
      pending: this.pending,
      budget: ports.budgets.of(this.documentId),
      clock,
    })
  }

  get schemaVersion(): number {
    return this.#schemaVersion
  }

  /**
   * True after a batch was refused because of the document's size: a new snapshot may show that there is room
   * again.
   */
  get full(): boolean {
    return this.#full
  }

  /** True if forgetting this room would lose nothing. */
  get idle(): boolean {
    return this.seats.size === 0 && this.pending.isEmpty
  }

  /** False if this server does not know the document's schema version. */
  get isOurs(): boolean {
    return this.#schemaVersion <= SCHEMA_VERSION
  }

  /** True if more than plain text was added since the last check. */
  get needsCheck(): boolean {
    return this.pending.needsCheck && this.isOurs
  }

  /**
   * Seats a connection, whose client id belongs to its user from now on. A repeated join keeps its seat and changes
   * the terms.
   */
  enter(connection: Connection, terms: SeatTerms): Seat | Refusal {
    return this.#intake.isTaken(terms.clientId, connection)
      ? CLIENT_ID_TAKEN
      : this.seats.take(connection, terms)
  }

  /**
   * Takes one part of one batch from a member. The answer is the committed frame or an ack. Never throws on outside
   * input.
   */
  receive(seat: Seat, body: BatchBody): void {
    const outcome = this.#judge(seat, body)
    if (outcome === 'held') this.#ports.compactor.checkSoon(this)
    else if (outcome === 'added') this.#ports.queue.add(this)
    else if (outcome !== 'waits') this.#answer(seat.connection, body, outcome)
  }

  /** Ends every seat. Nothing is accepted from then on. */
  end(reason: Reset['reason']): void {
    this.seats.end(reason)
    this.#broken = true
  }

  /** Takes the head of a snapshot that was written; it covers rows up to its seq. */
  compacted(snapshot: SnapshotHead): void {
    this.history.compacted(snapshot)
    this.#full = false
  }

  take(): { row: NewRow; more: boolean } | null {
    const taken = this.#broken ? null : this.pending.take(this.#schemaVersion)
    if (!taken) return null
    const { entries, schemaVersion, more } = taken
    const { head } = this.history
    const seq = head.seq + 1
    const chain = chainAfter(this.#ports.hash, head.chain, seq, entries)
    const at = this.#ports.clock.now()
    return { row: { documentId: this.documentId, seq, chain, at, entries, schemaVersion }, more }
  }

  /**
   * Takes the result of a check of the document with the entries of `pending.unchecked`. If content breaks the
   * schema, an entry of the server's own deletes it, right behind what was checked, and the authors' connections
   * are closed. The log keeps both.
   */
  checked(looked: Unchecked, { breaches, update }: SchemaFinding): void {
    if (this.#broken) return
    this.pending.checked(looked, update && this.#deletionOf(update))
    if (this.pending.waits) this.#ports.queue.add(this)
    const authors = new Map<string, string>()
    for (const { clientId, what } of breaches) authors.set(this.clients.ownerOf(clientId) ?? '', what)
    for (const [userId, what] of authors) {
      this.#ports.keeper.breached(this, userId, what)
      this.seats.stop(userId)
    }
  }

  /**
   * Takes the failure of a check. Held entries stay unaccepted, and so does everything behind them: the room
   * breaks.
   */
  uncheckable(reason: string): void {
    if (this.pending.isHeld) this.#break({ refused: reason })
  }

  committed(row: NewRow): void {
    if (this.#broken) return
    this.#schemaVersion = Math.max(this.#schemaVersion, row.schemaVersion)
    this.history.append(row)
    for (const { clientId, n } of this.pending.committed()) this.clients.commit(clientId, n)
    const { number } = this
    const frame = encodeRow({ room: number, seq: row.seq, chain: row.chain, entries: row.entries })
    for (const { connection } of this.seats) connection.relay(number, frame)
    this.#ports.compactor.changed(this)
  }

  refused(_row: NewRow, reason: string): void {
    this.#break({ refused: reason })
  }

  lost(_row: NewRow): void {
    this.#break('lost')
  }

  slow(): void {
    this.#notice('storage-slow')
  }

  /** Tells the members that the storage is quick again. */
  recovered(): void {
    this.#notice('storage-ok')
  }

  #notice(code: Notice['code']): void {
    if (this.#broken) return
    for (const { connection } of this.seats) connection.notice({ room: this.number, code })
  }

  #break(why: { readonly refused: string } | 'lost'): void {
    if (this.#broken) return
    this.#broken = true
    this.#ports.keeper.broken(this, why)
  }

  #judge(seat: Seat, body: BatchBody): BatchOutcome {
    if (this.#broken)
      return refuse('storage-failed', 'the document is being read again; send it again after the reset', 1000)
    return this.#intake.take(seat, body, this.#schemaVersion)
  }

  #answer(
    connection: Connection,
    { clientId, n }: BatchBody,
    outcome: Refusal | { committed: number },
  ): void {
    const to = { room: this.number, clientId }
    if ('committed' in outcome) {
      connection.ack({ ...to, n: outcome.committed })
      return
    }
    if (outcome.code === 'document-full') this.#full = true
    connection.ack({ ...to, n, refusal: outcome })
  }

  /** Returns the server's own entry that deletes what breaks the schema. It holds no structs. */
  #deletionOf(update: Uint8Array): Pending {
    const own = this.clients.acceptOwn(this.seats.clientIds())
    const entry = { kind: ENTRY_BODY_UPDATE, ...own, updates: [update] } as const
    return { entry, bytes: update.length, schemaVersion: this.#schemaVersion, types: 0, made: 0 }
  }
}
