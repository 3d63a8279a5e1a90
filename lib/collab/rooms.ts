import { ByteList } from '#lib/protocol/byte-list.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { REFUSALS, type Refusal, reasonOf, refuse } from '#lib/protocol/errors.ts'
import type { PresenceIdentity } from '#lib/protocol/identity.ts'
import type { ChainHash } from '#lib/protocol/log-row.ts'
import type { CompareRequest, Verdict } from '#lib/protocol/messages/compare.ts'
import type { Joined, Reset } from '#lib/protocol/messages/join.ts'
import type { BatchBody } from '#lib/protocol/messages/update.ts'
import { Assemblies } from './assembly.ts'
import { type Budgets, NO_BUDGETS } from './budget.ts'
import { DamagedDocument, type DocumentStore } from './document-store.ts'
import type { RoomEvent } from './events.ts'
import { COMPACTION_POLICY, type CompactionPolicy } from './folding/compaction-policy.ts'
import { Compactor, type FoldRunner, type TitleSink } from './folding/compactor.ts'
import { ContentDigests } from './folding/content-digests.ts'
import { CommitQueue } from './log/commit-queue.ts'
import type { Cursor } from './log/room-history.ts'
import { SnapshotCache } from './log/snapshot-cache.ts'
import type { PresenceRules } from './presence/room-presence.ts'
import { Room, type RoomPorts } from './room.ts'
import type { Connection, Seat, SeatTerms } from './seats.ts'

export interface RoomsOptions {
  readonly store: DocumentStore
  readonly clock: Clock
  readonly hash: ChainHash
  readonly folding: FoldRunner
  /** Receives the titles of documents as they are projected. */
  readonly titles: TitleSink
  readonly presence: PresenceRules
  /** Maximum bytes of snapshots kept in memory, over all documents. */
  readonly cacheBytes: number
  readonly policy?: CompactionPolicy
  /** How much each document may grow. Default: without limit. */
  readonly budgets?: Budgets
  readonly onEvent: (event: RoomEvent) => void
}

export interface RoomJoin extends SeatTerms {
  readonly documentId: string
  /** Returns false if the role may have changed since it was judged, which refuses the join. Default: always true. */
  readonly isCurrent?: () => boolean
  readonly cursor: Cursor | null
}

/**
 * The answer to a join. The fields `lineage`, `schemaVersion`, `acknowledged` and `mode` are those of `joinedSchema`.
 */
export interface RoomJoined {
  readonly ok: true
  readonly seat: Seat
  readonly lineage: string
  readonly schemaVersion: number
  readonly acknowledged: number
  readonly mode: Joined['mode']
  /** Encoded state vector if the mode is rewind, else null. */
  readonly vector: Uint8Array | null
  /** Encoded HistoryBody. */
  readonly history: ByteList
}

/** An empty room stays in memory for this long, ms. */
const UNLOAD_AFTER_MS = 30_000
/** An empty room that still has something to write is looked at again after this long, ms. */
const UNLOAD_AGAIN_MS = 2000
/** After the store refused a row, its document rests for this long, ms: clients would only be refused again. */
const REFUSED_REST_MS = 1000

const DAMAGED = refuse(
  'document-damaged',
  'what is stored of this document is damaged; the operator finds it in the log',
)

