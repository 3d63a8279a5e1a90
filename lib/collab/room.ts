import { type ErrorCode, type Refusal, refuse } from '../protocol/errors.ts'
import type { Ack, HISTORY_MODES, Notice, Reset, RoleChange } from '../protocol/events.ts'
import { mayEdit, type Role } from '../protocol/identity.ts'
import { LIMITS } from '../protocol/limits.ts'
import { SCHEMA_VERSION } from '../protocol/version.ts'
import {
  type BatchBody,
  type ChainHash,
  chainAfter,
  chainToHex,
  decodeEntries,
  decodeUpdates,
  EMPTY_CHAIN,
  ENTRY_BODY_UPDATE,
  type Entry,
  encodeEntries,
  encodeHistory,
  encodeRow,
  MalformedBody,
  NO_CHAIN,
} from '../protocol/wire.ts'
import { Assembly } from './assembly.ts'
import type { CommitSource } from './commit-queue.ts'
import {
  DamagedDocument,
  damageIn,
  type NewRow,
  type SnapshotHead,
  type StoredDocument,
  type StoredRow,
} from './document-store.ts'
import { RowLog } from './row-log.ts'
import type { SchemaFinding } from './schema-check.ts'
import { decodeVector, encodeVector } from './state-vector.ts'
import { checkUpdates, scanClocks } from './update-gate.ts'

/** One connection as the rules see it. The methods send; none throws, none waits. */
export interface Connection {
  readonly id: string
  readonly userId: string
  /** The guests this user once was: their client ids are the user's. Left out: none. */
  readonly aliases?: ReadonlySet<string>
  /** Joins the group that `RoomWire.relay` reaches. Repeating is harmless. */
  enter(room: number): void
  exit(room: number): void
  ack(ack: Ack): void
  reset(reset: Reset): void
  /** This connection's role in a room is another one from now on. */
  changeRole(change: RoleChange): void
  /** Closes the connection, after saying that it wrote what breaks the schema. */
  stop(room: number): void
}

/** Sends to everybody in a room at once. */
export interface RoomWire {
  /** `document:update`; `frame` is a row body (wire.ts). */
  relay(room: number, frame: Uint8Array): void
  notice(notice: Notice): void
}

export interface Member {
  readonly connection: Connection
  readonly clientId: number
  readonly role: Role
  /** The link they came by. */
  readonly linkId: string
  readonly schemaVersion: number
}

/** A cursor as a client claims it. */
export interface Cursor {
  readonly lineage: string
  readonly seq: number
  readonly chain: string
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

interface Client {
  readonly userId: string
  /** Last batch in the log. */
  committed: number
  /** Last batch accepted, those on their way to disk included. */
  accepted: number
}

interface Waiting {
  readonly entry: Entry
  readonly bytes: number
  readonly schemaVersion: number
  /** Types it makes, and types and values. */
  readonly types: number
  readonly made: number
  /** It and what is behind it go to disk after a check. */
  held: boolean
}

/** What a check is about to look at besides the rows on disk. */
export interface Unchecked {
  /** Encoded entries that are accepted and not on disk yet. */
  readonly entries: Uint8Array
  readonly types: number
  readonly made: number
  readonly waiting: ReadonlySet<object>
}

/** A row is cut at this many bytes of updates; what is left goes into the next commit. */
const ROW_BYTES = LIMITS.messageBytes
/** Accepted but not on disk yet, per document; beyond it clients are asked to wait. */
const WAITING_BYTES = 16 * 1024 * 1024
/** How long after a restore others' structs may be uploaded again. */
const RESTORE_WINDOW_MS = 30 * 24 * 3600 * 1000

/** Whose entries those are that delete what breaks the schema; no account has this id. */
const SERVER_USER = 'server'

const CLIENT_ID_TAKEN = refuse('client-id-taken', 'make a new Y.Doc: this client id belongs to somebody else')

/**
 * One document in memory: a cache of its log, and the rules of what may be appended.
 * What is accepted goes to the commit queue; what is on disk is relayed, and only that.
 */
export class Room implements CommitSource {
  readonly number: number
  readonly documentId: string
  readonly lineage: string
  readonly #ports: RoomPorts
  readonly #members = new Map<string, Member>()
  readonly #assemblies = new Map<string, Assembly>()
  readonly #clocks = new Map<number, number>()
  readonly #clients = new Map<number, Client>()
  readonly #restoredAt: number | null
  #schemaVersion: number
  #headSeq: number
  #headChain: Uint8Array
  #snapshot: SnapshotHead | null
  /** Up to the head. */
  readonly #rows: RowLog
  #waiting: Waiting[] = []
  #waitingBytes = 0
  /** Of the rows after the snapshot. */
  #tailBytes: number
  #full = false
  #inFlight: readonly Waiting[] = []
  /** Types, and types and values, accepted since the document was last held against the schema. */
  #uncheckedTypes = 0
  #uncheckedMade = 0
  #broken = false

