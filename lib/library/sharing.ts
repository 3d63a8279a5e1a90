import type { Accounts } from '#lib/people/accounts.ts'
import { hashPassword, isPassword } from '#lib/people/passwords.ts'
import { identityOf } from '#lib/people/person.ts'
import type { Session } from '#lib/people/session.ts'
import type { Tokens } from '#lib/people/tokens.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import { atLeast, type Identity, type Role, SHARED_ROLES, type SharedRole } from '#lib/protocol/identity.ts'
import type { SharedLink, SharedPerson, SharingOverview } from '#lib/protocol/sharing.ts'
import type { SharingServices } from './contract.ts'
import type { Rights } from './rights.ts'
import type { AccessFacts, AccessStore } from './store.ts'

/** The open connections of a document, as sharing sees them. */
export interface OpenDocuments {
  /** Resolves when every connection that has the document open has its new role. */
  accessChanged(documentId: string): Promise<void>
  /** Returns the connections that have the document open. */
  present(documentId: string): Promise<{ userId: string; linkId: string }[]>
}

export interface SharingPorts {
  readonly access: AccessStore
  readonly accounts: Pick<Accounts, 'knownOf'>
  readonly rights: Rights
  readonly tokens: Pick<Tokens, 'addressOf' | 'newLinkId' | 'linkIdIn'>
  readonly collaboration: OpenDocuments
  readonly now: () => number
}

/** The last visitors that the owner sees among the people with access. */
const VISITORS = 200

const NOT_FOUND = refuse('not-found', 'this document does not exist or is not shared with you')
const LOCKED = refuse('link-locked', 'this link has a password: enter it first')
const FORBIDDEN = refuse('forbidden', 'only the owner of the document may do this')

interface Caller {
  readonly role: Role
  readonly facts: AccessFacts
}

/** Sharing over the store, and over the rooms as they are now. What each method promises stands at the interface. */
export class Sharing implements SharingServices {
  readonly #ports: SharingPorts

  constructor(ports: SharingPorts) {
    this.#ports = ports
  }

