import type { Clock } from '#lib/protocol/clock.ts'
import { capped, type Role } from '#lib/protocol/identity.ts'
import { roleOf } from './access.ts'
import type { Addresses } from './addresses.ts'
import type { Right } from './contract.ts'
import type { AccessFacts, AccessKey, AccessStore } from './store.ts'

export interface RightsPorts {
  readonly access: Pick<AccessStore, 'facts'>
  readonly addresses: Pick<Addresses, 'linkIdIn'>
  readonly clock: Pick<Clock, 'now'>
}

/** Judges rights, and is the only place that does: applies `roleOf` to what is stored now. Caches nothing. */
export class Rights {
  readonly #ports: RightsPorts

  constructor(ports: RightsPorts) {
    this.#ports = ports
  }

  /**
   * Judges a user at an address, with one store call. Returns null if the address is unknown, the document is deleted
   * or the user has no role in it; callers cannot tell these apart. `userId` is null for a visitor without a session.
   * `cap` is the highest role allowed in any document, null for no cap.
   */
  async at(address: string, userId: string | null, cap: Role | null): Promise<Right | null> {
    const linkId = this.#ports.addresses.linkIdIn(address)
    if (linkId === null) return null
    const [right] = await this.of([{ linkId, userId: userId ?? '' }])
    if (!right || right.role === 'locked') return right ?? null
    return rightOf(capped(right.role, cap), right.userId, right.facts)
  }

  /**
   * Judges many users at their links, without a cap, with one store call. Returns the rights in the order of `keys`,
   * with null for the same reasons as `at`. An empty `userId` is a visitor without a session.
   */
  async of(keys: readonly AccessKey[]): Promise<(Right | null)[]> {
    const found = await this.#ports.access.facts(keys)
    return found.map((facts, i) => (facts ? this.#judge(facts, keys[i]?.userId ?? '') : null))
  }

  /**
   * Returns true if the document is in the trash and the user would have a role in it otherwise. `lineage` is proof
   * that the user had it open: without it, a deleted document looks as if it had never existed.
   */
  async isDeleted(address: string, userId: string, lineage: string): Promise<boolean> {
    const linkId = this.#ports.addresses.linkIdIn(address)
    if (linkId === null) return false
    const [facts] = await this.#ports.access.facts([{ linkId, userId }])
    if (!facts || facts.deletedAt === null || facts.lineage !== lineage) return false
    const right = this.#judge({ ...facts, deletedAt: null }, userId)
    return right !== null && right.role !== 'locked'
  }

  #judge(facts: AccessFacts, userId: string): Right | null {
    const { link, ownerId, grant, linkRole, deletedAt } = facts
    if (deletedAt !== null) return null
    const { role: linkGives, expiresAt, revoked, hasPassword, unlocked } = link
    const role = roleOf({
      userId: userId === '' ? null : userId,
      ownerId,
      grant,
      linkRole,
      link: { role: linkGives, expiresAt, revoked, locked: hasPassword && !unlocked },
      now: this.#ports.clock.now(),
    })
    return role === null ? null : rightOf(role, userId, facts)
  }
}

/** Creates a `Right`, which no other function does: the cast gives it the mark that its type demands. */
function rightOf(role: Role | 'locked', userId: string, facts: AccessFacts): Right {
  return { role, userId, facts } as Right
}
