import { type Identity, mayEdit, type Role } from '#lib/protocol/identity.ts'
import type { Asked, RoleChange } from '#lib/protocol/messages/access.ts'
import type { Reset } from '#lib/protocol/messages/join.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import type { PresenceSetBody } from '#lib/protocol/messages/presence.ts'
import type { Ack } from '#lib/protocol/messages/update.ts'
import type { Assembly } from './assembly.ts'
import type { PresenceReceiver, RoomPresence, Tab } from './presence/room-presence.ts'

/** A connection as the rooms see it. Its methods send; none throws, none waits. */
export interface Connection extends PresenceReceiver {
  readonly userId: string
  /** Guest accounts that the user had before; their client ids belong to the user. Default: none. */
  readonly aliases?: ReadonlySet<string>
  /** The network that it comes from, as limits count it; absent or '' if networks are not counted. */
  readonly network?: string
  /** The highest role that the connection may have in any document now; null if only the user's rights limit it. */
  readonly cap: Role | null
  /** The connection's seats by room number. Written only by `Seats`. */
  readonly seats: Map<number, Seat>
  /** Sends a committed row of a room; `frame` is a row body (`encodeRow`), the same array for every receiver. */
  relay(room: number, frame: Uint8Array): void
  notice(notice: Notice): void
  ack(ack: Ack): void
  reset(reset: Reset): void
  /** Sends the member's new role in a room. */
  changeRole(change: RoleChange): void
  /** Sends a user's request for a higher role. */
  asked(asked: Asked): void
  /** Tells the client that it wrote content that breaks the schema, and closes the connection. */
  stop(room: number): void
  /** Stops sending the history of a room whose seat was left. */
  exit(room: number): void
}

/** The terms of a seat, set by a join. */
export interface SeatTerms {
  readonly clientId: number
  readonly role: Role
  /** Id of the link that the member used. */
  readonly linkId: string
  readonly schemaVersion: number
}

/**
 * The place of one connection in one room, from its join until it leaves. Holds everything the server knows of a
 * member.
 */
export class Seat {
  readonly connection: Connection
  readonly #seats: Seats
  #terms: SeatTerms
  #role: Role
  #assembly: Assembly | null = null
  /** The member's number in the room's presence; null if it is not shown there. */
  #presenceMember: number | null = null

  constructor(connection: Connection, seats: Seats, terms: SeatTerms) {
    this.connection = connection
    this.#seats = seats
    this.#terms = terms
    this.#role = terms.role
  }

  /** The parts of a batch that has not arrived completely; null if there is none. Setting it ends the one before. */
  get assembly(): Assembly | null {
    return this.#assembly
  }

  set assembly(next: Assembly | null) {
    this.#assembly?.end()
    this.#assembly = next
  }

  /** The number of the room. */
  get room(): number {
    return this.#seats.room
  }

  get documentId(): string {
    return this.#seats.documentId
  }

  get clientId(): number {
    return this.#terms.clientId
  }

  get linkId(): string {
    return this.#terms.linkId
  }

  get schemaVersion(): number {
    return this.#terms.schemaVersion
  }

  get role(): Role {
    return this.#role
  }

  /** True after the connection has left; a later join takes another seat. */
  get isLeft(): boolean {
    return !this.#seats.has(this)
  }

  /** Number of other connections seated in the room. */
  get others(): number {
    return this.#seats.size - 1
  }

  /** Returns how many of the others come from a network. */
  othersFrom(network: string): number {
    let count = 0
    for (const { connection } of this.#seats) {
      if (connection !== this.connection && connection.network === network) count++
    }
    return count
  }

  /** Takes the terms of a repeated join. */
  retake(terms: SeatTerms): void {
    this.#terms = terms
    this.#role = terms.role
  }

  /** Shows the member in the room's presence. Returns null if a newer connection of the same tab is shown. Idempotent. */
  appear(tab: Tab): { readonly member: number; readonly self: Identity } | null {
    const entered = this.#seats.presence.enter({ ...tab, recipient: this.connection, role: this.#role })
    if (!entered) return null
    this.#presenceMember = entered.member
    return { member: entered.member, self: entered.identity }
  }

