import { mayEdit, type Role } from '#lib/protocol/identity.ts'
import type { RoleChange } from '#lib/protocol/messages/access.ts'
import type { Reset } from '#lib/protocol/messages/join.ts'
import type { Ack } from '#lib/protocol/messages/update.ts'

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

export interface Member {
  readonly connection: Connection
  readonly clientId: number
  readonly role: Role
  /** The link they came by. */
  readonly linkId: string
  readonly schemaVersion: number
}

/** Who is in one room, by connection. `onSilenced`: a connection left, or may no longer edit. */
export class Members {
  readonly #room: number
  readonly #onSilenced: (connectionId: string) => void
  readonly #members = new Map<string, Member>()

  constructor(room: number, onSilenced: (connectionId: string) => void) {
    this.#room = room
    this.#onSilenced = onSilenced
  }

  get size(): number {
    return this.#members.size
  }

  get(connectionId: string): Member | null {
    return this.#members.get(connectionId) ?? null
  }

  /** Everybody who is here; they may leave while this is gone through. */
  all(): Member[] {
    return [...this.#members.values()]
  }

  /** Repeating replaces. */
  enter(member: Member): void {
    this.#members.set(member.connection.id, member)
    member.connection.enter(this.#room)
  }

  /** Repeating is harmless. */
  leave(connectionId: string): void {
    const member = this.#members.get(connectionId)
    this.#members.delete(connectionId)
    this.#onSilenced(connectionId)
    member?.connection.exit(this.#room)
  }

  /** Ends every membership. */
  end(reason: Reset['reason']): void {
    for (const { connection } of this.all()) this.#takeAway(connection, reason)
  }

  /** Judges everybody again; null takes the room away from them. */
  changeRoles(roleOf: (member: Member) => Role | null, reason: RoleChange['reason']): void {
    for (const member of this.all()) {
      const role = roleOf(member)
      const { connection } = member
      if (role === null) this.#takeAway(connection, 'withdrawn')
      else if (role !== member.role) {
        this.#members.set(connection.id, { ...member, role })
        if (!mayEdit(role)) this.#onSilenced(connection.id)
        connection.changeRole({ room: this.#room, role, reason })
      }
    }
  }

  /** Closes the connections of everybody who is that user. */
  stop(userId: string): void {
    for (const { connection } of this.all()) if (isUser(connection, userId)) connection.stop(this.#room)
  }

  /** The client ids that those who are here came with. */
  clientIds(): Set<number> {
    return new Set(this.all().map(({ clientId }) => clientId))
  }

  /** True when somebody else who is here came with this client id. */
  isTaken(clientId: number, connection: Connection): boolean {
    for (const member of this.#members.values()) {
      if (member.clientId === clientId && !isUser(connection, member.connection.userId)) return true
    }
    return false
  }

  #takeAway(connection: Connection, reason: Reset['reason']): void {
    connection.reset({ room: this.#room, reason })
    this.leave(connection.id)
  }
}

/** True when a connection is that user's, now or as the guest they were. */
export function isUser({ userId, aliases }: Connection, other: string): boolean {
  return userId === other || (aliases?.has(other) ?? false)
}
