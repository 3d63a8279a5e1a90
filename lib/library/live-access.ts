import type { Rooms } from '#lib/collab/rooms.ts'
import type { Connection, Seat } from '#lib/collab/seats.ts'
import type { Log } from '#lib/process/log.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { atLeast, capped, type Identity } from '#lib/protocol/identity.ts'
import type { AskRequest, RoleChange } from '#lib/protocol/messages/access.ts'
import type { Right } from './contract.ts'
import type { Rights } from './rights.ts'
import type { AccessStore } from './store.ts'

export interface LiveAccessPorts {
  readonly rooms: Pick<Rooms, 'seatsOf' | 'end'>
  readonly rights: Pick<Rights, 'of'>
  readonly access: Pick<AccessStore, 'request'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Keeps the roles of all seats equal to stored access, by judging them again whenever it may have changed. */
export class LiveAccess {
  readonly #ports: LiveAccessPorts
  /** The last judging under way of each document. Judgings run one after the other, or an older result would win. */
  readonly #judging = new Map<string, Promise<void>>()
  #version = 0

  constructor(ports: LiveAccessPorts) {
    this.#ports = ports
  }

  /** Increases with every change: a role that was read at a lower version may be outdated. */
  get version(): number {
    return this.#version
  }

  /** Judges a document's seats after its stored access changed. Resolves when all of them have their new role. */
  changed(documentId: string): Promise<void> {
    return this.#judge(documentId, 'changed', () => true)
  }

  /** Judges all seats of one connection after its cap changed, and makes the joins under way outdated. */
  capChanged(connection: Connection, reason: RoleChange['reason']): void {
    this.#version++
    for (const documentId of new Set(Array.from(connection.seats.values(), (seat) => seat.documentId))) {
      void this.#judge(documentId, reason, (seat) => seat.connection === connection)
    }
  }

  /** Stores a user's request for a role and tells the owner, on each of the owner's connections to the document. */
  async ask(documentId: string, user: Identity, { room, role }: AskRequest): Promise<void> {
    const { rooms, access, clock } = this.#ports
    await access.request(documentId, user.userId, role, clock.now())
    for (const seat of await rooms.seatsOf(documentId)) {
      if (atLeast(seat.role, 'owner')) seat.connection.asked({ room, user, role })
    }
  }

  #judge(documentId: string, reason: RoleChange['reason'], concerns: (seat: Seat) => boolean): Promise<void> {
    this.#version++
    const before = this.#judging.get(documentId) ?? Promise.resolve()
    const judging = before
      .then(() => this.#judgeNow(documentId, reason, concerns))
      .catch(async (error: unknown) => {
        // No seat may keep a role that cannot be looked up. All members join again and are judged then.
        this.#ports.log.error({ err: error, documentId }, 'access.not-judged')
        await this.#ports.rooms.end(documentId, 'rejoin')
      })
      .finally(() => {
        if (this.#judging.get(documentId) === judging) this.#judging.delete(documentId)
      })
    this.#judging.set(documentId, judging)
    return judging
  }

  async #judgeNow(
    documentId: string,
    reason: RoleChange['reason'],
    concerns: (seat: Seat) => boolean,
  ): Promise<void> {
    const { rooms, rights } = this.#ports
    const keys = new Map<string, { linkId: string; userId: string }>()
    for (const seat of await rooms.seatsOf(documentId)) {
      if (concerns(seat)) keys.set(keyOf(seat), { linkId: seat.linkId, userId: seat.connection.userId })
    }
    if (keys.size === 0) return
    const found = await rights.of([...keys.values()])
    const judged = new Map<string, Right | null>([...keys.keys()].map((key, i) => [key, found[i] ?? null]))
    for (const seat of await rooms.seatsOf(documentId)) {
      const right = judged.get(keyOf(seat))
      // Seats taken meanwhile were judged after the change; `version` ensures it.
      if (right === undefined || !concerns(seat)) continue
      const withdrawn = right === null || right.role === 'locked'
      seat.changeRole(withdrawn ? null : capped(right.role, seat.connection.cap), reason)
    }
  }
}

function keyOf({ linkId, connection }: Seat): string {
  return `${linkId} ${connection.userId}`
}
