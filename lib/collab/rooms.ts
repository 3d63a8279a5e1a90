import { ByteList } from '#lib/protocol/byte-list.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import type { Role } from '#lib/protocol/identity.ts'
import type { ChainHash } from '#lib/protocol/log-row.ts'
import type { RoleChange } from '#lib/protocol/messages/access.ts'
import type { CompareRequest, Verdict } from '#lib/protocol/messages/compare.ts'
import type { Joined, Reset } from '#lib/protocol/messages/join.ts'
import type { BatchBody } from '#lib/protocol/messages/update.ts'
import { DamagedDocument, type DocumentStore } from './document-store.ts'
import type { RoomEvent } from './events.ts'
import { COMPACTION_POLICY, type CompactionPolicy } from './folding/compaction-policy.ts'
import { type Check, Compactor, type Fold } from './folding/compactor.ts'
import { ContentDigests, type Digest } from './folding/content-digests.ts'
import { CommitQueue } from './log/commit-queue.ts'
import type { Cursor } from './log/room-history.ts'
import { SnapshotCache } from './log/snapshot-cache.ts'
import type { Connection, Member } from './members.ts'
import { Room, type RoomPorts, type RoomWire } from './room.ts'

export interface RoomsOptions {
  readonly store: DocumentStore
  readonly wire: RoomWire
  readonly clock: Clock
  readonly hash: ChainHash
  /** Runs `foldDocument` (fold.ts) off the event loop, within limits of time and memory. */
  readonly fold: Fold
  /** Runs `checkDocument` (fold.ts) likewise. */
  readonly check: Check
  /** Runs `digestDocument` (fold.ts) likewise. */
  readonly digest: Digest
  /** What all of them took of a core so far, ms. */
  readonly foldingSpent: () => number
  /** Bytes of snapshots kept in memory, over all documents. */
  readonly cacheBytes: number
  readonly policy?: CompactionPolicy
  readonly onEvent: (event: RoomEvent) => void
}

export interface RoomJoin {
  readonly documentId: string
  readonly role: Role
  /** The link they came by. */
  readonly linkId: string
  /** False when the role may have changed since it was judged: then nobody enters. Left out: always true. */
  readonly isCurrent?: () => boolean
  readonly clientId: number
  readonly schemaVersion: number
  readonly cursor: Cursor | null
}

/** A join's answer. `history`: an encoded HistoryBody. The other fields are those of `joinedSchema`. */
export interface RoomJoined {
  readonly ok: true
  readonly room: number
  readonly lineage: string
  readonly schemaVersion: number
  readonly acknowledged: number
  readonly mode: Joined['mode']
  /** Encoded state vector when the mode is rewind, else null. */
  readonly vector: Uint8Array | null
  readonly history: ByteList
}

/** A room nobody is in is kept this long. */
const UNLOAD_AFTER_MS = 30_000
/** When it could not be: something of it was still to be written. */
const UNLOAD_AGAIN_MS = 2000
/** After the store refused a row, its document rests this long: clients would only be refused again. */
const REFUSED_REST_MS = 1000

const NOT_FOUND = refuse('not-found', 'this document does not exist or is not shared with you')
const NOT_CURRENT = refuse('internal', 'access to the document was changed in this moment; join again', 100)
const NOT_JOINED = refuse('not-joined', 'join the document first')

const DAMAGED = refuse(
  'document-damaged',
  'what is stored of this document is damaged; the operator finds it in the log',
)

/** All documents that somebody has open, one room each. */
export class Rooms {
  readonly #store: DocumentStore
  readonly #options: RoomsOptions
  readonly #ports: RoomPorts
  readonly #queue: CommitQueue
  readonly #compactor: Compactor
  readonly #snapshots: SnapshotCache
  readonly #digests: ContentDigests
  readonly #open = new Map<string, Promise<Room>>()
  readonly #byNumber = new Map<number, Room>()
  readonly #unloads = new Map<Room, () => void>()
  /** Found damaged since the start: refused to everybody alike, also to who needs only what is sound of it. */
  readonly #damaged = new Set<string>()
  #lastNumber = 0
  #closing = false

