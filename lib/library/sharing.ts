import { identityOf } from '#lib/people/profile.ts'
import type { PasswordWork } from '#lib/people/secrets/password-work.ts'
import type { Session } from '#lib/people/session.ts'
import type { Users } from '#lib/people/users.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { REFUSALS, refuse } from '#lib/protocol/errors.ts'
import { atLeast, type Identity, type Role, SHARED_ROLES, type SharedRole } from '#lib/protocol/identity.ts'
import type { RenewedLink, SharedLink, SharedPerson, SharingOverview } from '#lib/protocol/sharing.ts'
import type { Addresses } from './addresses.ts'
import type { Right, SharingContract, UnlockAttempt } from './contract.ts'
import type { LinkExpiry } from './link-expiry.ts'
import type { LinkPasswords } from './link-passwords.ts'
import type { OpenDocuments } from './open-documents.ts'
import type { Rights } from './rights.ts'
import type { AccessFacts, AccessStore } from './store.ts'

export interface SharingPorts {
  readonly access: AccessStore
  readonly users: Pick<Users, 'find'>
  readonly addresses: Pick<Addresses, 'addressOf' | 'newLinkId'>
  readonly clock: Pick<Clock, 'now'>
  readonly linkExpiry: Pick<LinkExpiry, 'plan'>
  readonly linkPasswords: Pick<LinkPasswords, 'isRight'>
  readonly openDocuments: Pick<OpenDocuments, 'accessChanged' | 'present'>
  readonly passwords: Pick<PasswordWork, 'hash'>
  readonly rights: Pick<Rights, 'at' | 'of'>
}

/** The number of latest visitors that the owner sees among the people with access. */
const VISITORS = 200

/** Implements sharing over the store and the open connections. */
export class Sharing implements SharingContract {
  readonly #ports: SharingPorts

  constructor(ports: SharingPorts) {
    this.#ports = ports
  }

  async overview(right: Right<Role>): Promise<SharingOverview> {
    const { access, addresses, openDocuments } = this.#ports
    const { role, facts } = right
    const { documentId } = facts
    const shown = SHARED_ROLES.filter((each) => atLeast(role, each))
    await this.#ensureLinks(documentId, shown)
    const [stored, present] = await Promise.all([
      access.sharing(documentId),
      openDocuments.present(documentId),
    ])
    const links = shown.flatMap((each): SharedLink[] => {
      const link = stored.links.find((one) => one.role === each)
      if (!link) return []
      const { linkId, expiresAt, hasPassword } = link
      const connected = new Set(present.filter((one) => one.linkId === linkId).map(({ userId }) => userId))
        .size
      return [{ role: each, address: addresses.addressOf(linkId), expiresAt, hasPassword, connected }]
    })
    const isOwner = role === 'owner'
    const requests = isOwner ? await this.#withIdentities(stored.requests) : []
    const people = isOwner
      ? await this.#everyone(facts, stored.grants, present)
      : await this.#ownerAndSelf(right, present)
    return { ok: true, role, linkRole: facts.linkRole, links, people, requests }
  }

  async setLinkRole({ facts: { documentId } }: Right<'owner'>, role: SharedRole | null) {
    await this.#ports.access.setLinkRole(documentId, role)
    return this.#changed(documentId)
  }

  async changeLink(
    { userId, facts: { documentId } }: Right<'owner'>,
    role: SharedRole,
    { expiresAt, password }: { readonly expiresAt?: number | null; readonly password?: string | null },
  ) {
    const { access, clock, linkExpiry, passwords } = this.#ports
    if (typeof expiresAt === 'number' && expiresAt <= clock.now()) {
      return refuse('bad-message', 'a link ends at a time that lies ahead')
    }
    await this.#ensureLinks(documentId, [role])
    const { links } = await access.sharing(documentId)
    const link = links.find((each) => each.role === role)
    if (!link) return REFUSALS.notFound
    const turn = { key: userId, isKnown: false }
    await access.changeLink(link.linkId, {
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(password === undefined
        ? {}
        : { passwordHash: password === null ? null : await passwords.hash(password, turn) }),
    })
    // Plan only after this change: a renewed link keeps the expiry of the one it replaces.
    const [changed] = await Promise.all([
      this.#changed(documentId),
      expiresAt === undefined ? null : linkExpiry.plan(),
    ])
    return changed
  }