/** All open documents, one room each. */
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
  /**
   * Documents found damaged since the start. Refused to everyone, even to clients that need only the undamaged
   * part.
   */
  readonly #damaged = new Set<string>()
  #lastNumber = 0
  #closing = false

  constructor(options: RoomsOptions) {
    const { store, clock, hash, presence, folding, titles, onEvent } = options
    this.#store = store
    this.#options = options
    this.#snapshots = new SnapshotCache(store, options.cacheBytes)
    this.#queue = new CommitQueue({
      store,
      clock,
      onFailure: (reason) => onEvent({ type: 'commit-failed', reason }),
      // In every room, because members that were warned may have joined again under another room number.
      onRecovered: () => {
        for (const room of this.#byNumber.values()) room.recovered()
      },
    })
    this.#compactor = new Compactor({
      store,
      clock,
      folding,
      policy: options.policy ?? COMPACTION_POLICY,
      titles,
      keeper: {
        compacted: ({ documentId }) => this.#snapshots.forget(documentId),
        damaged: (room, reason) => this.#quarantine(room.documentId, reason, room),
      },
      onEvent,
    })
    this.#digests = new ContentDigests({ store, folding, spare: this.#compactor, onEvent })
    this.#ports = {
      hash,
      clock,
      queue: this.#queue,
      compactor: this.#compactor,
      presence,
      assemblies: new Assemblies(clock),
      budgets: options.budgets ?? NO_BUDGETS,
      keeper: {
        emptied: (room) => this.#unloadSoon(room),
        breached: ({ documentId }, userId, reason) =>
          onEvent({ type: 'schema-broken', documentId, userId, reason }),
        broken: (room, why) => this.#onBroken(room, why),
      },
    }
  }

  /** Number of documents in memory. */
  get size(): number {
    return this.#byNumber.size
  }

  /**
   * Seats the connection, which gets every row from now on, and returns what its client lacks. A reconnect is a
   * join. A repeated join keeps its seat. The seat may have been left again when this resolves (`isLeft`).
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
    // Nothing awaits from here until the rows are read: later commits reach the member as frames.
    if (request.isCurrent?.() === false || this.#byNumber.get(room.number) !== room)
      return REFUSALS.notCurrent
    const { clientId, role, linkId, schemaVersion } = request
    const seat = room.enter(connection, { clientId, role, linkId, schemaVersion })
    if ('ok' in seat) return seat
    this.#unloads.get(room)?.()
    this.#unloads.delete(room)
    const { head } = room.history
    const mode = room.history.modeFor(cursor)
    if (mode === 'rewind' && cursor && cursor.seq > head.seq) {
      this.#options.onEvent({ type: 'history-behind', documentId, head: head.seq, claimed: cursor.seq })
    }
    const answer = {
      ok: true as const,
      seat,
      lineage: room.lineage,
      schemaVersion: room.schemaVersion,
      acknowledged: room.clients.committedOf(clientId),
      mode,
      vector: mode === 'rewind' ? room.clients.vector() : null,
    }
    const tail = mode === 'tail' && cursor ? room.history.tail(cursor.seq) : null
    const history = tail ?? (await this.#snapshotAndTail(room))
    if (history instanceof ByteList) return { ...answer, history }
    seat.leave()
    return history
  }

  /**
   * Takes one part of one batch. The answer comes as a relayed frame or by `connection.ack`, never as a return
   * value.
   */
  receive(connection: Connection, batch: BatchBody): void {
    const seat = connection.seats.get(batch.room)
    const room = this.#byNumber.get(batch.room)
    if (seat && room && !this.#closing) {
      room.receive(seat, batch)
      return
    }
    const refusal = this.#closing
      ? refuse('draining', 'the server is restarting; send it again after the next join', 1000)
      : REFUSALS.notJoined
    connection.ack({ room: batch.room, clientId: batch.clientId, n: batch.n, refusal })
  }

  /**
   * Returns the history after row `seq` as an encoded HistoryBody, with a snapshot if the rows are no longer kept.
   * Refuses a connection that is not in the room or has left it in the meantime.
   */
  async pull(connection: Connection, number: number, seq: number): Promise<ByteList | Refusal> {
    const seat = connection.seats.get(number)
    const room = this.#byNumber.get(number)
    if (!seat || !room) return REFUSALS.notJoined
    const history = room.history.tail(seq) ?? (await this.#snapshotAndTail(room))
    return seat.isLeft ? REFUSALS.notJoined : history
  }

  /** Compares a member's copy with what the log gives (`ContentDigests.compare`). */
  async compare(connection: Connection, request: CompareRequest): Promise<Verdict | Refusal> {
    const seat = connection.seats.get(request.room)
    const room = this.#byNumber.get(request.room)
    if (!seat || !room) return REFUSALS.notJoined
    const verdict = await this.#digests.compare(room, seat, request)
    return seat.isLeft ? REFUSALS.notJoined : verdict
  }

  /**
   * Returns the seats of a document's room; iterating yields those taken at that time. Empty if the document is not
   * open.
   */
  async seatsOf(documentId: string): Promise<Iterable<Seat>> {
    const room = await this.#open.get(documentId)?.catch(() => null)
    return room?.seats ?? []
  }

  /** Changes a user's name or hue in every room. */
  rename(identity: PresenceIdentity): void {
    for (const { presence } of this.#byNumber.values()) presence.rename(identity)
  }

  /** Ends every member's access to a document that was deleted or whose history was replaced. */
  async end(documentId: string, reason: Reset['reason']): Promise<void> {
    const room = await this.#open.get(documentId)?.catch(() => null)
    if (room) this.#drop(room, reason)
  }

  /** Refuses everything new, commits what waits, and shows no presence from then on. */
  async close(): Promise<void> {
    this.#closing = true
    await this.#queue.drain()
    for (const cancel of this.#unloads.values()) cancel()
    this.#unloads.clear()
    for (const { presence } of this.#byNumber.values()) presence.close()
    await this.#compactor.close()
  }

  /** Returns the room of a document. Single-flight: all joins that arrive while it is being read share one read. */
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
    // The process may have ended before these rows were folded.
    if (document.headSeq > (document.snapshot?.seq ?? 0)) this.#compactor.changed(room)
    return room
  }

  async #snapshotAndTail(room: Room): Promise<ByteList | Refusal> {
    try {
      return await this.#snapshots.history(
        room.documentId,
        () => room.history.head.seq,
        (seq) => room.history.rowsAfter(seq),
      )
    } catch (error) {
      return this.#loadRefusal(room.documentId, error, room)
    }
  }

  #loadRefusal(documentId: string, error: unknown, room?: Room): Refusal {
    if (error instanceof UnknownDocument) return REFUSALS.notFound
    const reason = reasonOf(error)
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
    // If the room was loaded again since, the new one has another number.
    if (!this.#byNumber.delete(room.number)) return
    this.#open.delete(room.documentId)
    this.#unloads.get(room)?.()
    this.#unloads.delete(room)
    this.#compactor.forget(room)
    this.#snapshots.forget(room.documentId)
  }

  #unloadSoon(room: Room, afterMs = UNLOAD_AFTER_MS): void {
    if (room.seats.size > 0 || this.#unloads.has(room) || this.#closing) return
    // A dropped room reports its last seat too.
    if (!this.#byNumber.has(room.number)) return
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
