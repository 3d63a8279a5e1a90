import type { Connection } from '#lib/collab/members.ts'
import type { PresenceRooms } from '#lib/collab/presence/presence-rooms.ts'
import type { RoomJoined, Rooms } from '#lib/collab/rooms.ts'
import type { LiveAccess } from '#lib/library/live-access.ts'
import type { Rights } from '#lib/library/rights.ts'
import type { Visits } from '#lib/library/visits.ts'
import type { SocketUser } from '#lib/people/authentication.ts'
import type { Profile } from '#lib/people/profile.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import { LIMITS } from '#lib/protocol/limits.ts'
import type { Joined, JoinRequest } from '#lib/protocol/messages/join.ts'
import type { HistorySending } from './history-sending.ts'
import type { Answer } from './socket-events.ts'
import type { SocketKeys, SocketLimits } from './socket-limits.ts'

/** A socket's user, as its handshake proved them, with what else is known of the socket. */
export interface SocketData extends SocketUser {
  profile: Profile
  readonly sessionId: string
  readonly tab: string
  /** Counts the tab's connections; the higher one wins. */
  readonly connection: number
  /** Whom its messages are counted for. */
  readonly keys: SocketKeys
  /** When the token of the handshake ends, ms since the epoch. */
  readonly expiresAt: number
}

export interface JoinPorts {
  readonly rooms: Rooms
  readonly presence: PresenceRooms
  readonly visits: Pick<Visits, 'note'>
  readonly rights: Pick<Rights, 'at'>
  readonly live: Pick<LiveAccess, 'version' | 'roleFor'>
  readonly limits: Pick<SocketLimits, 'isCrowded'>
  readonly pingInterval: number
  readonly pingTimeout: number
}

/** The connection that joins. */
interface Joiner {
  readonly connection: Connection
  readonly data: SocketData
  /** Documents by room, of those it has joined. */
  readonly documents: Map<number, string>
  readonly sending: HistorySending
  readonly isClosed: () => boolean
  /** How many sockets get a room's frames, this one included. */
  readonly readers: (room: number) => number
}

/** How often a join is judged again when access changes in the very moment. */
const JOIN_ATTEMPTS = 5

/** After this long a document that was crowded may be tried again, ms. */
const CROWDED_MS = 10_000

const NOT_FOUND = refuse('not-found', 'this document does not exist or is not shared with you')
const NOT_CURRENT = refuse('internal', 'access to the document was changed in this moment; join again', 100)

/** The joins of one connection: judged by who may what, entered in the room and in presence. */
export class DocumentJoins {
  readonly #ports: JoinPorts
  readonly #joiner: Joiner
  /** On their way. */
  #joining = 0

  constructor(ports: JoinPorts, joiner: Joiner) {
    this.#ports = ports
    this.#joiner = joiner
  }

  /** Null: answered, or the connection closed meanwhile. Repeating is harmless. */
  async join(request: JoinRequest, answer: Answer): Promise<Refusal | null> {
    const { rooms, rights, live } = this.#ports
    const { connection } = this.#joiner
    const { address, clientId, schemaVersion, cursor } = request
    let joined: RoomJoined | Refusal = NOT_FOUND
    let documentId = ''
    let linkId = ''
    for (let attempt = 1; attempt <= JOIN_ATTEMPTS; attempt++) {
      const { version } = live
      const isCurrent = () => version === live.version
      const right = await rights.at(address, connection.userId, null)
      if (!right) return NOT_FOUND
      if (right.role === 'locked') return refuse('link-locked', 'this link has a password: enter it first')
      documentId = right.facts.documentId
      linkId = right.facts.link.linkId
      if (!this.#hasPlaceFor(documentId)) {
        return refuse(
          'too-many-documents',
          `one connection joins at most ${LIMITS.documentsPerConnection} documents`,
        )
      }
      const role = live.roleFor(connection, right.role)
      this.#joining++
      joined = await rooms
        .join(connection, { documentId, role, linkId, isCurrent, clientId, schemaVersion, cursor })
        .finally(() => this.#joining--)
      if (joined.ok || isCurrent()) break
    }
    return joined.ok ? this.#enter(joined, documentId, linkId, answer) : joined
  }

  #enter(joined: RoomJoined, documentId: string, linkId: string, answer: Answer): Refusal | null {
    const { rooms, presence, visits, limits, pingInterval, pingTimeout } = this.#ports
    const { connection, data, documents, sending, isClosed, readers } = this.#joiner
    if (isClosed()) {
      rooms.leave(connection, joined.room)
      return null
    }
    const { room, history, vector, ...rest } = joined
    // While the history was read, they may have been shown out, or be here by another role.
    const role = rooms.roleOf(connection, room)
    if (role === null) return NOT_CURRENT
    if (limits.isCrowded(readers(room) - 1)) {
      rooms.leave(connection, room)
      connection.exit(room)
      return refuse('too-many-connections', 'too many people have this document open; try later', CROWDED_MS)
    }
    const key = `${data.sessionId} ${data.tab}`
    const entered = presence.enter(room, {
      key,
      connection: data.connection,
      recipient: connection.id,
      identity: data.profile,
      role,
    })
    if (!entered) {
      rooms.leave(connection, room)
      return refuse('not-joined', 'a newer connection of this tab has joined')
    }
    documents.set(room, documentId)
    visits.note(connection.userId, documentId, linkId)
    const body: Omit<Joined, 'chunked'> = {
      ...rest,
      room,
      documentId,
      role,
      member: entered.member,
      self: entered.identity,
      vector: vector ? Buffer.from(vector).toString('base64') : '',
      pingInterval,
      pingTimeout,
    }
    // At once: whatever ends the membership from here on finds an answer to stop.
    sending.send(room, body, history, answer)
    return null
  }

  #hasPlaceFor(documentId: string): boolean {
    const documents = new Set(this.#joiner.documents.values())
    return documents.has(documentId) || documents.size + this.#joining < LIMITS.documentsPerConnection
  }
}
