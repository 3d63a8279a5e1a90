import { createHash, randomInt } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { anonymous } from 'better-auth/plugins/anonymous'
import type { Kysely } from 'kysely'
import { cleanName, GUEST_NAME_COUNT, HUE_COUNT, HUE_ORDER, type Identity } from '../protocol/identity.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { Log } from './log.ts'
import { keyFor } from './secret.ts'
import type { EnsuredSession, Profile, Session } from './services.ts'

/** How long a guest is remembered after their last visit, s: the longest that browsers keep a cookie. */
const SESSION_LIFE = 400 * 24 * 60 * 60
/** A cookie older than this is written anew, s. */
const SESSION_REFRESH = 24 * 60 * 60

export interface AccountsOptions {
  readonly database: Kysely<unknown>
  readonly secret: string
  readonly publicOrigin: string
  readonly log: Log
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

  /** The session of a request's cookie, null when there is none; with new cookies when it was due for renewal. */
  async sessionOf(headers: Headers): Promise<EnsuredSession | null> {
    const { response, headers: answer } = await this.#auth.api.getSession({
      headers: cookieOf(headers),
      returnHeaders: true,
    })
    if (!response) return null
    return {
      sessionId: response.session.id,
      user: identityOf(response.user),
      setCookies: answer.getSetCookie(),
    }
  }

  /** Makes a guest and a session for them. */
  async startGuest(): Promise<EnsuredSession> {
    const { headers: answer } = await this.#auth.api.signInAnonymous({
      headers: new Headers(),
      returnHeaders: true,
    })
    const setCookies = answer.getSetCookie()
    const cookie = setCookies.map((each) => each.split(';', 1)[0]).join('; ')
    const session = await this.sessionOf(new Headers({ cookie }))
    if (!session) throw new Error('a new guest has no session')
    return { ...session, setCookies }
  }

  /** Who a user is now; null when they are gone. */
  async identityOf(userId: string): Promise<Identity | null> {
    const context = await this.#auth.$context
    const user = await context.internalAdapter.findUserById(userId)
    return user ? identityOf(user) : null
  }

  /** Keeps a person's own name ('' takes it back) and hue (null: as it falls). */
  async setProfile(session: Session, profile: Profile): Promise<Identity> {
    const context = await this.#auth.$context
    const name = cleanName(profile.name, LIMITS.nameLength)
    const user = await context.internalAdapter.updateUser(session.user.userId, { name, hue: profile.hue })
    return identityOf(user)
  }
}

function createAuth({ database, secret, publicOrigin, log }: AccountsOptions) {
  const secure = publicOrigin.startsWith('https:')
  return betterAuth({
    appName: 'Commonplace',
    baseURL: publicOrigin,
    secret: keyFor(secret, 'accounts').toString('base64url'),
    database: { db: database, type: 'sqlite' },
    plugins: [anonymous()],
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

function identityOf(user: Record<string, unknown>): Identity {
  const { id, name, guestName, hue } = user
  if (typeof id !== 'string' || typeof name !== 'string') throw new Error('a user row without id and name')
  return {
    userId: id,
    name,
    guestName: inRange(guestName, GUEST_NAME_COUNT) ? guestName : 0,
    hue: inRange(hue, HUE_COUNT) ? hue : fallenHue(id),
  }
}

function inRange(value: unknown, count: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < count
}

/** The hue of somebody who chose none: always the same for the same user. */
function fallenHue(userId: string): number {
  const [byte = 0] = createHash('sha256').update(userId).digest()
  return HUE_ORDER[byte % HUE_COUNT] ?? 0
}