  async overview(session: Session, address: string): Promise<SharingOverview | Refusal> {
    const { access, collaboration } = this.#ports
    const caller = await this.#caller(session, address)
    if (!('facts' in caller)) return caller
    const { role, facts } = caller
    const { documentId } = facts
    const shown = SHARED_ROLES.filter((each) => atLeast(role, each))
    await this.#ensureLinks(documentId, shown)
    const [stored, present] = await Promise.all([
      access.sharing(documentId),
      collaboration.present(documentId),
    ])
    const links = shown.flatMap((each): SharedLink[] => {
      const link = stored.links.find((one) => one.role === each)
      if (!link) return []
      const { linkId, expiresAt, hasPassword } = link
      const connected = new Set(present.filter((one) => one.linkId === linkId).map(({ userId }) => userId))
        .size
      return [
        { role: each, address: this.#ports.tokens.addressOf(linkId), expiresAt, hasPassword, connected },
      ]
    })
    const isOwner = role === 'owner'
    const requests = isOwner ? await this.#withIdentities(stored.requests) : []
    const people = isOwner
      ? await this.#everybody(facts, stored.grants, present)
      : await this.#ownerAnd(session.user, caller, present)
    return { ok: true, role, linkRole: facts.linkRole, links, people, requests }
  }

  async setLinkRole(session: Session, address: string, role: SharedRole | null) {
    const facts = await this.#owned(session, address)
    if (!('documentId' in facts)) return facts
    await this.#ports.access.setLinkRole(facts.documentId, role)
    return this.#done(facts)
  }

  async changeLink(
    session: Session,
    address: string,
    role: SharedRole,
    change: { readonly expiresAt?: number | null; readonly password?: string | null },
  ) {
    const { access, now } = this.#ports
    const facts = await this.#owned(session, address)
    if (!('documentId' in facts)) return facts
    const { expiresAt, password } = change
    if (typeof expiresAt === 'number' && expiresAt <= now()) {
      return refuse('bad-message', 'a link ends at a time that lies ahead')
    }
    await this.#ensureLinks(facts.documentId, [role])
    const { links } = await access.sharing(facts.documentId)
    const link = links.find((each) => each.role === role)
    if (!link) return NOT_FOUND
    await access.changeLink(link.linkId, {
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(password === undefined
        ? {}
        : { passwordHash: password === null ? null : await hashPassword(password) }),
    })
    return this.#done(facts)
  }

  async renewLink(session: Session, address: string, role: SharedRole) {
    const { access, collaboration, rights, tokens, now } = this.#ports
    const facts = await this.#owned(session, address)
    if (!('documentId' in facts)) return facts
    const { documentId } = facts
    const linkId = tokens.newLinkId()
    await access.replaceLink(documentId, role, linkId, now())
    const present = await collaboration.present(documentId)
    const judged = await rights.of(present)
    const gone = new Set(present.filter((_, i) => !judged[i]).map(({ userId }) => userId))
    const done = await this.#done(facts)
    return { ...done, address: tokens.addressOf(linkId), disconnected: gone.size }
  }

  async grant(session: Session, address: string, userId: string, role: SharedRole | null) {
    const { access, accounts, now } = this.#ports
    const facts = await this.#owned(session, address)
    if (!('documentId' in facts)) return facts
    if (userId === facts.ownerId) return refuse('bad-message', 'the owner has every right already')
    if (role !== null && !(await accounts.knownOf(userId)))
      return refuse('bad-message', 'there is no such user')
    await access.grant(facts.documentId, userId, role, now())
    return this.#done(facts)
  }

  async answerRequest(session: Session, address: string, userId: string, role: SharedRole | null) {
    if (role !== null) return this.grant(session, address, userId, role)
    const facts = await this.#owned(session, address)
    if (!('documentId' in facts)) return facts
    await this.#ports.access.dropRequest(facts.documentId, userId)
    return { ok: true as const }
  }

  async unlock(session: Session, address: string, password: string): Promise<boolean> {
    const { access, rights } = this.#ports
    const right = await rights.at(address, session.user.userId, session.cap)
    if (!right) return false
    if (right.role !== 'locked') return true
    const { linkId } = right.facts.link
    const hash = await access.passwordHash(linkId)
    if (hash === null || !(await isPassword(password, hash))) return false
    await access.unlock(session.user.userId, linkId)
    return true
  }

  async #caller({ user, cap }: Session, address: string): Promise<Caller | Refusal> {
    const right = await this.#ports.rights.at(address, user.userId, cap)
    if (!right) return NOT_FOUND
    const { role, facts } = right
    return role === 'locked' ? LOCKED : { role, facts }
  }

  async #owned(session: Session, address: string): Promise<AccessFacts | Refusal> {
    const caller = await this.#caller(session, address)
    if (!('facts' in caller)) return caller
    return caller.role === 'owner' ? caller.facts : FORBIDDEN
  }

  async #done({ documentId }: AccessFacts) {
    await this.#ports.collaboration.accessChanged(documentId)
    return { ok: true as const }
  }

  #ensureLinks(documentId: string, roles: readonly SharedRole[]): Promise<void> {
    const { access, tokens } = this.#ports
    return access.ensureLinks(
      documentId,
      roles.map((role) => ({ linkId: tokens.newLinkId(), role })),
    )
  }

  async #everybody(
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

  async #ownerAnd(
    user: Identity,
    { role, facts }: Caller,
    present: readonly { readonly userId: string }[],
  ): Promise<SharedPerson[]> {
    const isHere = (userId: string) => present.some((each) => each.userId === userId)
    const owner = await this.#withIdentities([{ userId: facts.ownerId }])
    const { grant } = facts
    const via = grant !== null && atLeast(grant, role) ? ('grant' as const) : ('link' as const)
    return [
      ...owner.map(
        (each): SharedPerson => ({
          user: each.user,
          role: 'owner',
          via: 'owner',
          present: isHere(facts.ownerId),
        }),
      ),
      { user, role, via, present: isHere(user.userId) },
    ]
  }

  /** Those who are still known, with who they are. */
  async #withIdentities<T extends { readonly userId: string }>(
    people: readonly T[],
  ): Promise<(Omit<T, 'userId'> & { readonly user: Identity })[]> {
    const found = await Promise.all(people.map(({ userId }) => this.#ports.accounts.knownOf(userId)))
    return people.flatMap(({ userId: _, ...rest }, i) => {
      const known = found[i]
      return known ? [{ ...rest, user: identityOf(known.person) }] : []
    })
  }
}
