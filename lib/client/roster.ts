import type { PresenceDiffBody } from '#lib/protocol/messages/presence.ts'
import type { Peer } from './provider-state.ts'

/** The members of the room, as reported by the server. `peers` is a new array after each change. */
export class Roster {
  #members = new Map<number, Peer>()
  #self = -1
  #peers: readonly Peer[] = []

  /** The members: this tab first, then in the order of joining. */
  get peers(): readonly Peer[] {
    return this.#peers
  }

  /** Sets the member number of this tab, from the answer to the join. */
  setSelf(member: number): void {
    this.#self = member
    for (const peer of this.#members.values()) {
      if (peer.self !== (peer.member === member)) {
        this.#members.set(peer.member, { ...peer, self: peer.member === member })
      }
    }
    this.#list()
  }

  /** Applies a `presence:diff`. */
  apply(diff: PresenceDiffBody): void {
    if (diff.full) this.#members = new Map()
    for (const member of diff.removes) this.#members.delete(member)
    for (const { member, identity, state, caret } of diff.upserts) {
      const known = this.#members.get(member)
      const who = identity ?? known
      if (!who) continue // The member has left meanwhile.
      this.#members.set(member, {
        member,
        userId: who.userId,
        name: who.name,
        guestName: who.guestName,
        hue: who.hue,
        role: who.role,
        state: state ?? known?.state ?? 'active',
        caret: caret ? (caret.length > 0 ? caret : null) : (known?.caret ?? null),
        self: member === this.#self,
      })
    }
    this.#list()
  }

  /** Empties the list, because the connection is gone and no member is known to be here. */
  clear(): void {
    this.#members = new Map()
    this.#list()
  }

  #list(): void {
    this.#peers = [...this.#members.values()].sort(
      (a, b) => Number(b.self) - Number(a.self) || a.member - b.member,
    )
  }
}
