import type { Tokens } from '#lib/people/tokens.ts'
import { capped, type Role } from '#lib/protocol/identity.ts'
import { roleOf } from './access.ts'
import type { AccessFacts, AccessKey, AccessStore } from './store.ts'

/** What somebody may do with a document. *locked*: nothing before the link's password. */
export interface Right {
  readonly role: Role | 'locked'
  readonly facts: AccessFacts
}

export interface RightsPorts {
  readonly access: Pick<AccessStore, 'facts'>
  readonly tokens: Pick<Tokens, 'linkIdIn'>
  readonly now: () => number
}

/** The one place where roles come from: `roleOf` over what is stored now. Nothing is remembered here. */
export class Rights {
  readonly #ports: RightsPorts

  constructor(ports: RightsPorts) {
    this.#ports = ports
  }

  /**
   * null for unknown, foreign, ended and deleted alike. `userId` null: nobody we know yet. `cap`: what they may at most;
   * null: no cap.
   */
  async at(address: string, userId: string | null, cap: Role | null): Promise<Right | null> {
    const linkId = this.#ports.tokens.linkIdIn(address)
    if (linkId === null) return null
    const [right] = await this.of([{ linkId, userId: userId ?? '' }])
    if (!right || right.role === 'locked') return right ?? null
    return { ...right, role: capped(right.role, cap) }
  }

  /** In the order of the keys. */
  async of(keys: readonly AccessKey[]): Promise<(Right | null)[]> {
    const found = await this.#ports.access.facts(keys)
    return found.map((facts, i) => (facts ? this.#judge(facts, keys[i]?.userId ?? '') : null))
  }

  #judge(facts: AccessFacts, userId: string): Right | null {
    const { link, ownerId, grant, linkRole, deletedAt } = facts
    if (deletedAt !== null) return null
    const { role: most, expiresAt, revoked, hasPassword, unlocked } = link
    const role = roleOf({
      userId: userId === '' ? null : userId,
      ownerId,
      grant,
      linkRole,
      link: { role: most, expiresAt, revoked, locked: hasPassword && !unlocked },
      now: this.#ports.now(),
    })
    return role === null ? null : { role, facts }
  }
}
