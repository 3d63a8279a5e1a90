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
 * Why a change of an account failed. *wrong*: no such account or another password, which look alike. *link*: used, ended or
 * not made here. *email*, *password*: not in the shape of one.
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

/** What a new token is for: how many days, and whether its program may change anything. */
export interface NewAccessToken {
  readonly name: string
  readonly scope: 'read' | 'write'
  readonly days: number
}

export interface AccountOverview {
  readonly email: string
  /** False if they sign in with a provider only. */
  readonly hasPassword: boolean
  readonly tokens: readonly AccessToken[]
  /** The token just made, shown this once; null if there is none. */
  readonly madeToken: string | null
}

/** What users do with their own account. E-mails and passwords come in shape; the request's cookies say who asks. */
export interface OwnAccountContract {
  /** The name of the provider that users may sign in with too; null if there is none. */
  readonly providerName: string | null
  /** Makes an account; a guest who asks becomes it, with everything they have. */
  signUp(headers: Headers, given: Credentials & { readonly name: string }): Promise<AccountOutcome>
  /** Signs in; documents of a guest who asks become the account's. Throws RefusedRequest after too many attempts. */
  signIn(headers: Headers, given: Credentials): Promise<AccountOutcome>
  /** Returns where to send a browser to sign in with the provider; null if there is none, or it cannot be reached. */
  beginProvider(): Promise<{ readonly location: string; readonly setCookies: readonly string[] } | null>
  /** Signs in a person who comes back from the provider. `query`: of the URL they come back to. */
  endProvider(headers: Headers, query: Readonly<Record<string, string>>): Promise<AccountOutcome>
  /** Ends the session and closes its sockets. Idempotent. Returns the cookies for the answer. */
  signOut(headers: Headers): Promise<readonly string[]>
  /** Returns what the account page shows. The second time, `madeToken` is null. */
  overview(session: Session): Promise<AccountOverview>
  /** Sets the name, here and wherever the user is present now. */
  rename(session: Session, name: string): Promise<void>
  /** Changes the password if `current` is right; every other session of the user ends. */
  changePassword(session: Session, current: string, next: string): Promise<AccountOutcome>
  /** Returns the e-mail of the account whose password a reset link sets; null if the link has ended. */
  resetTarget(token: string): Promise<string | null>
  /** Sets a password by a reset link; every session of the user ends. */
  resetPassword(token: string, password: string): Promise<AccountOutcome>
  /** Makes a token and keeps it for the next `overview` of this session. Returns false if there are too many. */
  makeToken(session: Session, wanted: NewAccessToken): Promise<boolean>
  /** Ends a token; the sockets of its programs close. Idempotent. */
  revokeToken(session: Session, id: string): Promise<void>
  /** Returns true while the link that makes the first administrator is valid. */
  mayBeFirstAdmin(token: string): boolean
  /** Makes the first administrator of the user who is signed in, or of a new account (`given`). */
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

/** An active session of an account. `since`: ms since the epoch. */
export interface ListedSession {
  readonly sessionId: string
  readonly email: string
  readonly since: number
}

/** A link that sets a new password, just made and shown once. */
export interface MadeResetLink {
  readonly email: string
  readonly link: string
}

export type UserAction = 'disable' | 'enable' | 'promote' | 'demote' | 'reset'

/** What administrators do. The caller has checked that an administrator asks. */
export interface AdministrationContract {
  /** Returns accounts whose e-mail or name contains `search`, newest first; at most 100. */
  users(search: string): Promise<ListedUser[]>
  /** Returns documents whose title contains `search`, last changed first; at most 100. */
  documents(search: string): Promise<ListedKept[]>
  /** Returns sessions of accounts, newest first; at most 100. */
  sessions(): Promise<ListedSession[]>
  /** Returns false if there is no such account, or if it is the administrator's own and would lock them out. Idempotent. */
  change(session: Session, userId: string, action: UserAction): Promise<boolean>
  /** Deletes a document as its owner would. Idempotent. */
  deleteDocument(documentId: string): Promise<void>
  /** Ends a session and closes its sockets. Idempotent. */
  endSession(sessionId: string): Promise<void>
  /** Returns the link that `change` has just made for this session; null the second time. */
  madeResetLink(session: Session): MadeResetLink | null
}
