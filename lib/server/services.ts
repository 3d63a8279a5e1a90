import type { OpenDocument, RecentDocument, SharingServices, TrashedDocument } from '#lib/library/contract.ts'
import type { AccountServices, AdminServices, Profile } from '#lib/people/contract.ts'
import type { EnsuredSession, Session } from '#lib/people/session.ts'
import type { RouteRate } from '#lib/process/rates.ts'
import type { GuestPolicy } from '#lib/process/settings.ts'
import type { Identity, Role } from '#lib/protocol/identity.ts'

/*
 * The bridge between the process and the routes. Next compiles app/ apart from server.ts, so a module's own variable would
 * exist twice; the one slot on globalThis is touched here and nowhere else. Nothing here is an instance of a class of
 * ours, for the same reason: the two sides see two copies of every class.
 */

export interface Services {
  readonly accounts: AccountServices
  readonly admin: AdminServices
  /** What somebody without an account may do at most (setting GUESTS). */
  readonly guests: GuestPolicy
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
   * Repeating with the cookie it set changes nothing. Throws RefusedRequest when too many guests come from one place, and
   * where it would make a new one although `renew` says that this browser was somebody.
   */
  ensureGuest(
    headers: Headers,
    known?: { readonly recovery?: string; readonly renew?: boolean },
  ): Promise<EnsuredSession>
  /** A short-lived token for the socket's handshake; `expiresAt` in ms since the epoch. */
  socketToken(session: Session): {
    readonly token: string
    readonly expiresAt: number
    /** ms. */
    readonly life: number
  }
  /** What makes a browser this guest again after it lost its cookie; null for an account. */
  recovery(session: Session): string | null
  /** The guests this user once was. */
  aliases(session: Session): Promise<string[]>
  /**
   * Makes a document owned by the session's user and returns its address. Throws RefusedRequest when it may not, or when
   * they own as many as one may.
   */
  createDocument(session: Session, headers: Headers): Promise<string>
  /** What an address opens for somebody; null for unknown, ended and deleted alike. *locked*: its password comes first. */
  openAddress(address: string, session: Session | null): Promise<OpenDocument | 'locked' | null>
  /** What somebody may do at an address; as `openAddress`. */
  roleOf(session: Session, address: string): Promise<Role | 'locked' | null>
  /** The documents this user opened, newest visit first. */
  recent(session: Session): Promise<RecentDocument[]>
  /** Who may do what with a document. */
  readonly sharing: SharingServices
  /** The owner puts it into the trash, for everybody; anybody else takes the document off their own list. Repeating is harmless. */
  deleteDocument(session: Session, address: string): Promise<'deleted' | 'forgotten' | 'unknown'>
  /** What the session's user has in the trash, the last one deleted first. */
  trash(session: Session): Promise<TrashedDocument[]>
  /** Takes out of the trash; false: there is no such document of this user in it. */
  restoreDocument(session: Session, address: string): Promise<boolean>
  /** Erases for good what is in the trash; false: there is no such document of this user in it. */
  eraseDocument(session: Session, address: string): Promise<boolean>
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
