import { randomInt } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { anonymous } from 'better-auth/plugins/anonymous'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import type { Kysely } from 'kysely'
import * as v from 'valibot'
import type { Log } from '#lib/process/log.ts'
import { keyFor } from '#lib/process/secret.ts'
import type { OidcSettings } from '#lib/process/settings.ts'
import { cleanName, GUEST_NAME_COUNT, PASSWORD_LENGTH } from '#lib/protocol/identity.ts'
import { LIMITS } from '#lib/protocol/limits.ts'
import type { AccountTables } from './store.ts'

/** How long a person is remembered after their last visit, s: the longest that browsers keep a cookie. */
const SESSION_LIFE = 400 * 24 * 60 * 60
/** A cookie older than this is written anew, s. */
const SESSION_REFRESH = 24 * 60 * 60

export interface AuthLibraryOptions {
  readonly database: Kysely<AccountTables>
  readonly secret: string
  readonly publicOrigin: string
  readonly log: Log
}

export type AuthLibrary = ReturnType<typeof createAuthLibrary>

/** The one provider's id in the library, and in the rows of its accounts. */
export const OIDC_PROVIDER = 'oidc'

/** A provider as the library is told of it. `redirectUri`: our own route that people come back to. */
export interface OidcProvider extends OidcSettings {
  readonly redirectUri: string
}

const NO_TOKENS = { accessToken: null, refreshToken: null, idToken: null }

/** Called by us alone, when we know who somebody is: the library's routes are not mounted. False: there is no such user. */
const beginSession = createAuthEndpoint(
  '/begin-session',
  { method: 'POST', body: v.object({ userId: v.string() }) },
  async (context) => {
    const { internalAdapter } = context.context
    const user = await internalAdapter.findUserById(context.body.userId)
    if (!user) return false
    const session = await internalAdapter.createSession(user.id)
    // Null: the hook below refused.
    if (!session) return false
    await setSessionCookie(context, { session, user })
    return true
  },
)

/**
 * The account library, set up for us (docs/decisions/0004-accounts-better-auth.md). With a provider it asks for that one's
 * addresses first, however long that takes: so the one for passwords is made without.
 */
export function createAuthLibrary(
  { database, secret, publicOrigin, log }: AuthLibraryOptions,
  provider: OidcProvider | null = null,
) {
  const secure = publicOrigin.startsWith('https:')
  const isDisabled = async (userId: string) => {
    const user = await database
      .selectFrom('user')
      .select('disabledAt')
      .where('id', '=', userId)
      .executeTakeFirst()
    return user?.disabledAt != null
  }
  return betterAuth({
    appName: 'Commonplace',
    baseURL: publicOrigin,
    secret: keyFor(secret, 'accounts').toString('base64url'),
    database: { db: database, type: 'sqlite' },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: PASSWORD_LENGTH.least,
      maxPasswordLength: PASSWORD_LENGTH.most,
    },
    plugins: [
      // What becomes of a guest who signs in is decided in accounts.ts.
      anonymous({ disableDeleteAnonymousUser: true }),
      { id: 'begin-session', endpoints: { beginSession } },
      genericOAuth({ config: provider ? [oidcConfig(provider)] : [] }),
    ],
    user: {
      additionalFields: {
        guestName: {
          type: 'number',
          required: true,
          input: false,
          defaultValue: () => randomInt(GUEST_NAME_COUNT),
        },
        hue: { type: 'number', required: false, input: false },
        role: { type: 'string', required: false, input: false },
        disabledAt: { type: 'date', required: false, input: false },
      },
    },
    databaseHooks: {
      user: {
        create: {
          // The library wants some name for a guest; ours have none until they choose one.
          before: async (user) => ({
            data: { ...user, name: user.isAnonymous ? '' : cleanName(user.name, LIMITS.nameLength) },
          }),
        },
      },
      // The one place where every way of signing in comes by.
      session: { create: { before: async (session) => !(await isDisabled(session.userId)) } },
      account: {
        // We ask a provider who somebody is, and nothing later: its tokens are not kept.
        create: { before: async (account) => ({ data: { ...account, ...NO_TOKENS } }) },
        update: { before: async (account) => ({ data: { ...account, ...NO_TOKENS } }) },
      },
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
        state: {
          name: secure ? '__Host-commonplace-state' : 'commonplace-state',
          attributes: { secure, httpOnly: true, sameSite: 'lax', path: '/' },
        },
      },
    },
    telemetry: { enabled: false },
    logger: {
      // Below errors it writes e-mail addresses.
      level: 'error',
      log: (level, message) => log[level]({ message }, 'accounts.notice'),
    },
  })
}

function oidcConfig({ issuer, clientId, clientSecret, name, redirectUri }: OidcProvider) {
  return {
    providerId: OIDC_PROVIDER,
    name,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    clientId,
    clientSecret,
    redirectURI: redirectUri,
    scopes: ['openid', 'email', 'profile'],
    pkce: true,
    requireIdTokenVerification: true,
  }
}
