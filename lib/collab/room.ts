import type { SchemaFinding } from '#lib/document/schema-check.ts'
import type { ByteList } from '#lib/protocol/byte-list.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import type { Role } from '#lib/protocol/identity.ts'
import { type ChainHash, chainAfter, ENTRY_BODY_UPDATE } from '#lib/protocol/log-row.ts'
import type { RoleChange } from '#lib/protocol/messages/access.ts'
import type { Joined, Reset } from '#lib/protocol/messages/join.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import { type BatchBody, encodeRow } from '#lib/protocol/messages/update.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import type { NewRow, SnapshotHead, StoredClient, StoredDocument, StoredRow } from './document-store.ts'
import { BatchIntake, type BatchOutcome, CLIENT_ID_TAKEN } from './log/batch-intake.ts'
import { ClientNumbers } from './log/client-numbers.ts'
import type { CommitSource } from './log/commit-queue.ts'
import { type Pending, PendingEntries, type Unchecked } from './log/pending-entries.ts'
import { type Cursor, RoomHistory } from './log/room-history.ts'
import { type Connection, type Member, Members } from './members.ts'

/** Sends to everybody in a room at once. */
export interface RoomWire {
  /** `document:update`; `frame` is made by encodeRow. */
  relay(room: number, frame: Uint8Array): void
  notice(notice: Notice): void
}

/** What all rooms share. */
export interface RoomPorts {
  readonly wire: RoomWire
  readonly hash: ChainHash
  readonly now: () => number
  /** One more entry waits: the commit queue's `add`. */
  readonly onEntry: (room: Room) => void
  /** A row is on disk and was relayed. */
  readonly onCommitted: (room: Room) => void
  /** Entries are held until the document with them was held against the schema: `checked` lets them go on. */
  readonly onHeld: (room: Room) => void
  /** Somebody wrote what breaks the schema; what it was, for the log. Its deletion is on its way. */
  readonly onBreach: (room: Room, userId: string, what: string) => void
  /** The room's memory can no longer be trusted; nothing of it may be used. */
  readonly onBroken: (room: Room, why: { readonly refused: string } | 'lost') => void
}

/**
 * One document in memory: a cache of its log, and the rules of what may be appended.
 * What is accepted goes to the commit queue; what is on disk is relayed, and only that.
 */
export class Room implements CommitSource {
  readonly number: number
  readonly documentId: string
  readonly lineage: string
  readonly #ports: RoomPorts
  readonly #members: Members
  readonly #history: RoomHistory
  readonly #clients: ClientNumbers
  readonly #pending = new PendingEntries()
  readonly #intake: BatchIntake
  #schemaVersion: number
  #full = false
  #broken = false

