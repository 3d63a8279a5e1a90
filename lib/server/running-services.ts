import { randomBytes } from 'node:crypto'
import type { OpenDocument, RecentDocument, SharingServices, TrashedDocument } from '#lib/library/contract.ts'
import type { Rights } from '#lib/library/rights.ts'
import type { AccessFacts, AccessStore, DocumentCatalog } from '#lib/library/store.ts'
import { TRASH_LIFE } from '#lib/library/trash.ts'
import type { Visits } from '#lib/library/visits.ts'
import type { Accounts } from '#lib/people/accounts.ts'
import type { AccountServices, AdminServices, Profile } from '#lib/people/contract.ts'
import type { Identified, Identities } from '#lib/people/identities.ts'
import { identityOf, type Person } from '#lib/people/person.ts'
import type { EnsuredSession, Session } from '#lib/people/session.ts'
import type { Tokens } from '#lib/people/tokens.ts'
import { CLIENT_HEADER, type ClientIps } from '#lib/process/client-ip.ts'
import type { Log } from '#lib/process/log.ts'
import type { Rates, RouteRate } from '#lib/process/rates.ts'
import type { GuestPolicy } from '#lib/process/settings.ts'
import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import type { Identity, Role } from '#lib/protocol/identity.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import type { Origins } from './http/origins.ts'
import type { Services } from './services.ts'

/** Documents in the list of the front page. */
const RECENT_COUNT = 50

export interface ServicePorts {
  readonly accounts: Accounts
  readonly identities: Identities
  readonly accountServices: AccountServices
  readonly adminServices: AdminServices
  readonly guests: GuestPolicy
  readonly catalog: DocumentCatalog
  readonly visits: Visits
  readonly access: Pick<AccessStore, 'facts'>
  readonly rights: Rights
  readonly sharing: SharingServices
  readonly tokens: Tokens
  readonly origins: Origins
  readonly rates: Pick<Rates, 'take'>
  readonly clientIps: ClientIps
  /** Ends a document's room for everybody in it. */
  readonly endRoom: (documentId: string) => Promise<void>
  /** Shows a person's new name and hue wherever they are present. */
  readonly showPerson: (person: Person) => void
  /** Documents one may own. */
  readonly documentsPerUser: number
  readonly now: () => number
  readonly log: Log
}

/** The services of this process, over its store, accounts and rooms. What each method promises stands at the interface. */
export class RunningServices implements Services {
  readonly accounts: AccountServices
  readonly sharing: SharingServices
  readonly admin: AdminServices
  readonly guests: GuestPolicy
  readonly #ports: ServicePorts

  constructor(ports: ServicePorts) {
    this.#ports = ports
    this.accounts = ports.accountServices
    this.sharing = ports.sharing
    this.admin = ports.adminServices
    this.guests = ports.guests
  }