  /** Throws DamagedDocument when the rows do not form the chain that ends in the stored head. */
  constructor(number: number, document: StoredDocument, ports: RoomPorts) {
    this.#ports = ports
    this.number = number
    this.documentId = document.documentId
    this.lineage = document.lineage
    this.#restoredAt = document.restoredAt
    this.#schemaVersion = document.schemaVersion
    this.#headSeq = document.headSeq
    this.#headChain = document.headChain
    this.#snapshot = document.snapshot
    this.#rows = new RowLog(document.rows)
    const damage = damageIn(document, ports.hash)
    if (damage !== null) throw new DamagedDocument(this.documentId, damage)
    for (const { clientId, userId, lastN } of document.clients) {
      this.#clients.set(clientId, { userId, committed: lastN, accepted: lastN })
    }
    if (document.snapshot) {
      for (const [clientId, clock] of decodeVector(document.snapshot.vector))
        this.#clocks.set(clientId, clock)
    }
    const covered = document.snapshot?.seq ?? 0
    for (const row of document.rows) if (row.seq > covered) this.#learn(row)
    this.#tailBytes = this.#weighTail()
  }

  get headSeq(): number {
    return this.#headSeq
  }

  get schemaVersion(): number {
    return this.#schemaVersion
  }

  get snapshot(): SnapshotHead | null {
    return this.#snapshot
  }

  /** Every row kept, oldest first, made anew at each call. */
  rows(): readonly StoredRow[] {
    return this.#rows.after(this.#rows.firstSeq - 1) ?? []
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
    return this.#members.size === 0 && this.#waiting.length === 0 && this.#inFlight.length === 0
  }