  /** Sets the caret and idleness that the client reports. Returns false if the member is not shown. */
  setPresence(body: PresenceSetBody): boolean {
    if (this.#presenceMember === null) return false
    this.#seats.presence.set(this.#presenceMember, this.connection, body)
    return true
  }

  /** Notes a sign of life of the connection. */
  heard(): void {
    if (this.#presenceMember !== null) this.#seats.presence.heard(this.#presenceMember, this.connection)
  }

  /**
   * Changes the role and tells the connection and the room's presence; null ends the seat. Does nothing if the role
   * is the same. Accepted batches stay accepted; an incomplete one is dropped if the member may no longer edit.
   */
  changeRole(role: Role | null, reason: RoleChange['reason']): void {
    if (role === null) {
      this.end('withdrawn')
      return
    }
    if (role === this.#role) return
    this.#role = role
    if (!mayEdit(role)) this.assembly = null
    this.connection.changeRole({ room: this.room, role, reason })
    if (this.#presenceMember !== null)
      this.#seats.presence.changeRole(this.#presenceMember, this.connection, role)
  }

  /** Leaves the room after telling the connection why. */
  end(reason: Reset['reason']): void {
    this.connection.reset({ room: this.room, reason })
    this.leave()
  }

  /** Leaves the room and its presence. Idempotent. */
  leave(): void {
    if (!this.#seats.delete(this)) return
    if (this.#presenceMember !== null) this.#seats.presence.leave(this.#presenceMember, this.connection)
    this.#presenceMember = null
    this.assembly = null
    this.connection.exit(this.room)
  }
}

/** The seats of one room. Iterating yields the seats taken at that time; seats may be left meanwhile. */
export class Seats {
  readonly room: number
  readonly documentId: string
  readonly presence: RoomPresence
  readonly #onEmpty: () => void
  readonly #seats = new Set<Seat>()

  /** `onEmpty` is called after the last seat was left. */
  constructor(room: number, documentId: string, presence: RoomPresence, onEmpty: () => void) {
    this.room = room
    this.documentId = documentId
    this.presence = presence
    this.#onEmpty = onEmpty
  }

  get size(): number {
    return this.#seats.size
  }

  [Symbol.iterator](): Iterator<Seat> {
    return this.#seats.values()
  }

  has(seat: Seat): boolean {
    return this.#seats.has(seat)
  }

  /** Seats a connection, or changes the terms of its seat. */
  take(connection: Connection, terms: SeatTerms): Seat {
    const known = connection.seats.get(this.room)
    known?.retake(terms)
    const seat = known ?? new Seat(connection, this, terms)
    this.#seats.add(seat)
    connection.seats.set(this.room, seat)
    return seat
  }

  /** Removes a seat (`Seat.leave`). Returns false if it had been left already. */
  delete(seat: Seat): boolean {
    if (!this.#seats.delete(seat)) return false
    seat.connection.seats.delete(this.room)
    if (this.#seats.size === 0) this.#onEmpty()
    return true
  }

  /** Ends every seat. */
  end(reason: Reset['reason']): void {
    for (const seat of this.#seats) seat.end(reason)
  }

  /** Closes every connection of a user, saying that it wrote content that breaks the schema. */
  stop(userId: string): void {
    for (const { connection } of this.#seats) if (isUser(connection, userId)) connection.stop(this.room)
  }

  /** Returns the client ids of all members. */
  clientIds(): Set<number> {
    return new Set(Array.from(this.#seats, ({ clientId }) => clientId))
  }

  /** Returns true if a member of another user joined with this client id. */
  isTaken(clientId: number, connection: Connection): boolean {
    for (const seat of this.#seats) {
      if (seat.clientId === clientId && !isUser(connection, seat.connection.userId)) return true
    }
    return false
  }
}

/** Returns true if a connection belongs to the user, now or as a former guest. */
export function isUser({ userId, aliases }: Connection, other: string): boolean {
  return userId === other || (aliases?.has(other) ?? false)
}
