import type { Refusal } from '#lib/protocol/errors.ts'
import type { Identity, Role, SharedRole } from '#lib/protocol/identity.ts'
import type { RenewedLink, SharingOverview } from '#lib/protocol/sharing.ts'

/*
 * The bridge between the process and the routes. Next compiles app/ apart from server.ts, so a module's own variable would
 * exist twice; the one slot on globalThis is touched here and nowhere else. Nothing here is an instance of a class of
 * ours, for the same reason: the two sides see two copies of every class.
 */

/** *off*: nothing, one has to sign in. *create*: everything, also make documents. */
export const GUEST_POLICIES = ['off', 'view', 'comment', 'edit', 'create'] as const
export type GuestPolicy = (typeof GUEST_POLICIES)[number]

/** What somebody is to the whole site; what they are to one document is a Role. */
export type Standing = 'guest' | 'account' | 'admin'

/** Who asks. */
export interface Session {
  readonly sessionId: string
  readonly user: Identity
  readonly standing: Standing
  /** What they are to any document at most (the policy for guests, a token's scope); null: whatever their role there is. */
  readonly cap: Role | null
  readonly mayCreate: boolean
  /** Comes with a personal access token, not with a cookie. */
  readonly isProgram: boolean
  /** Such a token that may look and change nothing. */
  readonly readOnly: boolean
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

/** A document in the trash. Times in ms since the epoch. */
export interface TrashedDocument {
  readonly address: string
  readonly title: string
  readonly deletedAt: number
  /** When it is erased for good. */
  readonly erasedAt: number
}

/**
 * Sharing a document. Each method judges the caller itself: without access `not-found` (or `link-locked`), with too low
 * a role `forbidden`. Changes are for the owner; when one resolves, everybody's open connections have their new roles.
 */
export interface SharingServices {
  overview(session: Session, address: string): Promise<SharingOverview | Refusal>
  /** The most that people with a link can do; null: nothing. */
  setLinkRole(session: Session, address: string, role: SharedRole | null): Promise<Done | Refusal>
  /** Changes the link of a role; what is left out stays. `expiresAt` lies ahead. A new password locks it for everybody again. */
  changeLink(
    session: Session,
    address: string,
    role: SharedRole,
    change: { readonly expiresAt?: number | null; readonly password?: string | null },
  ): Promise<Done | Refusal>
  /** A new address for a role; the old one opens nothing any more, but for those who have a role of their own. */
  renewLink(session: Session, address: string, role: SharedRole): Promise<RenewedLink | Refusal>
  /** Gives somebody a role of their own, or takes it back (null). The owner's stays. */
  grant(session: Session, address: string, userId: string, role: SharedRole | null): Promise<Done | Refusal>
  /** Answers what somebody asked for: with a role, or with no (null). */
  answerRequest(
    session: Session,
    address: string,
    userId: string,
    role: SharedRole | null,
  ): Promise<Done | Refusal>
  /** Tries a password at a locked link; true also when nothing is locked for this user. */
  unlock(session: Session, address: string, password: string): Promise<boolean>
}

interface Done {
  readonly ok: true
}

export interface Profile {
  readonly name: string
  readonly hue: number | null
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

/**
 * Why something did not happen to an account. *wrong*: no such account or another password, which look alike. *link*: used,
 * ended or none of ours. *email*, *password*: not in the shape of one.
 */
export type AccountProblem =
  | 'wrong'
  | 'disabled'
  | 'taken'
  | 'signed-in'
  | 'link'
  | 'no-email'
  | 'failed'
  | 'email'
  | 'password'
  | 'too-many'

export type AccountOutcome =
  | { readonly ok: true; readonly setCookies: readonly string[] }
  | { readonly ok: false; readonly problem: AccountProblem }

/** A personal access token as its owner sees it later. Times in ms since the epoch; `usedAt` null: never. */
export interface AccessToken {
  readonly id: string
  readonly name: string
  readonly scope: 'read' | 'write'
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt: number | null
}

/** What a program is to get: for how many days, and whether it may change anything. */
export interface NewAccessToken {
  readonly name: string
  readonly scope: 'read' | 'write'
  readonly days: number
}

export interface AccountOverview {
  readonly email: string
  /** False: they sign in with a provider only. */
  readonly hasPassword: boolean
  readonly tokens: readonly AccessToken[]
  /** A token just made: shown this once. */
  readonly madeToken: string | null
}

/** Accounts of people. E-mails and passwords come in shape; cookies of the request say who asks. */
export interface AccountServices {
  /** What people call the provider they may sign in with too; null: there is none. */
  readonly providerName: string | null
  /** A guest becomes the account, with everything they have. */
  signUp(headers: Headers, given: Credentials & { readonly name: string }): Promise<AccountOutcome>
  /** A guest's documents become the account's. */
  signIn(headers: Headers, given: Credentials): Promise<AccountOutcome>
  /** Where to send a browser that wants to sign in with the provider; null: there is none, or it cannot be reached. */
  beginProvider(): Promise<{ readonly location: string; readonly setCookies: readonly string[] } | null>
  /** Signs in who comes back from the provider. `query`: of the URL they come back to. */
  endProvider(headers: Headers, query: Readonly<Record<string, string>>): Promise<AccountOutcome>
  /** Ends the session; its sockets close. Returns the cookies for the answer. */
  signOut(headers: Headers): Promise<readonly string[]>
  overview(session: Session): Promise<AccountOverview>
  /** Sets the name, here and wherever the user is present now. */
  rename(session: Session, name: string): Promise<void>
  /** Every other session of the user ends. */
  changePassword(session: Session, current: string, next: string): Promise<AccountOutcome>
  /** Whose password a reset link sets, by e-mail; null: it has ended. */
  resetTarget(token: string): Promise<string | null>
  /** Sets a password by a reset link; every session of the user ends. */
  resetPassword(token: string, password: string): Promise<AccountOutcome>
  /** Makes a token and keeps it for the next `overview` of this session; false: there are too many. */
  makeToken(session: Session, wanted: NewAccessToken): Promise<boolean>
  /** Ends a token; the sockets of its programs close. Repeating is harmless. */
  revokeToken(session: Session, id: string): Promise<void>
  /** True while the link that makes the first administrator is good. */
  mayBeFirstAdmin(token: string): boolean
  /** Makes the first administrator: who is signed in, or a new account. */
  beFirstAdmin(
    headers: Headers,
    token: string,
    given: (Credentials & { readonly name: string }) | null,
  ): Promise<AccountOutcome>
}

/** An account as an administrator sees it. Times in ms since the epoch. */
export interface ListedUser {
  readonly user: Identity
  readonly email: string
  readonly isAdmin: boolean
  readonly isDisabled: boolean
  readonly createdAt: number
}

/** A document as an administrator sees it: never its text, nor a way to it. `owner`: an e-mail, null for a guest. */
export interface ListedKept {
  readonly documentId: string
  readonly title: string
  readonly owner: string | null
  readonly bytes: number
  readonly updatedAt: number
  readonly isDeleted: boolean
}

/** A session of an account that goes on. */
export interface ListedSession {
  readonly sessionId: string
  readonly email: string
  readonly since: number
}

/** A link that sets a new password, just made: shown this once. */
export interface MadeResetLink {
  readonly email: string
  readonly link: string
}

export type UserAction = 'disable' | 'enable' | 'promote' | 'demote' | 'reset'

/** The administrator's page. Whoever calls has checked that it is an administrator who asks. */
export interface AdminServices {
  /** Accounts whose e-mail or name contains `search`, newest first; the first of them. */
  users(search: string): Promise<ListedUser[]>
  /** Documents whose title contains `search`, changed last first; the first of them. */
  documents(search: string): Promise<ListedKept[]>
  /** Sessions of accounts, newest first; the first of them. */
  sessions(): Promise<ListedSession[]>
  /** False: no such account, or it is the administrator's own and would lock them out. Repeating is harmless. */
  change(session: Session, userId: string, action: UserAction): Promise<boolean>
  /** Deletes a document as its owner would. Repeating is harmless. */
  deleteDocument(documentId: string): Promise<void>
  /** Ends a session; its sockets close. Repeating is harmless. */
  endSession(sessionId: string): Promise<void>
  /** The link that `change` has just made for this session; null the second time. */
  madeResetLink(session: Session): MadeResetLink | null
}

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
