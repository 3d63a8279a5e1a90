import { createHash, randomBytes } from 'node:crypto'
import type { DocumentCatalog, LinkTarget } from '../collab/document-store.ts'
import { RefusedRequest, refuse } from '../protocol/errors.ts'
import { capped, HUE_COUNT, HUE_ORDER, type Identity, type Role } from '../protocol/identity.ts'
import { SCHEMA_VERSION } from '../protocol/version.ts'
import type { Accounts, Person } from './accounts.ts'
import { CLIENT_HEADER, type ClientIps } from './client-ip.ts'
import type { Identified, Identities } from './identities.ts'
import type { Log } from './log.ts'
import type { Origins } from './origins.ts'
import type { Rates } from './rates.ts'
import type {
  AccountServices,
  EnsuredSession,
  OpenDocument,
  Profile,
  RecentDocument,
  RouteRate,
  Services,
  Session,
} from './services.ts'
import type { Tokens } from './tokens.ts'

/** Documents in the list of the front page. */
const RECENT_COUNT = 50

export interface ServicePorts {
  readonly accounts: Accounts
  readonly identities: Identities
  readonly accountServices: AccountServices
  readonly catalog: DocumentCatalog
  readonly tokens: Tokens
  readonly origins: Origins
  readonly rates: Pick<Rates, 'take'>
  readonly clientIps: ClientIps
  /** Ends a document's room for everybody in it. */
  readonly endRoom: (documentId: string) => Promise<void>
  /** Shows a person's new name and hue wherever they are present. */
  readonly showPerson: (person: Person) => void
  readonly now: () => number
  readonly log: Log
}

/** The services of this process, over its store, accounts and rooms. What each method promises stands at the interface. */
export class RunningServices implements Services {
  readonly accounts: AccountServices
  readonly #ports: ServicePorts

  constructor(ports: ServicePorts) {
    this.#ports = ports
    this.accounts = ports.accountServices
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

  async ensureGuest(headers: Headers, recovery?: string): Promise<EnsuredSession> {
    const { accounts, identities, tokens, rates } = this.#ports
    const known = await identities.of(headers, true)
    if (known) return sessionOf(known)
    if (headers.has('authorization')) {
      throw new RefusedRequest(refuse('unauthenticated', 'this access token is not in force'))
    }
    if (!identities.guestsAreWelcome) throw new RefusedRequest(refuse('unauthenticated', 'sign in first'))
    const wait = rates.take('guests', { ip: this.#ipKey(headers) })
    if (wait > 0) {
      throw new RefusedRequest(refuse('rate-limited', 'too many new guests from here; try again later', wait))
    }
    const userId = recovery === undefined ? null : tokens.userInRecovery(recovery)
    const resumed = userId === null ? null : await accounts.resumeGuest(userId)
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

  socketToken({ sessionId, user }: Session): { token: string; expiresAt: number } {
    return this.#ports.tokens.issue(user.userId, sessionId)
  }

  async createDocument({ user, mayCreate }: Session): Promise<string> {
    if (!mayCreate) throw new RefusedRequest(refuse('read-only', 'this session makes no documents'))
    const { catalog, tokens, now } = this.#ports
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
    await catalog.recordVisit(user.userId, documentId, linkId, createdAt)
    return tokens.addressOf(linkId)
  }

  async openAddress(address: string, session: Session | null): Promise<OpenDocument | null> {
    const target = await this.#target(address)
    if (!target) return null
    return { title: target.title, role: roleIn(target, session) }
  }

  async roleOf(session: Session, address: string): Promise<Role | null> {
    const target = await this.#target(address)
    return target && roleIn(target, session)
  }

  async recent({ user }: Session): Promise<RecentDocument[]> {
    const { catalog, tokens } = this.#ports
    const listed = await catalog.listFor(user.userId, RECENT_COUNT)
    return listed.map(({ linkId, title, owned, updatedAt, visitedAt }) => ({
      address: tokens.addressOf(linkId),
      title,
      owned,
      updatedAt,
      visitedAt,
    }))
  }

  async deleteDocument({ user }: Session, address: string): Promise<'deleted' | 'forgotten' | 'unknown'> {
    const { catalog, endRoom, now } = this.#ports
    const target = await this.#target(address)
    if (!target) return 'unknown'
    if (target.ownerId === user.userId) {
      await catalog.delete(target.documentId, user.userId, now())
      await endRoom(target.documentId)
      return 'deleted'
    }
    await catalog.forgetVisit(user.userId, target.documentId)
    return 'forgotten'
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

  async #target(address: string) {
    const linkId = this.#ports.tokens.linkIdIn(address)
    return linkId === null ? null : this.#ports.catalog.resolveLink(linkId)
  }
}

function roleIn(target: LinkTarget, session: Session | null): Role {
  return capped(target.ownerId === session?.user.userId ? 'owner' : target.role, session?.cap ?? null)
}

function newId(): string {
  return randomBytes(16).toString('base64url')
}

function sessionOf({ person, ...session }: Identified): EnsuredSession {
  return { ...session, user: identityOf(person) }
}

/** Outside of a room somebody who chose no hue has one that is always the same; a room gives them one that is free. */
function identityOf(person: Person): Identity {
  const [byte = 0] = createHash('sha256').update(person.userId).digest()
  return { ...person, hue: person.hue ?? HUE_ORDER[byte % HUE_COUNT] ?? 0 }
}