  async renewLink({ facts: { documentId } }: Right<'owner'>, role: SharedRole): Promise<RenewedLink> {
    const { access, addresses, clock, openDocuments, rights } = this.#ports
    const linkId = addresses.newLinkId()
    await access.replaceLink(documentId, role, linkId, clock.now())
    const present = await openDocuments.present(documentId)
    const judged = await rights.of(present)
    const gone = new Set(present.filter((_, i) => !judged[i]).map(({ userId }) => userId))
    const changed = await this.#changed(documentId)
    return { ...changed, address: addresses.addressOf(linkId), disconnected: gone.size }
  }

  async grant({ facts: { documentId, ownerId } }: Right<'owner'>, userId: string, role: SharedRole | null) {
    const { access, users, clock } = this.#ports
    if (userId === ownerId) return refuse('bad-message', 'the owner has every right already')
    if (role !== null && !(await users.find(userId))) return refuse('bad-message', 'there is no such user')
    await access.grant(documentId, userId, role, clock.now())
    return this.#changed(documentId)
  }

  async answerRequest(right: Right<'owner'>, userId: string, role: SharedRole | null) {
    if (role !== null) return this.grant(right, userId, role)
    await this.#ports.access.dropRequest(right.facts.documentId, userId)
    return { ok: true as const }
  }

  async unlock(
    { user: { userId }, cap }: Session,
    { address, password, place }: UnlockAttempt,
  ): Promise<boolean> {
    const { access, linkPasswords, rights } = this.#ports
    const right = await rights.at(address, userId, cap)
    if (!right) return false
    if (right.role !== 'locked') return true
    const { linkId } = right.facts.link
    const hash = await access.passwordHash(linkId)
    if (hash === null) return false
    if (!(await linkPasswords.isRight({ linkId, userId, place, password }, hash))) return false
    await access.unlock(userId, linkId)
    return true
  }

  async #changed(documentId: string) {
    await this.#ports.openDocuments.accessChanged(documentId)
    return { ok: true as const }
  }

  #ensureLinks(documentId: string, roles: readonly SharedRole[]): Promise<void> {
    const { access, addresses } = this.#ports
    return access.ensureLinks(
      documentId,
      roles.map((role) => ({ linkId: addresses.newLinkId(), role })),
    )
  }

  async #everyone(
    facts: AccessFacts,
    grants: readonly { readonly userId: string; readonly role: SharedRole }[],
    present: readonly { readonly userId: string; readonly linkId: string }[],
  ): Promise<SharedPerson[]> {
    const { access, rights } = this.#ports
    const visits = [...present, ...(await access.visitors(facts.documentId, VISITORS))]
    const judged = await rights.of(visits)
    const roles = new Map<string, Pick<SharedPerson, 'role' | 'via'>>()
    roles.set(facts.ownerId, { role: 'owner', via: 'owner' })
    for (const { userId, role } of grants) roles.set(userId, { role, via: 'grant' })
    for (const [i, { userId }] of visits.entries()) {
      const right = judged[i]
      if (!right || right.role === 'locked') continue
      const known = roles.get(userId)
      if (known && atLeast(known.role, right.role)) continue
      roles.set(userId, { role: right.role, via: 'link' })
    }
    const here = new Set(present.map(({ userId }) => userId))
    const people = await this.#withIdentities([...roles].map(([userId, role]) => ({ userId, ...role })))
    return people.map(({ user, role, via }) => ({ user, role, via, present: here.has(user.userId) }))
  }

  async #ownerAndSelf(
    { role, userId, facts }: Right<Role>,
    present: readonly { readonly userId: string }[],
  ): Promise<SharedPerson[]> {
    const { grant, ownerId } = facts
    const via = grant !== null && atLeast(grant, role) ? 'grant' : 'link'
    const people = await this.#withIdentities([
      { userId: ownerId, role: 'owner' as const, via: 'owner' as const },
      { userId, role, via } as const,
    ])
    const here = new Set(present.map((each) => each.userId))
    return people.map((each) => ({ ...each, present: here.has(each.user.userId) }))
  }

  /** Replaces user ids by identities; leaves out users who no longer exist. */
  async #withIdentities<T extends { readonly userId: string }>(
    people: readonly T[],
  ): Promise<(Omit<T, 'userId'> & { readonly user: Identity })[]> {
    const found = await Promise.all(people.map(({ userId }) => this.#ports.users.find(userId)))
    return people.flatMap(({ userId: _, ...rest }, i) => {
      const known = found[i]
      return known ? [{ ...rest, user: identityOf(known.profile) }] : []
    })
  }
}
