import type { Clock } from '#lib/protocol/clock.ts'
import type { Identity, PresenceIdentity, Role } from '#lib/protocol/identity.ts'
import type { PresenceSetBody } from '#lib/protocol/messages/presence.ts'
import { Presence, type PresenceSend, type PresenceTab } from './presence.ts'

export interface PresenceRoomsOptions {
  readonly clock: Clock
  readonly pingInterval: number
  /** Who may not edit is not shown, to anybody. Left out: everybody is. */
  readonly hidesReaders?: boolean
  /** Sends one body to all its recipients. */
  readonly send: (send: PresenceSend) => void
  /** True when a recipient's connection has not taken what it was sent before. */
  readonly busy: (recipient: string) => boolean
}

interface PresenceRoom {
  readonly presence: Presence
  /** The one timer of a room: when it goes off, and its cancellation. */
  tick: { readonly due: number; readonly cancel: () => void } | null
}

/** Presence of every room: keeps its clock, and knows which member a connection is in each room. */
export class PresenceRooms {
  readonly #options: PresenceRoomsOptions
  readonly #rooms = new Map<number, PresenceRoom>()
  /** Recipient → room → member. */
  readonly #members = new Map<string, Map<number, number>>()

  constructor(options: PresenceRoomsOptions) {
    this.#options = options
  }

  /** Rooms with somebody in them. */
  get size(): number {
    return this.#rooms.size
  }

  /** A tab enters a room; null: a newer connection of the same tab is there already. Repeating is harmless. */
  enter(room: number, tab: Omit<PresenceTab, 'now'>): { member: number; identity: Identity } | null {
    const { clock, pingInterval, hidesReaders = false } = this.#options
    const known = this.#rooms.get(room)
    const entered = known ?? {
      presence: new Presence({ room, pingIntervalMs: pingInterval, hidesReaders }),
      tick: null,
    }
    const result = entered.presence.enter({ ...tab, now: clock.steady() })
    if (!result) return null
    if (!known) this.#rooms.set(room, entered)
    const members = this.#members.get(tab.recipient) ?? new Map<number, number>()
    this.#members.set(tab.recipient, members.set(room, result.member))
    this.#schedule(entered)
    return result
  }

  /** What a client says of itself. False: it is not in that room. */
  set(recipient: string, body: PresenceSetBody): boolean {
    const member = this.#members.get(recipient)?.get(body.room)
    const room = this.#rooms.get(body.room)
    if (member === undefined || !room) return false
    room.presence.set(member, recipient, body, this.#options.clock.steady())
    this.#schedule(room)
    return true
  }

  /** A sign of life of a connection, in every room it is in. */
  heard(recipient: string): void {
    const now = this.#options.clock.steady()
    for (const [number, member] of this.#members.get(recipient) ?? []) {
      const room = this.#rooms.get(number)
      // Else the room's timer finds it when it looks for who is unsteady.
      if (room?.presence.heard(member, recipient, now)) this.#schedule(room)
    }
  }

  /** A connection leaves one room, or all of them when `number` is left out. Repeating is harmless. */
  leave(recipient: string, number?: number): void {
    const members = this.#members.get(recipient)
    if (!members) return
    for (const [each, member] of members) {
      if (number !== undefined && each !== number) continue
      members.delete(each)
      const room = this.#rooms.get(each)
      if (!room) continue
      room.presence.leave(member, recipient)
      if (room.presence.size > 0) {
        this.#schedule(room)
      } else {
        room.tick?.cancel()
        this.#rooms.delete(each)
      }
    }
    if (members.size === 0) this.#members.delete(recipient)
  }

  /** A connection's role in a room is another one now. */
  changeRole(recipient: string, number: number, role: Role): void {
    const member = this.#members.get(recipient)?.get(number)
    const room = this.#rooms.get(number)
    if (member === undefined || !room) return
    room.presence.changeRole(member, recipient, role)
    this.#schedule(room)
  }

  /** Somebody changed their name or hue. */
  rename(identity: PresenceIdentity): void {
    for (const room of this.#rooms.values()) {
      room.presence.rename(identity)
      this.#schedule(room)
    }
  }

  /** Sends nothing any more. */
  close(): void {
    for (const room of this.#rooms.values()) room.tick?.cancel()
    this.#rooms.clear()
    this.#members.clear()
  }

  #schedule(room: PresenceRoom): void {
    const { clock } = this.#options
    const now = clock.steady()
    const wait = room.presence.nextTickIn(now)
    if (wait === null) return
    const due = now + wait
    // A timer that goes off too early finds nothing to do; that is cheaper than moving it at every sign of life.
    if (room.tick && room.tick.due <= due) return
    room.tick?.cancel()
    room.tick = { due, cancel: clock.after(wait, () => this.#tick(room)) }
  }

  #tick(room: PresenceRoom): void {
    const { clock, busy, send } = this.#options
    room.tick = null
    for (const each of room.presence.diffs(clock.steady(), busy)) send(each)
    this.#schedule(room)
  }
}