  /** Throws DamagedDocument when the rows do not form the chain that ends in the stored head. */
  constructor(number: number, document: StoredDocument, ports: RoomPorts) {
    this.#ports = ports
    this.number = number
    this.documentId = document.documentId
    this.lineage = document.lineage
    this.#schemaVersion = document.schemaVersion
    this.#history = new RoomHistory(document, ports.hash)
    this.#clients = new ClientNumbers(document)
    this.#members = new Members(number, (connectionId) => this.#intake.forget(connectionId))
    this.#intake = new BatchIntake(document.restoredAt, {
      members: this.#members,
      clients: this.#clients,
      history: this.#history,
      pending: this.#pending,
      now: ports.now,
    })
  }

  get headSeq(): number {
    return this.#history.head.seq
  }

  get schemaVersion(): number {
    return this.#schemaVersion
  }

  get snapshot(): SnapshotHead | null {
    return this.#history.snapshot
  }

  /** Every row kept, oldest first, made anew at each call. */
  rows(): readonly StoredRow[] {
    return this.#history.rows()
  }

  /** Something was refused for the document's size: a new snapshot may show that there is room again. */
  get full(): boolean {
    return this.#full
  }

  get memberCount(): number {
    return this.#members.size
  }

  /** Nothing would be lost by forgetting this room. */
  get idle(): boolean {
    return this.#members.size === 0 && this.#pending.isEmpty
  }

  /** Who is bound to which client id, and the last batch in the log of each: what a compaction writes. */
  clients(): StoredClient[] {
    return this.#clients.stored()
  }

  /** The state vector of everything accepted, encoded. */
  vector(): Uint8Array {
    return this.#clients.vector()
  }

  /** Enters a member; its client id is its user's from now on. Repeating replaces. */
  enter(member: Member): Refusal | { readonly acknowledged: number } {
    const { clientId, connection } = member
    if (this.#intake.isTaken(clientId, connection)) return CLIENT_ID_TAKEN
    this.#members.enter(member)
    return { acknowledged: this.#clients.committedOf(clientId) }
  }

  /** Repeating is harmless. */
  leave(connectionId: string): void {
    this.#members.leave(connectionId)
  }

  /** Somebody's role here; null: they are not in the room. */
  roleOf(connectionId: string): Role | null {
    return this.#members.get(connectionId)?.role ?? null
  }

  /** Somebody's membership; null: they are not in the room. */
  memberOf(connectionId: string): Member | null {
    return this.#members.get(connectionId) ?? null
  }

  /** Everybody who is here. */
  members(): Member[] {
    return this.#members.all()
  }

  /**
   * Judges everybody here again; null takes the room away from them. What was accepted before stays accepted, what
   * comes after is judged by the new role.
   */
  changeRoles(roleOf: (member: Member) => Role | null, reason: RoleChange['reason']): void {
    this.#members.changeRoles(roleOf, reason)
  }

  /** How the history stands to a client's cursor. */
  modeFor(cursor: Cursor | null): Joined['mode'] {
    return this.#history.modeFor(cursor)
  }

  /** Encoded HistoryBody of the rows after `seq`, or null when they are no longer all kept. */
  tail(seq: number): ByteList | null {
    return this.#history.tail(seq)
  }

  /** The rows after `seq`, or null when they are no longer all kept. */
  rowsAfter(seq: number): readonly StoredRow[] | null {
    return this.#history.rowsAfter(seq)
  }

  /** Takes one part of one batch. Answers by the committed frame or by an ack; never throws on anything from outside. */
  receive(connection: Connection, body: BatchBody): void {
    const member = this.#members.get(connection.id)
    const outcome = member ? this.#judge(member, body) : refuse('not-joined', 'join the document first')
    if (outcome === 'held') this.#ports.onHeld(this)
    else if (outcome === 'added') this.#ports.onEntry(this)
    else if (outcome !== 'waits') this.#answer(connection, body, outcome)
  }

  /** Ends every membership. */
  end(reason: Reset['reason']): void {
    this.#members.end(reason)
    this.#broken = true
  }

  /** A snapshot was written that covers rows up to its seq. */
  compacted(snapshot: SnapshotHead): void {
    this.#history.compacted(snapshot)
    this.#full = false
  }

  /** Rows up to `seq` are no longer kept. */
  trimmed(seq: number): void {
    this.#history.trimmed(seq)
  }

  take(): { row: NewRow; more: boolean } | null {
    const taken = this.#broken ? null : this.#pending.take(this.#schemaVersion)
    if (!taken) return null
    const { entries, schemaVersion, more } = taken
    const { head } = this.#history
    const seq = head.seq + 1
    const chain = chainAfter(this.#ports.hash, head.chain, seq, entries)
    const at = this.#ports.now()
    return { row: { documentId: this.documentId, seq, chain, at, entries, schemaVersion }, more }
  }

  /** False: the document is of a schema version that this server does not know. */
  get isOurs(): boolean {
    return this.#schemaVersion <= SCHEMA_VERSION
  }

  /** True when more than plain text came since the last check. */
  get needsCheck(): boolean {
    return this.#pending.needsCheck && this.isOurs
  }

  /** What `checked` is told of afterwards; `onDisk`: a check of the rows alone. */
  unchecked(onDisk: boolean): Unchecked {
    return this.#pending.unchecked(onDisk)
  }

  /**
   * The document was held against the schema, with what `unchecked` gave. What breaks it is deleted by an entry of the
   * server's own, right behind what was looked at, and everybody who wrote of it is stopped. The log keeps both.
   */
  checked(looked: Unchecked, { breaches, update }: SchemaFinding): void {
    if (this.#broken) return
    this.#pending.checked(looked, update && this.#deletionOf(update))
    if (this.#pending.waits) this.#ports.onEntry(this)
    const authors = new Map<string, string>()
    for (const { clientId, what } of breaches) authors.set(this.#clients.ownerOf(clientId) ?? '', what)
    for (const [userId, what] of authors) {
      this.#ports.onBreach(this, userId, what)
      this.#members.stop(userId)
    }
  }

  /** The check itself failed: what is held was not accepted by it, and nothing behind it can be. */
  uncheckable(reason: string): void {
    if (this.#pending.isHeld) this.#break({ refused: reason })
  }

  committed(row: NewRow): void {
    if (this.#broken) return
    this.#schemaVersion = Math.max(this.#schemaVersion, row.schemaVersion)
    this.#history.append(row)
    for (const { clientId, n } of this.#pending.committed()) this.#clients.commit(clientId, n)
    this.#ports.wire.relay(
      this.number,
      encodeRow({ room: this.number, seq: row.seq, chain: row.chain, entries: row.entries }),
    )
    this.#ports.onCommitted(this)
  }

  refused(_row: NewRow, reason: string): void {
    this.#break({ refused: reason })
  }

  lost(_row: NewRow): void {
    this.#break('lost')
  }

  slow(): void {
    if (!this.#broken) this.#ports.wire.notice({ room: this.number, code: 'storage-slow' })
  }

  /** Says that what was slow is quick again. */
  recovered(): void {
    if (!this.#broken) this.#ports.wire.notice({ room: this.number, code: 'storage-ok' })
  }

  #break(why: { readonly refused: string } | 'lost'): void {
    if (this.#broken) return
    this.#broken = true
    this.#ports.onBroken(this, why)
  }

  #judge(member: Member, body: BatchBody): BatchOutcome {
    if (this.#broken)
      return refuse('storage-failed', 'the document is being read again; send it again after the reset', 1000)
    return this.#intake.take(member, body, this.#schemaVersion)
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

  /** Makes the server's own entry that deletes what breaks the schema. It holds no structs. */
  #deletionOf(update: Uint8Array): Pending {
    const own = this.#clients.acceptOwn(this.#members.clientIds())
    const entry = { kind: ENTRY_BODY_UPDATE, ...own, updates: [update] } as const
    return { entry, bytes: update.length, schemaVersion: this.#schemaVersion, types: 0, made: 0 }
  }
}
