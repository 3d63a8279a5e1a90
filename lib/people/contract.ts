import type { GuestPolicy } from '#lib/process/settings.ts'
import type { Identity } from '#lib/protocol/identity.ts'
import type { EnsuredSession, Session } from './session.ts'

/*
 * The calls that pages and routes make about people. Next compiles app/ apart from server.ts, so nothing here is an instance
 * of a class of ours: the two sides see two copies of every class.
 */

/** What a user sets of their profile. */
export interface ProfileChange {
  readonly name: string
  readonly hue: number | null
}

/** What a browser without its cookie still knows. */
export interface LostCookie {
  /** As `recovery` made it. */
  readonly recovery?: string
  /** True if the browser had a session: a new guest in its place is refused. */
  readonly renew?: boolean
}

/** Sessions: who makes a request. */
export interface SessionsContract {
  /** What a visitor without an account may do at most (setting GUESTS). */
  readonly guests: GuestPolicy
  /** Returns the session of a request's cookie or access token; null if it has none. Changes nothing. */
  of(headers: Headers): Promise<Session | null>
  /**
   * Returns the session of a request; without one that of the guest whose `recovery` it is, or of a new guest. Idempotent
   * with the cookie it set. Throws RefusedRequest if too many guests come from one place, and if it would make a new guest
   * although `renew` says that this browser had a session.
   */
  ensureGuest(headers: Headers, known?: LostCookie): Promise<EnsuredSession>
  /** Returns a short-lived token for the socket's handshake. `expiresAt`: ms since the epoch; `life`: ms. */
  socketToken(session: Session): { readonly token: string; readonly expiresAt: number; readonly life: number }
  /** Returns what makes a browser this guest again after it lost its cookie; null for an account. */
  recovery(session: Session): string | null
  /** Returns the guests that became this user. */
  aliases(session: Session): Promise<string[]>
  /** Sets name (cleaned; '' restores the guest name) and hue, here and wherever the user is present now. */
  setProfile(session: Session, change: ProfileChange): Promise<Identity>
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
export interface OwnAccountContract {
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
export interface AdministrationContract {
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
