import type { Identity, Role } from '../protocol/identity.ts'

/*
 * The bridge between the process and the routes. Next compiles app/ apart from server.ts, so a module's own variable would
 * exist twice; the one slot on globalThis is touched here and nowhere else. Nothing here is an instance of a class of
 * ours, for the same reason: the two sides see two copies of every class.
 */

/** What somebody is to the whole site; what they are to one document is a Role. */
export type Standing = 'guest' | 'account' | 'admin'

/** Who asks. */
export interface Session {
  readonly sessionId: string
  readonly user: Identity
  readonly standing: Standing
}

/** How often a route may be called: each is a bucket of rates.ts. */
export type RouteRate = 'sockets' | 'logins' | 'creates' | 'reads' | 'writes'

/** A session with the `Set-Cookie` values that must go out with the answer (none when nothing changed). */
export interface EnsuredSession extends Session {
  readonly setCookies: readonly string[]
}

/** What a link shows before it is joined. */
export interface OpenDocument {
  readonly title: string
  readonly role: Role
}

/** A document in somebody's list; times in ms since the epoch. */
export interface RecentDocument {
  readonly address: string
  readonly title: string
  readonly owned: boolean
  readonly updatedAt: number
  readonly visitedAt: number
}

export interface Profile {
  readonly name: string
  readonly hue: number | null
}

export interface Services {
  /**
   * True when a request that changes something comes from a page of ours, or from a program. Decided by `Origin`, and by
   * `Sec-Fetch-Site` where a browser withholds the origin (docs/decisions/0005-socket-token-and-addresses.md).
   */
  mayMutate(headers: Headers): boolean
  /**
   * Counts one call of a route: for the address it comes from without a session, for the session's user with one.
   * Returns 0, or after how many ms it may be tried again.
   */
  takeRate(rate: RouteRate, headers: Headers, session: Session | null): number
  /** The session of the request's cookie; null when there is none. Changes nothing. */
  session(headers: Headers): Promise<Session | null>
  /**
   * The session of the request's cookie; without one that of the guest whose `recovery` it is, or of a new guest.
   * Repeating with the cookie it set changes nothing. Throws RefusedRequest when too many guests come from one place.
   */
  ensureGuest(headers: Headers, recovery?: string): Promise<EnsuredSession>
  /** A short-lived token for the socket's handshake; `expiresAt` in ms since the epoch. */
  socketToken(session: Session): {
    readonly token: string
    readonly expiresAt: number
  }
  /** What makes a browser this user again after it lost its cookie. */
  recovery(session: Session): string
  /** Makes a document owned by the session's user and returns its address. */
  createDocument(session: Session): Promise<string>
  /** What an address opens; null for unknown, revoked and deleted alike. `session` tells the owner's role from the link's. */
  openAddress(address: string, session: Session | null): Promise<OpenDocument | null>
  /** What the session's user is to the document of an address; null for unknown, revoked and deleted alike. */
  roleOf(session: Session, address: string): Promise<Role | null>
  /** The documents this user opened, newest visit first. */
  recent(session: Session): Promise<RecentDocument[]>
  /** The owner deletes for everybody; anybody else takes the document off their own list. Repeating is harmless. */
  deleteDocument(session: Session, address: string): Promise<'deleted' | 'forgotten' | 'unknown'>
  /** Sets name (cleaned; '' goes back to the friendly guest name) and hue, here and wherever the user is present now. */
  setProfile(session: Session, profile: Profile): Promise<Identity>
  /** A route failed for a reason of ours: goes to the log. */
  reportFault(error: unknown): void
}

const SLOT = Symbol.for('commonplace.services')

/** The services of the running process. Throws when the process has none: a page rendered outside of server.ts. */
export function services(): Services {
  const running = (globalThis as { [SLOT]?: Services })[SLOT]
  if (!running) throw new Error('no services in this process: pages are served by server.ts')
  return running
}

/** Puts the services in the slot. Called once, by server.ts. */
export function provideServices(running: Services): void {
  ;(globalThis as { [SLOT]?: Services })[SLOT] = running
}