  /** Who is bound to which client id, and the last batch in the log of each: what a compaction writes. */
  clients(): { clientId: number; userId: string; lastN: number }[] {
    return [...this.#clients].map(([clientId, { userId, committed }]) => ({
      clientId,
      userId,
      lastN: committed,
    }))
  }

  /** The state vector of everything accepted, encoded. */
  vector(): Uint8Array {
    return encodeVector(this.#clocks)
  }

  /** Enters a member; its client id is its user's from now on. Repeating replaces. */
  enter(member: Member): Refusal | { readonly acknowledged: number } {
    const { clientId, connection } = member
    if (this.#isTaken(clientId, connection)) return CLIENT_ID_TAKEN
    this.#members.set(connection.id, member)
    connection.enter(this.number)
    return { acknowledged: this.#clients.get(clientId)?.committed ?? 0 }
  }

  /** Repeating is harmless. */
  leave(connectionId: string): void {
    const member = this.#members.get(connectionId)
    this.#members.delete(connectionId)
    this.#assemblies.delete(connectionId)
    member?.connection.exit(this.number)
  }

  /** Somebody's role here; null: they are not in the room. */
  roleOf(connectionId: string): Role | null {
    return this.#members.get(connectionId)?.role ?? null
  }

  /** Everybody who is here. */
  members(): Member[] {
    return [...this.#members.values()]
  }

  /**
   * Judges everybody here again; null takes the room away from them. What was accepted before stays accepted, what
   * comes after is judged by the new role.
   */
  changeRoles(roleOf: (member: Member) => Role | null, reason: RoleChange['reason']): void {
    for (const member of this.members()) {
      const role = roleOf(member)
      const { connection } = member
      if (role === null) {
        connection.reset({ room: this.number, reason: 'withdrawn' })
        this.leave(connection.id)
      } else if (role !== member.role) {
        this.#members.set(connection.id, { ...member, role })
        if (!mayEdit(role)) this.#assemblies.delete(connection.id)
        connection.changeRole({ room: this.number, role, reason })
      }
    }
  }

  /** How the history stands to a client's cursor. */
  modeFor(cursor: Cursor | null): (typeof HISTORY_MODES)[number] {
    if (!cursor) return 'snapshot'
    if (cursor.lineage !== this.lineage) return 'lineage'
    if (cursor.seq > this.#headSeq || cursor.chain === NO_CHAIN) return 'rewind'
    const chain = this.#chainAt(cursor.seq)
    // Trimmed: its chain can't be compared. Only a restore can have made it a false one.
    if (!chain) return this.#restoredAt === null ? 'snapshot' : 'rewind'
    if (chainToHex(chain) !== cursor.chain) return 'rewind'
    return this.rowsAfter(cursor.seq) ? 'tail' : 'snapshot'
  }

  /** Encoded HistoryBody of the rows after `seq`, or null when they are no longer all kept. */
  tail(seq: number): Uint8Array | null {
    const rows = this.rowsAfter(seq)
    return rows && encodeHistory({ snapshot: null, rows })
  }

  /** The rows after `seq`, or null when they are no longer all kept. */
  rowsAfter(seq: number): readonly StoredRow[] | null {
    if (seq === this.#headSeq) return []
    return seq > this.#headSeq || this.#rows.size === 0 ? null : this.#rows.after(seq)
  }

  /** Takes one part of one batch. Answers by the committed frame or by an ack; never throws on anything from outside. */
  receive(connection: Connection, body: BatchBody): void {
    const member = this.#members.get(connection.id)
    const refusal = member ? this.#accept(member, body) : refuse('not-joined', 'join the document first')
    if (refusal) connection.ack({ room: this.number, clientId: body.clientId, n: body.n, refusal })
  }

  /** Ends every membership. */
  end(reason: Reset['reason']): void {
    for (const { connection } of [...this.#members.values()]) {
      connection.reset({ room: this.number, reason })
      this.leave(connection.id)
    }
    this.#broken = true
  }

  /** A snapshot was written that covers rows up to its seq. */
  compacted(snapshot: SnapshotHead): void {
    this.#snapshot = snapshot
    this.#tailBytes = this.#weighTail()
    this.#full = false
  }

  /** Rows up to `seq` are no longer kept. */
  trimmed(seq: number): void {
    this.#rows.trim(seq)
  }

  take(): { row: NewRow; more: boolean } | null {
    if (this.#broken || this.#waiting.length === 0) return null
    let bytes = 0
    let count = 0
    let schemaVersion = this.#schemaVersion
    for (const waiting of this.#waiting) {
      if (waiting.held) break
      if (count > 0 && bytes + waiting.bytes > ROW_BYTES) break
      bytes += waiting.bytes
      schemaVersion = Math.max(schemaVersion, waiting.schemaVersion)
      count++
    }
    if (count === 0) return null
    this.#inFlight = this.#waiting.splice(0, count)
    const entries = encodeEntries(this.#inFlight.map(({ entry }) => entry))
    const seq = this.#headSeq + 1
    const chain = chainAfter(this.#ports.hash, this.#headChain, seq, entries)
    const at = this.#ports.now()
    return {
      row: { documentId: this.documentId, seq, chain, at, entries, schemaVersion },
      more: this.#waiting[0]?.held === false,
    }
  }

  /** False: the document is of a schema version that this server does not know. */
  get isOurs(): boolean {
    return this.#schemaVersion <= SCHEMA_VERSION
  }

  /** True when more than plain text came since the last check. */
  get needsCheck(): boolean {
    return this.#uncheckedMade > 0 && this.isOurs
  }

  /** What `checked` is told of afterwards; `onDisk`: a check of the rows alone. */
  unchecked(onDisk: boolean): Unchecked {
    const pending = [...this.#inFlight, ...this.#waiting]
    const looked = onDisk ? [] : pending
    const left = onDisk ? pending : []
    return {
      entries: encodeEntries(looked.map(({ entry }) => entry)),
      types: left.reduce((sum, each) => sum - each.types, this.#uncheckedTypes),
      made: left.reduce((sum, each) => sum - each.made, this.#uncheckedMade),
      waiting: new Set(looked),
    }
  }

  /**
   * The document was held against the schema, with what `unchecked` gave. What breaks it is deleted by an entry of the
   * server's own, right behind what was looked at, and everybody who wrote of it is stopped. The log keeps both.
   */
  checked({ types, made, waiting }: Unchecked, { breaches, update }: SchemaFinding): void {
    if (this.#broken) return
    this.#uncheckedTypes -= types
    this.#uncheckedMade -= made
    let behind = 0
    for (const [i, each] of this.#waiting.entries()) {
      if (!waiting.has(each)) continue
      each.held = false
      behind = i + 1
    }
    if (update) this.#delete(update, behind)
    if (this.#waiting.length > 0) this.#ports.onEntry(this)
    const authors = new Map<string, string>()
    for (const { clientId, what } of breaches) authors.set(this.#clients.get(clientId)?.userId ?? '', what)
    for (const [userId, what] of authors) {
      this.#ports.onBreach(this, userId, what)
      for (const { connection } of [...this.#members.values()])
        if (isUser(connection, userId)) connection.stop(this.number)
    }
  }

  /** The check itself failed: what is held was not accepted by it, and nothing behind it can be. */
  uncheckable(reason: string): void {
    if (this.#waiting.some(({ held }) => held)) this.#break({ refused: reason })
  }

  #delete(update: Uint8Array, behind: number): void {
    const [clientId, n] = this.#ownNumber()
    const user = n === 1 ? SERVER_USER : ''
    const entry: Entry = { kind: ENTRY_BODY_UPDATE, clientId, n, user, updates: [update] }
    const bytes = update.length
    this.#waiting.splice(behind, 0, {
      entry,
      bytes,
      schemaVersion: this.#schemaVersion,
      types: 0,
      made: 0,
      held: false,
    })
    this.#waitingBytes += bytes
  }

  /** The server's client id in this document, and the number of its next entry. It writes no structs. */
  #ownNumber(): [clientId: number, n: number] {
    for (const [clientId, client] of this.#clients) {
      if (client.userId === SERVER_USER) return [clientId, ++client.accepted]
    }
    let clientId = 0xffff_ffff
    const present = new Set([...this.#members.values()].map((member) => member.clientId))
    while ([this.#clients, this.#clocks, present].some((known) => known.has(clientId))) clientId--
    this.#clients.set(clientId, { userId: SERVER_USER, committed: 0, accepted: 1 })
    return [clientId, 1]
  }

  committed(row: NewRow): void {
    if (this.#broken) return
    this.#headSeq = row.seq
    this.#headChain = row.chain
    this.#schemaVersion = Math.max(this.#schemaVersion, row.schemaVersion)
    this.#rows.append(row)
    this.#tailBytes += row.entries.length
    for (const { entry, bytes } of this.#inFlight) {
      this.#waitingBytes -= bytes
      const client = this.#clients.get(entry.clientId)
      if (client) client.committed = entry.n
    }
    this.#inFlight = []
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

  #accept(member: Member, body: BatchBody): Refusal | null {
    if (this.#broken)
      return refuse('storage-failed', 'the document is being read again; send it again after the reset', 1000)
    if (!mayEdit(member.role)) return refuse('read-only', 'you may read this document, not change it')
    // Of a newer schema nothing can be checked: whoever brings it has a page of another server.
    if (member.schemaVersion < this.#schemaVersion || member.schemaVersion > SCHEMA_VERSION) {
      return refuse(
        'schema-too-old',
        'reload: the document needs the version of the editor that this server has',
      )
    }
    const { connection } = member
    if (this.#isTaken(body.clientId, connection)) return CLIENT_ID_TAKEN
    const client = this.#clients.get(body.clientId)
    if (client && body.n <= client.committed) {
      connection.ack({ room: this.number, clientId: body.clientId, n: client.committed })
      return null
    }
    if (client && body.n <= client.accepted) return null // its frame is on the way, and is the answer
    const last = client?.accepted ?? 0
    // Only a batch that holds all its client has may leave numbers out: what it skips is in it.
    if (body.n < 1 || (body.n > last + 1 && !body.restore)) {
      return refuse('rewind', `send again from batch ${last + 1}`)
    }
    const payload = this.#assemble(connection.id, body)
    if (payload === null) return null
    if (!(payload instanceof Uint8Array)) return payload
    return this.#append(member, body, payload)
  }

  #append(member: Member, body: BatchBody, payload: Uint8Array): Refusal | null {
    if (this.#waitingBytes + payload.length > WAITING_BYTES) {
      return refuse('storage-slow', 'more is waiting for the disk than may; send it again', 1000)
    }
    let updates: Uint8Array[]
    try {
      updates = decodeUpdates(payload)
    } catch (error) {
      if (error instanceof MalformedBody) return refuse('invalid-update', error.message)
      throw error
    }
    if (updates.length === 0) return refuse('invalid-update', 'a batch holds at least one update')
    const clocks = { get: (clientId: number) => this.#clocks.get(clientId) ?? 0 }
    const checked = checkUpdates(updates, { clientId: body.clientId, clocks, restore: body.restore })
    if (!checked.ok) return refuse(checked.code satisfies ErrorCode, checked.message)
    // What only deletes makes room.
    if (checked.clocks.size > 0 && this.#bytes() + payload.length > LIMITS.documentBytes) {
      this.#full = true
      return refuse(
        'document-full',
        `a document holds at most ${LIMITS.documentBytes} bytes; begin another one`,
      )
    }
    const { userId } = member.connection
    for (const clientId of checked.clocks.keys()) {
      const owner = this.#clients.get(clientId)?.userId
      if (
        clientId !== body.clientId &&
        !(owner && isUser(member.connection, owner)) &&
        !this.#restoreOpen() &&
        (owner || !body.restore)
      ) {
        return refuse('foreign-client', 'a batch holds structs of its own client id only')
      }
    }
    for (const [clientId, clock] of checked.clocks) this.#clocks.set(clientId, clock)
    const client = this.#clients.get(body.clientId)
    const first = !client
    if (client) client.accepted = body.n
    else this.#clients.set(body.clientId, { userId, committed: 0, accepted: body.n })
    // A client's name stands once in the log, in its first entry.
    const user = first ? userId : ''
    const entry: Entry = { kind: ENTRY_BODY_UPDATE, clientId: body.clientId, n: body.n, user, updates }
    const { types } = checked
    const made = types + checked.values
    this.#uncheckedTypes += types
    this.#uncheckedMade += made
    const held = types > 0 && this.#uncheckedTypes > LIMITS.uncheckedTypes && this.isOurs
    this.#waiting.push({
      entry,
      bytes: payload.length,
      schemaVersion: member.schemaVersion,
      types,
      made,
      held,
    })
    this.#waitingBytes += payload.length
    if (held) this.#ports.onHeld(this)
    else this.#ports.onEntry(this)
    return null
  }

  /** The whole payload; null while parts are missing. */
  #assemble(connectionId: string, body: BatchBody): Uint8Array | Refusal | null {
    if (body.parts === 1 && body.part === 0) return body.payload
    const known = this.#assemblies.get(connectionId)
    const assembly = body.part === 0 ? new Assembly(body) : known
    if (!assembly) return refuse('rewind', 'send the batch again from its first part')
    const whole = assembly.add(body)
    if (whole === null) this.#assemblies.set(connectionId, assembly)
    else this.#assemblies.delete(connectionId)
    return whole
  }

  /** Bound in the log to somebody else, or in use by somebody else who is here and has not typed yet. */
  #isTaken(clientId: number, connection: Connection): boolean {
    const bound = this.#clients.get(clientId)
    if (bound) return !isUser(connection, bound.userId)
    for (const member of this.#members.values()) {
      if (member.clientId === clientId && !isUser(connection, member.connection.userId)) return true
    }
    return false
  }

  /** What of this document counts against LIMITS.documentBytes. */
  #bytes(): number {
    return (this.#snapshot?.bytes ?? 0) + this.#tailBytes + this.#waitingBytes
  }

  #weighTail(): number {
    const rows = this.rowsAfter(this.#snapshot?.seq ?? 0) ?? []
    return rows.reduce((sum, { entries }) => sum + entries.length, 0)
  }

  #restoreOpen(): boolean {
    return this.#restoredAt !== null && this.#ports.now() - this.#restoredAt < RESTORE_WINDOW_MS
  }

  #chainAt(seq: number): Uint8Array | null {
    if (seq === this.#headSeq) return this.#headChain
    if (seq === 0) return EMPTY_CHAIN
    if (this.#snapshot?.seq === seq) return this.#snapshot.chain
    return this.#rows.chainAt(seq)
  }

  #learn(row: StoredRow): void {
    for (const entry of decodeEntries(row.entries)) {
      const client = this.#clients.get(entry.clientId)
      if (client) client.committed = client.accepted = Math.max(client.committed, entry.n)
      else this.#clients.set(entry.clientId, { userId: entry.user, committed: entry.n, accepted: entry.n })
      if (entry.kind === ENTRY_BODY_UPDATE)
        for (const update of entry.updates) scanClocks(update, this.#clocks)
    }
  }
}

/** True when a connection is that user's, now or as the guest they were. */
function isUser({ userId, aliases }: Connection, other: string): boolean {
  return userId === other || (aliases?.has(other) ?? false)
}
