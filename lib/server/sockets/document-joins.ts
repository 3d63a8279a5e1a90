import type { RoomJoin, RoomJoined, Rooms } from '#lib/collab/rooms.ts'
import type { Connection } from '#lib/collab/seats.ts'
import type { LiveAccess } from '#lib/library/live-access.ts'
import type { Rights } from '#lib/library/rights.ts'
import type { Visits } from '#lib/library/visits.ts'
import { REFUSALS, type Refusal, refuse } from '#lib/protocol/errors.ts'
import { capped, mayEdit } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { Joined, JoinRequest } from '#lib/protocol/messages/join.ts'
import type { SocketData } from './document-socket.ts'
import type { Answer } from './event-gate.ts'
import type { HistorySending } from './history-sending.ts'
import type { Place, SocketLimits } from './socket-limits.ts'

export interface JoinPorts {
  readonly rooms: Pick<Rooms, 'join'>
  readonly visits: Pick<Visits, 'note'>
  readonly rights: Pick<Rights, 'at' | 'isDeleted'>
  readonly live: Pick<LiveAccess, 'version'>
  readonly limits: Pick<SocketLimits, 'isCrowded'>
  readonly pingInterval: number
  readonly pingTimeout: number
}

interface Joiner extends Connection {
  /** True once the socket is gone. */
  readonly isClosed: boolean
  /** Called when the connection has joined a document. */
  seated(): void
}

/** Maximum number of times that a join is judged if access changes meanwhile. */
const JOIN_ATTEMPTS = 5

/** Wait that a client is asked for before it tries a crowded document again, ms. */
const CROWDED_MS = 10_000

const CROWDED = refuse(
  'too-many-connections',
  'too many people have this document open; try later',
  CROWDED_MS,
)
const OLDER = refuse('not-joined', 'a newer connection of this tab has joined')

/**
 * Handles the joins of one connection: judges them by the user's right, seats the connection in the room, shows it in
 * presence.
 */
export class DocumentJoins {
  readonly #ports: JoinPorts
  readonly #connection: Joiner
  readonly #data: SocketData
  readonly #sending: HistorySending
  /** Documents whose joins are under way. */
  readonly #joining: string[] = []

  constructor(ports: JoinPorts, connection: Joiner, data: SocketData, sending: HistorySending) {
    this.#ports = ports
    this.#connection = connection
    this.#data = data
    this.#sending = sending
  }

  /** Joins a document. Returns null if the join was answered, or if the connection closed meanwhile. Idempotent. */
  async join(request: JoinRequest, answer: Answer): Promise<Refusal | null> {
    const refusal = await this.#join(request, answer)
    if (refusal?.code !== 'not-found' || request.cursor === null) return refusal
    const { address, cursor } = request
    const isDeleted = await this.#ports.rights.isDeleted(address, this.#connection.userId, cursor.lineage)
    return isDeleted ? REFUSALS.deleted : refusal
  }

  async #join(request: JoinRequest, answer: Answer): Promise<Refusal | null> {
    const { rights, live } = this.#ports
    const connection = this.#connection
    const { address, clientId, schemaVersion, cursor } = request
    let joined: RoomJoined | Refusal = REFUSALS.notFound
    let place: Place = 'viewer'
    for (let attempt = 1; attempt <= JOIN_ATTEMPTS; attempt++) {
      const { version } = live
      const isCurrent = () => version === live.version
      const right = await rights.at(address, connection.userId, null)
      if (!right) return REFUSALS.notFound
      if (right.role === 'locked') return REFUSALS.linkLocked
      const { documentId, link, ownerId } = right.facts
      if (!this.#hasPlaceFor(documentId)) {
        return refuse(
          'too-many-documents',
          `one connection joins at most ${LIMITS.documentsPerConnection} documents`,
        )
      }
      const role = capped(right.role, connection.cap)
      place = ownerId === connection.userId ? 'owner' : mayEdit(role) ? 'editor' : 'viewer'
      const terms = { role, linkId: link.linkId, clientId, schemaVersion }
      joined = await this.#seated({ ...terms, documentId, cursor, isCurrent })
      if (joined.ok || isCurrent()) break
    }
    return joined.ok ? this.#enter(joined, place, answer) : joined
  }

  #enter(joined: RoomJoined, place: Place, answer: Answer): Refusal | null {
    const { seat, history, vector, ...rest } = joined
    const shown = this.#show(joined, place)
    if ('ok' in shown) {
      seat.leave()
      return this.#connection.isClosed ? null : shown
    }
    const { room, documentId, role } = seat
    const { visits, pingInterval, pingTimeout } = this.#ports
    visits.note(this.#connection.userId, documentId, seat.linkId)
    const body: Omit<Joined, 'chunked'> = {
      ...rest,
      room,
      documentId,
      role,
      ...shown,
      vector: vector ? Buffer.from(vector).toString('base64') : '',
      pingInterval,
      pingTimeout,
    }
    this.#connection.seated()
    // Sent in the same turn, so that whatever ends the seat from here on finds an answer to stop.
    this.#sending.send(room, body, history, answer)
    return null
  }

  /** Shows the member in presence, unless the seat was left while the history was read or there are too many others. */
  #show({ seat }: RoomJoined, place: Place): Refusal | Pick<Joined, 'member' | 'self'> {
    if (seat.isLeft || this.#connection.isClosed) return REFUSALS.notCurrent
    const { sessionId, tab, connection, profile, keys } = this.#data
    const ofIp = () => (keys.ip === '' ? 0 : seat.othersFrom(keys.ip))
    if (this.#ports.limits.isCrowded(seat.others, place, ofIp)) return CROWDED
    return seat.appear({ key: `${sessionId} ${tab}`, connection, identity: profile }) ?? OLDER
  }

  async #seated(request: RoomJoin): Promise<RoomJoined | Refusal> {
    this.#joining.push(request.documentId)
    try {
      return await this.#ports.rooms.join(this.#connection, request)
    } finally {
      this.#joining.splice(this.#joining.indexOf(request.documentId), 1)
    }
  }

  #hasPlaceFor(documentId: string): boolean {
    const documents = new Set(this.#joining)
    for (const seat of this.#connection.seats.values()) documents.add(seat.documentId)
    return documents.has(documentId) || documents.size < LIMITS.documentsPerConnection
  }
}