  constructor(options: RoomsOptions) {
    const { store, clock, onEvent, wire, hash } = options
    this.#store = store
    this.#options = options
    this.#ports = {
      wire,
      hash,
      now: () => clock.now(),
      onEntry: (room) => this.#queue.add(room),
      onCommitted: (room) => this.#compactor.changed(room),
      onHeld: (room) => this.#compactor.checkSoon(room),
      onBreach: ({ documentId }, userId, reason) =>
        onEvent({ type: 'schema-broken', documentId, userId, reason }),
      onBroken: (room, why) => this.#onBroken(room, why),
    }
    this.#snapshots = new SnapshotCache(store, options.cacheBytes)
    this.#queue = new CommitQueue({
      store,
      clock,
      onFailure: (reason) => onEvent({ type: 'commit-failed', reason }),
      // To every room: who was told may have joined again since, under another number.
      onRecovered: () => {
        for (const room of this.#byNumber.values()) if (room.memberCount > 0) room.recovered()
      },
    })
    this.#compactor = new Compactor({
      store,
      clock,
      fold: options.fold,
      check: options.check,
      spent: options.foldingSpent,
      policy: options.policy ?? COMPACTION_POLICY,
      onCompacted: (room) => this.#snapshots.forget(room.documentId),
      onDamaged: (room, reason) => this.#quarantine(room.documentId, reason, room),
      onEvent,
    })
    this.#digests = new ContentDigests({
      store,
      digest: options.digest,
      whenSpare: (room, work) => this.#compactor.whenSpare(room, work),
      onEvent,
    })
  }

  /** Documents in memory. */
  get size(): number {
    return this.#byNumber.size
  }

  /**
   * Enters the relay group and answers with what the client lacks. A reconnect is a join; repeating is harmless. The
   * member may have been shown out again when this resolves: `roleOf` tells.
   */
  async join(connection: Connection, request: RoomJoin): Promise<RoomJoined | Refusal> {
    if (this.#closing) return refuse('draining', 'the server is restarting; come back', 1000)
    const { documentId, cursor } = request
    if (this.#damaged.has(documentId)) return DAMAGED
    let room: Room
    try {
      room = await this.#load(documentId)
    } catch (error) {
      return this.#loadRefusal(documentId, error)
    }
    // From here to the reading of the rows nothing awaits: what is committed later reaches the member as a frame.
    if (request.isCurrent?.() === false) return NOT_CURRENT
    const entered = room.enter({
      connection,
      clientId: request.clientId,
      role: request.role,
      linkId: request.linkId,
      schemaVersion: request.schemaVersion,
    })
    if ('ok' in entered) return entered
    this.#unloads.get(room)?.()
    this.#unloads.delete(room)
    const mode = room.modeFor(cursor)
    if (mode === 'rewind' && cursor && cursor.seq > room.headSeq) {
      this.#options.onEvent({ type: 'history-behind', documentId, head: room.headSeq, claimed: cursor.seq })
    }
    const answer = {
      ok: true as const,
      room: room.number,
      lineage: room.lineage,
      schemaVersion: room.schemaVersion,
      acknowledged: entered.acknowledged,
      mode,
      vector: mode === 'rewind' ? room.vector() : null,
    }
    const tail = mode === 'tail' && cursor ? room.tail(cursor.seq) : null
    const history = tail ?? (await this.#snapshotAndTail(room))
    if (!(history instanceof ByteList)) {
      room.leave(connection.id)
      this.#unloadSoon(room)
      return history
    }
    return { ...answer, history }
  }

  /** Takes one part of one batch. Answers by relay or `connection.ack`, never by a return value. */
  receive(connection: Connection, batch: BatchBody): void {
    const room = this.#byNumber.get(batch.room)
    if (room && !this.#closing) {
      room.receive(connection, batch)
      return
    }
    const refusal = this.#closing
      ? refuse('draining', 'the server is restarting; send it again after the next join', 1000)
      : refuse('not-joined', 'join the document first')
    connection.ack({ room: batch.room, clientId: batch.clientId, n: batch.n, refusal })
  }

  /** What follows row `seq` as an encoded HistoryBody; a snapshot is in it when the rows are no longer kept. */
  async pull(connection: Connection, number: number, seq: number): Promise<ByteList | Refusal> {
    const room = this.#byNumber.get(number)
    if (!room?.roleOf(connection.id)) return NOT_JOINED
    return room.tail(seq) ?? (await this.#snapshotAndTail(room))
  }

  /** Whether a member's copy shows what the log gives (`ContentDigests.compare`). */
  async compare(connection: Connection, request: CompareRequest): Promise<Verdict | Refusal> {
    const room = this.#byNumber.get(request.room)
    const member = room?.memberOf(connection.id)
    if (!room || !member) return NOT_JOINED
    const verdict = await this.#digests.compare(room, member, request)
    return room.roleOf(connection.id) === null ? NOT_JOINED : verdict
  }

  /** Somebody's role in a room; null: they are not in it. */
  roleOf(connection: Connection, number: number): Role | null {
    return this.#byNumber.get(number)?.roleOf(connection.id) ?? null
  }

  /** Everybody who has a document open. */
  async membersOf(documentId: string): Promise<Member[]> {
    const room = await this.#open.get(documentId)?.catch(() => null)
    return room?.members() ?? []
  }

  /**
   * Judges everybody in a document's room again, all at once (`Room.changeRoles`). Nothing happens when nobody has it
   * open.
   */
  async changeRoles(
    documentId: string,
    roleOf: (member: Member) => Role | null,
    reason: RoleChange['reason'],
  ): Promise<void> {
    const room = await this.#open.get(documentId)?.catch(() => null)
    if (!room) return
    room.changeRoles(roleOf, reason)
    this.#unloadSoon(room)
  }

  /** Leaves one room, or every room when `number` is left out (the connection closed). Repeating is harmless. */
  leave(connection: Connection, number?: number): void {
    const left = number === undefined ? this.#byNumber.values() : [this.#byNumber.get(number)]
    for (const room of left) {
      if (!room?.roleOf(connection.id)) continue
      room.leave(connection.id)
      this.#unloadSoon(room)
    }
  }

  /** Ends every member's access to a document: deleted, or its history replaced. */
  async end(documentId: string, reason: Reset['reason']): Promise<void> {
    const room = await this.#open.get(documentId)?.catch(() => null)
    if (room) this.#drop(room, reason)
  }

  /** Commits what waits; nothing is accepted any more. */
  async close(): Promise<void> {
    this.#closing = true
    await this.#queue.drain()
    for (const cancel of this.#unloads.values()) cancel()
    this.#unloads.clear()
    await this.#compactor.close()
  }

  /** Single-flight: everybody who comes while a document is being read shares the one reading. */
  #load(documentId: string): Promise<Room> {
    const open = this.#open.get(documentId)
    if (open) return open
    const loading = this.#read(documentId)
    this.#open.set(documentId, loading)
    loading.catch(() => {
      // A failed load leaves nothing behind.
      if (this.#open.get(documentId) === loading) this.#open.delete(documentId)
    })
    return loading
  }

  async #read(documentId: string): Promise<Room> {
    const document = await this.#store.load(documentId)
    if (!document || document.deletedAt !== null) throw new UnknownDocument()
    const room = new Room(++this.#lastNumber, document, this.#ports)
    this.#byNumber.set(room.number, room)
    this.#unloadSoon(room)
    // Nobody knows whether the process ended before these rows were looked at.
    if (document.headSeq > (document.snapshot?.seq ?? 0)) this.#compactor.changed(room)
    return room
  }

  async #snapshotAndTail(room: Room): Promise<ByteList | Refusal> {
    try {
      return await this.#snapshots.history(
        room.documentId,
        () => room.headSeq,
        (seq) => room.rowsAfter(seq),
      )
    } catch (error) {
      return this.#loadRefusal(room.documentId, error, room)
    }
  }

  #loadRefusal(documentId: string, error: unknown, room?: Room): Refusal {
    if (error instanceof UnknownDocument) return NOT_FOUND
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof DamagedDocument) {
      this.#quarantine(documentId, reason, room)
      return DAMAGED
    }
    this.#options.onEvent({ type: 'load-failed', documentId, reason })
    return refuse('storage-failed', 'the document could not be read; try again', 2000)
  }

  #quarantine(documentId: string, reason: string, room?: Room): void {
    this.#damaged.add(documentId)
    this.#options.onEvent({ type: 'document-damaged', documentId, reason })
    if (room) this.#drop(room, 'damaged')
  }

  #onBroken(room: Room, why: { readonly refused: string } | 'lost'): void {
    if (why === 'lost') {
      this.#drop(room, 'rejoin')
      return
    }
    this.#options.onEvent({ type: 'row-refused', documentId: room.documentId, reason: why.refused })
    this.#options.clock.after(REFUSED_REST_MS, () => this.#drop(room, 'rejoin'))
  }

  #drop(room: Room, reason: Reset['reason']): void {
    this.#forget(room)
    room.end(reason)
  }

  #forget(room: Room): void {
    // A room loaded again since has another number.
    if (!this.#byNumber.delete(room.number)) return
    this.#open.delete(room.documentId)
    this.#unloads.get(room)?.()
    this.#unloads.delete(room)
    this.#compactor.forget(room)
    this.#snapshots.forget(room.documentId)
  }

  #unloadSoon(room: Room, afterMs = UNLOAD_AFTER_MS): void {
    if (room.memberCount > 0 || this.#unloads.has(room) || this.#closing) return
    const cancel = this.#options.clock.after(afterMs, () => {
      this.#unloads.delete(room)
      if (room.idle && !this.#compactor.waits(room)) {
        this.#forget(room)
        return
      }
      this.#compactor.hurry(room)
      this.#unloadSoon(room, UNLOAD_AGAIN_MS)
    })
    this.#unloads.set(room, cancel)
  }
}

class UnknownDocument extends Error {
  override readonly name = 'UnknownDocument'
}
