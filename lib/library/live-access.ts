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

/** Keeps the roles of open connections equal to stored access, by judging them again whenever it may have changed. */
export class LiveAccess {
  readonly #ports: LiveAccessPorts
  /** The highest role of each connection that is limited in every document, whatever its user may do. */
  readonly #caps = new Map<string, Role>()
  /** The connections whose token has expired. */
  readonly #lapsed = new Set<string>()
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

  /** Adds a connection. `cap` limits its role in every document; null for no limit. */
  admit(connection: Connection, cap: Role | null): void {
    if (cap !== null) this.#caps.set(connection.id, cap)
  }

  /** Returns the role of a connection whose user has this right. */
  roleFor({ id }: Connection, right: Role): Role {
    return capped(capped(right, this.#caps.get(id) ?? null), this.#lapsed.has(id) ? 'viewer' : null)
  }

  /**
   * Judges a document's connections after its stored access changed. Resolves when all of them have their new role.
   */
  changed(documentId: string): Promise<void> {
    return this.#judge(documentId, 'changed', () => true)
  }

  /** Makes a connection read-only from now on, in the documents it has open and in those it will open. */
  lapse(connection: Connection, documentIds: Iterable<string>): void {
    this.#lapsed.add(connection.id)
    this.#judgeOne(connection, documentIds, 'expired')
  }

  /** Gives a connection that lapsed its roles back. */
  restore(connection: Connection, documentIds: Iterable<string>): void {
    this.#lapsed.delete(connection.id)
    this.#judgeOne(connection, documentIds, 'renewed')
  }

  /** Returns true from `lapse` until `restore`. */
  hasLapsed(connection: Connection): boolean {
    return this.#lapsed.has(connection.id)
  }

  /** Removes a closed connection. */
  forget(connection: Connection): void {
    this.#caps.delete(connection.id)
    this.#lapsed.delete(connection.id)
  }

  /** Stores a user's request for a role and tells the owner, on each of the owner's connections to the document. */
  async ask(documentId: string, user: Identity, { room, role }: AskRequest): Promise<void> {
    const { rooms, access, tellAsked, now } = this.#ports
    await access.request(documentId, user.userId, role, now())
    for (const member of await rooms.membersOf(documentId)) {
      if (atLeast(member.role, 'owner')) tellAsked(member.connection.id, { room, user, role })
    }
  }

  #judgeOne(connection: Connection, documentIds: Iterable<string>, reason: RoleChange['reason']): void {
    // Joins under way must notice it too.
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
        // No connection may keep a role that cannot be looked up. All join again and are judged then.
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
        // Members who joined meanwhile were judged after the change; `version` ensures it.
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