  mayMutate(headers: Headers): boolean {
    return this.#ports.origins.mayMutate({
      origin: headers.get('origin') ?? undefined,
      host: headers.get('host') ?? undefined,
      fetchSite: headers.get('sec-fetch-site') ?? undefined,
    })
  }

  takeRate(rate: RouteRate, headers: Headers, session: Session | null): number {
    const keys = session ? { session: session.user.userId, ip: '' } : { ip: this.#ipKey(headers) }
    return this.#ports.rates.take(rate, keys)
  }

  async session(headers: Headers): Promise<Session | null> {
    const known = await this.#ports.identities.of(headers)
    return known && sessionOf(known)
  }

  async ensureGuest(
    headers: Headers,
    { recovery, renew = false }: { readonly recovery?: string; readonly renew?: boolean } = {},
  ): Promise<EnsuredSession> {
    const { accounts, identities, tokens, rates } = this.#ports
    const known = await identities.of(headers, true)
    if (known) return sessionOf(known)
    if (headers.has('authorization')) {
      throw new RefusedRequest(refuse('unauthenticated', 'this access token is not in force'))
    }
    if (!identities.guestsAreWelcome) throw new RefusedRequest(refuse('unauthenticated', 'sign in first'))
    const userId = recovery === undefined ? null : tokens.userInRecovery(recovery)
    const ended = new RefusedRequest(refuse('unauthenticated', 'this session has ended'))
    if (renew && userId === null) throw ended
    const wait = rates.take('guests', { ip: this.#ipKey(headers) })
    if (wait > 0) {
      throw new RefusedRequest(refuse('rate-limited', 'too many new guests from here; try again later', wait))
    }
    const resumed = userId === null ? null : await accounts.resumeGuest(userId)
    if (renew && !resumed) throw ended
    const guest = identities.ofSession(resumed ?? (await accounts.startGuest()))
    if (!guest) throw new Error('no guests here')
    return sessionOf(guest)
  }

  recovery({ user, standing }: Session): string | null {
    return standing === 'guest' ? this.#ports.tokens.issueRecovery(user.userId) : null
  }

  async aliases({ user, standing }: Session): Promise<string[]> {
    return standing === 'guest' ? [] : this.#ports.accounts.aliasesOf(user.userId)
  }

  socketToken({ sessionId, user }: Session) {
    const { tokens } = this.#ports
    return { ...tokens.issue(user.userId, sessionId), life: tokens.life }
  }

  async createDocument({ user, mayCreate }: Session, headers: Headers): Promise<string> {
    if (!mayCreate) throw new RefusedRequest(refuse('forbidden', 'this session makes no documents'))
    const { catalog, visits, tokens, rates, documentsPerUser, now } = this.#ports
    if ((await catalog.countOwned(user.userId)) >= documentsPerUser) {
      throw new RefusedRequest(
        refuse('too-many-documents', 'you own as many documents as one may; delete some first'),
      )
    }
    const wait = rates.take('documents', { ip: this.#ipKey(headers) })
    if (wait > 0) {
      const message = 'as many documents were made from your network within a day as may be; try again later'
      throw new RefusedRequest(refuse('too-many-documents', message, wait))
    }
    const documentId = newId()
    const linkId = tokens.newLinkId()
    const createdAt = now()
    await catalog.create({
      documentId,
      lineage: newId(),
      ownerId: user.userId,
      schemaVersion: SCHEMA_VERSION,
      createdAt,
      linkId,
      linkRole: 'editor',
    })
    visits.note(user.userId, documentId, linkId)
    return tokens.addressOf(linkId)
  }

  async openAddress(address: string, session: Session | null): Promise<OpenDocument | 'locked' | null> {
    const right = await this.#ports.rights.at(address, session?.user.userId ?? null, session?.cap ?? null)
    if (!right) return null
    return right.role === 'locked' ? 'locked' : { title: right.facts.title, role: right.role }
  }

  async roleOf({ user, cap }: Session, address: string): Promise<Role | 'locked' | null> {
    return (await this.#ports.rights.at(address, user.userId, cap))?.role ?? null
  }

  async recent({ user }: Session): Promise<RecentDocument[]> {
    const { visits, tokens } = this.#ports
    const listed = await visits.listFor(user.userId, RECENT_COUNT)
    const rights = await this.#ports.rights.of(listed.map(({ linkId }) => ({ linkId, userId: user.userId })))
    // The title of what one may no longer open is nobody's business of theirs.
    const open = listed.filter((_, i) => rights[i] && rights[i].role !== 'locked')
    return open.map(({ linkId, title, owned, updatedAt, visitedAt }) => ({
      address: tokens.addressOf(linkId),
      title,
      owned,
      updatedAt,
      visitedAt,
    }))
  }

  async deleteDocument({ user }: Session, address: string): Promise<'deleted' | 'forgotten' | 'unknown'> {
    const { catalog, visits, endRoom, now } = this.#ports
    const target = await this.#facts(address, user)
    if (!target || target.deletedAt !== null) return 'unknown'
    if (target.ownerId === user.userId) {
      await catalog.delete(target.documentId, user.userId, now())
      await endRoom(target.documentId)
      return 'deleted'
    }
    await visits.forget(user.userId, target.documentId)
    return 'forgotten'
  }

  async trash({ user }: Session): Promise<TrashedDocument[]> {
    const { catalog, tokens } = this.#ports
    const trashed = await catalog.trashOf(user.userId)
    return trashed.map(({ linkId, title, deletedAt }) => ({
      address: tokens.addressOf(linkId),
      title,
      deletedAt,
      erasedAt: deletedAt + TRASH_LIFE,
    }))
  }

  async restoreDocument({ user }: Session, address: string): Promise<boolean> {
    const facts = await this.#facts(address, user)
    return facts !== null && this.#ports.catalog.undelete(facts.documentId, user.userId)
  }

  async eraseDocument({ user }: Session, address: string): Promise<boolean> {
    const facts = await this.#facts(address, user)
    return facts !== null && this.#ports.catalog.erase(facts.documentId, user.userId)
  }

  async setProfile({ user }: Session, profile: Profile): Promise<Identity> {
    const person = await this.#ports.accounts.setProfile(user.userId, profile)
    this.#ports.showPerson(person)
    return identityOf(person)
  }

  reportFault(error: unknown): void {
    this.#ports.log.error({ err: error }, 'route.failed')
  }

  #ipKey(headers: Headers): string {
    return this.#ports.clientIps.keyOf(headers.get(CLIENT_HEADER) ?? '')
  }

  /** What a link is of, whether or not it opens it. */
  async #facts(address: string, { userId }: Identity): Promise<AccessFacts | null> {
    const linkId = this.#ports.tokens.linkIdIn(address)
    if (linkId === null) return null
    const [facts] = await this.#ports.access.facts([{ linkId, userId }])
    return facts ?? null
  }
}

function newId(): string {
  return randomBytes(16).toString('base64url')
}

function sessionOf({ person, ...session }: Identified): EnsuredSession {
  return { ...session, user: identityOf(person) }
}
