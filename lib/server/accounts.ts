import { randomInt } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { anonymous } from 'better-auth/plugins/anonymous'
import * as v from 'valibot'
import type { PresenceIdentity } from '../collab/presence.ts'
import { cleanName, GUEST_NAME_COUNT, HUE_COUNT } from '../protocol/identity.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { Store } from '../storage/open-store.ts'
import type { Log } from './log.ts'
import { keyFor } from './secret.ts'
import type { Profile, Standing } from './services.ts'

/** How long a guest is remembered after their last visit, s: the longest that browsers keep a cookie. */
const SESSION_LIFE = 400 * 24 * 60 * 60
/** A cookie older than this is written anew, s. */
const SESSION_REFRESH = 24 * 60 * 60

export interface AccountsOptions {
  readonly database: Store['accounts']
  readonly secret: string
  readonly publicOrigin: string
  readonly log: Log
}

/** A person as they are kept; `hue` null: none chosen. */
export type Person = PresenceIdentity

/** A session as its cookie proves it, with the cookies that must go out with the answer. */
export interface KeptSession {
  readonly sessionId: string
  readonly person: Person
  readonly standing: Standing
  readonly setCookies: readonly string[]
}

/**
 * Who people are: users and their sessions, kept by better-auth (docs/decisions/0004-accounts-better-auth.md).
 * A session is an http-only cookie. Everybody begins as a guest.
 */
export class Accounts {
  readonly #auth: ReturnType<typeof createAuth>

  constructor(options: AccountsOptions) {
    this.#auth = createAuth(options)
  }

  /** The session of a request's cookie; null when there is none. Changes nothing: a page that is shown sets no cookies. */
  sessionOf(headers: Headers): Promise<KeptSession | null> {
    return this.#session(headers, { disableRefresh: true })
  }

  /** The same, with new cookies when it was due for renewal. */
  renewedSessionOf(headers: Headers): Promise<KeptSession | null> {
    return this.#session(headers, {})
  }

  /** Makes a guest and a session for them. */
  async startGuest(): Promise<KeptSession> {
    const { headers: answer } = await this.#auth.api.signInAnonymous({
      headers: new Headers(),
      returnHeaders: true,
    })
    return this.#begun(answer)
  }

  /** A new session for a guest there is; null when the user is gone, or has an account by now. */
  async resumeGuest(userId: string): Promise<KeptSession | null> {
    const { response: known, headers: answer } = await this.#auth.api.resumeGuest({
      body: { userId },
      returnHeaders: true,
    })
    return known ? this.#begun(answer) : null
  }

  /** Who a user is now; null when they are gone. */
  async personOf(userId: string): Promise<Person | null> {
    const context = await this.#auth.$context
    const user = await context.internalAdapter.findUserById(userId)
    return user ? personOf(user) : null
  }

  /** Keeps a person's own name ('' takes it back) and hue (null: as it falls). */
  async setProfile(userId: string, profile: Profile): Promise<Person> {
    const context = await this.#auth.$context
    const name = cleanName(profile.name, LIMITS.nameLength)
    const user = await context.internalAdapter.updateUser(userId, { name, hue: profile.hue })
    return personOf(user)
  }

  /** The session whose cookies stand in an answer of the library. */
  async #begun(answer: Headers): Promise<KeptSession> {
    const setCookies = answer.getSetCookie()
    const cookie = setCookies.map((each) => each.split(';', 1)[0]).join('; ')
    const session = await this.sessionOf(new Headers({ cookie }))
    if (!session) throw new Error('a new session is not there')
    return { ...session, setCookies }
  }

  async #session(headers: Headers, query: { disableRefresh?: boolean }): Promise<KeptSession | null> {
    const { response, headers: answer } = await this.#auth.api.getSession({
      headers: cookieOf(headers),
      query,
      returnHeaders: true,
    })
    if (!response) return null
    return {
      sessionId: response.session.id,
      person: personOf(response.user),
      standing: response.user.isAnonymous ? 'guest' : 'account',
      setCookies: answer.getSetCookie(),
    }
  }
}

/** Called by us alone: the library's routes are not mounted. */
const resumeGuest = createAuthEndpoint(
  '/resume-guest',
  { method: 'POST', body: v.object({ userId: v.string() }) },
  async (context) => {
    const { internalAdapter } = context.context
    const user = await internalAdapter.findUserById(context.body.userId)
    if (!user || !('isAnonymous' in user) || !user.isAnonymous) return false
    const session = await internalAdapter.createSession(user.id)
    await setSessionCookie(context, { session, user })
    return true
  },
)

function createAuth({ database, secret, publicOrigin, log }: AccountsOptions) {
  const secure = publicOrigin.startsWith('https:')
  return betterAuth({
    appName: 'Commonplace',
    baseURL: publicOrigin,
    secret: keyFor(secret, 'accounts').toString('base64url'),
    database: { db: database, type: 'sqlite' },
    plugins: [anonymous(), { id: 'resume-guest', endpoints: { resumeGuest } }],
    user: {
      additionalFields: {
        guestName: {
          type: 'number',
          required: true,
          input: false,
          defaultValue: () => randomInt(GUEST_NAME_COUNT),
        },
        hue: { type: 'number', required: false, input: false },
      },
    },
    databaseHooks: {
      // The library wants some name for a guest; ours have none until they choose one.
      user: { create: { before: async (user) => ({ data: { ...user, name: '' } }) } },
    },
    session: { expiresIn: SESSION_LIFE, updateAge: SESSION_REFRESH },
    advanced: {
      useSecureCookies: false,
      ipAddress: { disableIpTracking: true },
      cookies: {
        session_token: {
          // The __Host- prefix keeps subdomains from planting a session; browsers take it over https only.
          name: secure ? '__Host-commonplace' : 'commonplace',
          attributes: { secure, httpOnly: true, sameSite: 'lax', path: '/' },
        },
      },
    },
    telemetry: { enabled: false },
    logger: {
      log: (level, message) => log[level]({ message }, 'accounts.notice'),
    },
  })
}

/** The cookie alone: the library would store the browser's name and address with the session. */
function cookieOf(headers: Headers): Headers {
  const cookie = headers.get('cookie')
  return new Headers(cookie === null ? {} : { cookie })
}

function personOf({ id, name, guestName, hue }: Record<string, unknown>): Person {
  if (typeof id !== 'string' || typeof name !== 'string') throw new Error('a user row without id and name')
  return {
    userId: id,
    name,
    guestName: inRange(guestName, GUEST_NAME_COUNT) ? guestName : 0,
    hue: inRange(hue, HUE_COUNT) ? hue : null,
  }
}

function inRange(value: unknown, count: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < count
}
