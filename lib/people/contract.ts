import type { GuestPolicy, SignUpPolicy } from '#lib/process/settings.ts'
import type { Identity } from '#lib/protocol/identity.ts'
import type { EnsuredSession, Session } from './session.ts'

/*
 * The calls that pages and routes make about people. Next compiles app/ apart from server.ts, so nothing here is an
 * instance of one of our classes: each side has its own copy of every class.
 */

/** The fields of their profile that a user sets. */
export interface ProfileChange {
  readonly name: string
  readonly hue: number | null
}

/** The knowledge left in a browser that lost its cookie. */
export interface LostCookie {
  /** The value that `recovery` returned, if the browser still has it. */
  readonly recovery?: string
  /** True if the browser had a session: it is then refused a new guest. */
  readonly renew?: boolean
}

/** The sessions of requests. */
export interface SessionsContract {
  /** The most that a visitor without an account may do (setting GUESTS). */
  readonly guests: GuestPolicy
  /** Returns the session of a request's cookie or access token, null if it has none. Has no side effects. */
  of(headers: Headers): Promise<Session | null>
  /**
   * Returns the session of a request; without one, begins that of the guest whose `recovery` it has, or of a new
   * guest. Idempotent with the cookie it set. Throws RefusedRequest if too many guests come from one place, and if
   * it would create a new guest although `renew` says that this browser had a session.
   */
  ensureGuest(headers: Headers, known?: LostCookie): Promise<EnsuredSession>
  /** Returns a short-lived token for the socket's handshake. `expiresAt`: ms since the epoch; `life`: ms. */
  socketToken(session: Session): { readonly token: string; readonly expiresAt: number; readonly life: number }
  /** Returns a value with which a browser that lost its cookie becomes this guest again, null for an account. */
  recovery(session: Session): string | null
  /** Returns the guests that became this user. */
  aliases(session: Session): Promise<string[]>
  /** Sets name (cleaned; '' restores the guest name) and hue, also wherever the user is present now. */
  setProfile(session: Session, change: ProfileChange): Promise<Identity>
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

/**
 * The reasons why a change of an account failed. *wrong*: no such account or a wrong password, which cannot be told
 * apart. *moved*: the e-mail went to a user who had proved it. *closed*: this server takes no new accounts. *link*:
 * used, expired or not made here. *email*, *password*: not valid as one.
 */
export type AccountProblem =
  | 'wrong'
  | 'moved'
  | 'closed'
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

/**
 * A personal access token as its owner sees it later. Times in ms since the epoch; `usedAt` is null if it was never
 * used.
 */
export interface AccessToken {
  readonly id: string
  readonly name: string
  readonly scope: 'read' | 'write'
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt: number | null
}

/** The settings of a new token: its lifetime in days, and whether its program may change anything. */
export interface NewAccessToken {
  readonly name: string
  readonly scope: 'read' | 'write'
  readonly days: number
}

/** A change of password by its owner. */
export interface PasswordChoice {
  readonly current: string
  readonly next: string
  readonly endsTokens: boolean
}

export interface AccountOverview {
  /** Null if it went to a user who had proved it. */
  readonly email: string | null
  /** False if they can sign in only with a provider. */
  readonly hasPassword: boolean
  readonly tokens: readonly AccessToken[]
  /** The token just created, shown this one time. Null if there is none. */
  readonly madeToken: string | null
}

/** The account that a form creates. `invitation`: the token of an administrator's link, whose e-mail it gets. */
export interface NewAccount extends Credentials {
  readonly name: string
  readonly invitation?: string | undefined
}

/**
 * The operations of users on their own account. E-mails and passwords are already validated; the request's cookies
 * identify the user.
 */
export interface OwnAccountContract {
  /** The name of the provider that users may also sign in with. Null if there is none. */
  readonly providerName: string | null
  /** The people who may create an account with a password (setting SIGN_UPS). */
  readonly signUps: SignUpPolicy
  /** Creates an account. A guest who signs up becomes it, with everything they have. */
  signUp(headers: Headers, given: NewAccount): Promise<AccountOutcome>
  /** Returns the e-mail that an invitation is for, null if it has been used or has expired. */
  invitedEmail(invitation: string): Promise<string | null>
  /**
   * Signs in. The documents of a guest who signs in become the account's. Throws RefusedRequest after too many
   * attempts.
   */
  signIn(headers: Headers, given: Credentials): Promise<AccountOutcome>
  /**
   * Returns the place to send a browser to sign in with the provider, null if there is none or it cannot be
   * reached.
   */
  beginProvider(): Promise<{ readonly location: string; readonly setCookies: readonly string[] } | null>
  /** Signs in a user who returns from the provider. `query` is that of the URL they return to. */
  endProvider(headers: Headers, query: Readonly<Record<string, string>>): Promise<AccountOutcome>
  /** Ends the session and closes its sockets. Idempotent. Returns the cookies for the answer. */
  signOut(headers: Headers): Promise<readonly string[]>
  /** Returns the contents of the account page. `madeToken` is null the second time. */
  overview(session: Session): Promise<AccountOverview>
  /** Sets the name, also wherever the user is present now. */
  rename(session: Session, name: string): Promise<void>
  /** Changes the password if `current` is right. Ends every other session of the user and, if asked, their tokens. */
  changePassword(headers: Headers, session: Session, change: PasswordChoice): Promise<AccountOutcome>
  /** Returns the e-mail that the user's account lost to a user who had proved it, null if it has one. */
  lostEmail(session: Session): Promise<string | null>
  /** Gives an account that lost its e-mail another. `password`: the present one, '' if the account has none. */
  chooseEmail(session: Session, given: Credentials): Promise<AccountOutcome>
  /**
   * Returns the account whose password a reset link sets, null if the link has expired. `email`: null if the account
   * lost it and needs another.
   */
  resetTarget(token: string): Promise<{ readonly email: string | null } | null>
  /** Sets a password by a reset link, which works once. Ends every session and access token of the user. */
  resetPassword(
    token: string,
    given: { password: string; email?: string | undefined },
  ): Promise<AccountOutcome>
  /** Creates a token and keeps it for the next `overview` of this session. Returns false if there are too many. */
  makeToken(session: Session, wanted: NewAccessToken): Promise<boolean>
  /** Revokes a token and closes the sockets of its programs. Idempotent. */
  revokeToken(session: Session, id: string): Promise<void>
  /** True while there is no administrator since the server started without one. */
  readonly needsAdmin: boolean
  /** Returns true while the link that makes the first administrator is valid. */
  mayBeFirstAdmin(token: string): boolean
  /** Makes the signed-in user, or a new account (`given`), the first administrator. */
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

/** A document as an administrator sees it: never its text, nor a link to it. `owner`: an e-mail, null for a guest. */
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

/** A personal access token as an administrator sees it. `email`: its user's. */
export interface ListedToken extends AccessToken {
  readonly email: string
}

/** A link that sets a new password or creates an account, just created and shown once. */
export interface MadeLink {
  readonly kind: 'reset' | 'invitation'
  readonly email: string
  readonly link: string
}

export type UserAction = 'disable' | 'enable' | 'promote' | 'demote' | 'reset'

/** The operations of administrators. The caller has checked that an administrator asks. */
export interface AdministrationContract {
  /** The free bytes on the disk if they are so few that guests may add nothing; null if there are enough. */
  readonly lowSpace: number | null
  /** Returns accounts whose e-mail or name contains `search`, newest first; at most 100. */
  users(search: string): Promise<ListedUser[]>
  /** Returns documents whose title contains `search`, last changed first; at most 100. */
  documents(search: string): Promise<ListedKept[]>
  /** Returns sessions of accounts, newest first; at most 100. */
  sessions(): Promise<ListedSession[]>
  /**
   * Changes an account. Returns false if it does not exist, or if it is the administrator's own and the change
   * would lock them out. Idempotent.
   */
  change(session: Session, userId: string, action: UserAction): Promise<boolean>
  /** Deletes a document as its owner would. Idempotent. */
  deleteDocument(documentId: string): Promise<void>
  /** Ends a session and closes its sockets. Idempotent. */
  endSession(sessionId: string): Promise<void>
  /** Returns access tokens whose name, or whose user's e-mail or name, contains `search`, newest first; at most 100. */
  tokens(search: string): Promise<ListedToken[]>
  /** Revokes a token of any user and closes the sockets of its programs. Idempotent. */
  revokeToken(id: string): Promise<void>
  /** Creates a link with which a new account for that e-mail can be made, once, within seven days. */
  invite(session: Session, email: string): Promise<'taken' | 'closed' | null>
  /** Returns the link that `change` or `invite` has just created for this session, null the second time. */
  madeLink(session: Session): MadeLink | null
}
