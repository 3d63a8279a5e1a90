import type { Connection, Member } from '#lib/collab/members.ts'
import type { Rooms } from '#lib/collab/rooms.ts'
import type { Log } from '#lib/process/log.ts'
import { atLeast, capped, type Identity, type Role } from '#lib/protocol/identity.ts'
import type { Asked, AskRequest, RoleChange } from '#lib/protocol/messages/access.ts'
import type { Right } from './contract.ts'
import type { Rights } from './rights.ts'
import type { AccessStore } from './store.ts'

export interface LiveAccessPorts {
  readonly rooms: Pick<Rooms, 'membersOf' | 'changeRoles' | 'end'>
  readonly rights: Pick<Rights, 'of'>
  readonly access: Pick<AccessStore, 'request'>
  /** Sends `access:asked` to a connection. */
  readonly tellAsked: (connectionId: string, asked: Asked) => void
  readonly now: () => number
  readonly log: Log
}

/** Keeps the roles of open connections at what is stored: judges them again whenever that may have changed. */
export class LiveAccess {
  readonly #ports: LiveAccessPorts
  /** Connections that may less than their users, whatever the document. */
  readonly #caps = new Map<string, Role>()
  /** Connections whose token has ended. */
  readonly #lapsed = new Set<string>()
  /** The last judging of each document that has one under way: one after the other, or an older answer would win. */
  readonly #judging = new Map<string, Promise<void>>()
  #version = 0

  constructor(ports: LiveAccessPorts) {
    this.#ports = ports
  }

  /** Grows with every change: a role that was read at a lower version may not be so any more. */
  get version(): number {
    return this.#version
  }

  /** A connection begins; `cap`: what it may at most, null: whatever its user may. */
  admit(connection: Connection, cap: Role | null): void {
    if (cap !== null) this.#caps.set(connection.id, cap)
  }

  /** The role a connection has by its user's right. */
  roleFor({ id }: Connection, right: Role): Role {
    return capped(capped(right, this.#caps.get(id) ?? null), this.#lapsed.has(id) ? 'viewer' : null)
  }

  /** What is stored of a document's access was changed: resolves when everybody who has it open has their new role. */
  changed(documentId: string): Promise<void> {
    return this.#judge(documentId, 'changed', () => true)
  }

  /** From now on this connection only reads, in the documents it has open as in those it opens. */
  lapse(connection: Connection, documentIds: Iterable<string>): void {
    this.#lapsed.add(connection.id)
    this.#judgeOne(connection, documentIds, 'expired')
  }

  /** A connection that lapsed has its roles again. */
  restore(connection: Connection, documentIds: Iterable<string>): void {
    this.#lapsed.delete(connection.id)
    this.#judgeOne(connection, documentIds, 'renewed')
  }

  /** True from `lapse` to `restore`. */
  hasLapsed(connection: Connection): boolean {
    return this.#lapsed.has(connection.id)
  }

  /** The connection is gone. */
  forget(connection: Connection): void {
    this.#caps.delete(connection.id)
    this.#lapsed.delete(connection.id)
  }

  /** Keeps somebody's wish for a role and tells the owner, wherever they have the document open. */
  async ask(documentId: string, user: Identity, { room, role }: AskRequest): Promise<void> {
    const { rooms, access, tellAsked, now } = this.#ports
    await access.request(documentId, user.userId, role, now())
    for (const member of await rooms.membersOf(documentId)) {
      if (atLeast(member.role, 'owner')) tellAsked(member.connection.id, { room, user, role })
    }
  }

  #judgeOne(connection: Connection, documentIds: Iterable<string>, reason: RoleChange['reason']): void {
    // Also for the joins under way.
    this.#version++
    for (const documentId of new Set(documentIds)) {
      void this.#judge(documentId, reason, (member) => member.connection.id === connection.id)
    }
  }

  #judge(
    documentId: string,
    reason: RoleChange['reason'],
    concerns: (member: Member) => boolean,
  ): Promise<void> {
    this.#version++
    const before = this.#judging.get(documentId) ?? Promise.resolve()
    const judging = before
      .then(() => this.#judgeNow(documentId, reason, concerns))
      .catch(async (error: unknown) => {
        // Nobody may stay by a role that cannot be looked up: they join again, and are judged there.
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
    concerns: (member: Member) => boolean,
  ): Promise<void> {
    const { rooms, rights } = this.#ports
    const keys = new Map<string, { linkId: string; userId: string }>()
    for (const member of await rooms.membersOf(documentId)) {
      if (concerns(member))
        keys.set(keyOf(member), { linkId: member.linkId, userId: member.connection.userId })
    }
    if (keys.size === 0) return
    const found = await rights.of([...keys.values()])
    const judged = new Map<string, Right | null>([...keys.keys()].map((key, i) => [key, found[i] ?? null]))
    await rooms.changeRoles(
      documentId,
      (member) => {
        const right = judged.get(keyOf(member))
        // Who came in meanwhile was judged after the change: `version` sees to it.
        if (right === undefined || !concerns(member)) return member.role
        if (right === null || right.role === 'locked') return null
        return this.roleFor(member.connection, right.role)
      },
      reason,
    )
  }
}

function keyOf({ linkId, connection }: Member): string {
  return `${linkId} ${connection.userId}`
}
