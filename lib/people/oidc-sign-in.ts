import { createSecretKey, type KeyObject } from 'node:crypto'
import type { Configuration, UserInfoResponse } from 'openid-client'
import * as v from 'valibot'
import type { Log } from '#lib/process/log.ts'
import { seal, unseal } from '#lib/process/sealed.ts'
import { keyFor } from '#lib/process/secret.ts'
import type { OidcSettings } from '#lib/process/settings.ts'
import { urlOf } from '#lib/protocol/urls.ts'
import type { ProvenIdentity } from './proven-users.ts'
import { readCookie, setCookie } from './secrets/session-cookie.ts'

const STATE_COOKIE = 'commonplace-state'
const STATE_PREFIX = 'os1'
/** The time that a user may take to sign in at the provider, ms. */
const STATE_LIFE_MS = 10 * 60 * 1000
/** The time after which an unanswered request to the provider fails, s. */
const PROVIDER_TIMEOUT_S = 10
/** The most that the provider's clock may differ from ours, s. */
const CLOCK_TOLERANCE_S = 30

const stateSchema = v.strictObject({
  state: v.string(),
  nonce: v.string(),
  verifier: v.string(),
  expiresAt: v.number(),
})

const claimsSchema = v.object({
  sub: v.pipe(v.string(), v.nonEmpty()),
  email: v.nullish(v.string(), ''),
  // Some providers send a string.
  email_verified: v.nullish(v.union([v.boolean(), v.picklist(['true', 'false'])]), false),
  name: v.nullish(v.string(), ''),
})

export interface OidcSignInOptions {
  readonly settings: OidcSettings
  readonly secret: string
  /** The public origin, which the provider sends users back to. */
  readonly publicOrigin: string
  /** Returns ms since the epoch. */
  readonly now: () => number
  readonly log: Log
}

/**
 * Signs users in with an OpenID Connect provider, by openid-client: authorization code with PKCE, state and nonce,
 * and an ID token with a verified signature. The state kept until the user returns is in a signed cookie of their
 * browser, so nothing is stored for users who do not return. The provider's metadata are read at the first use, not
 * at the start.
 */
export class OidcSignIn {
  /** The provider's name on the sign-in page. */
  readonly name: string
  readonly #options: OidcSignInOptions
  readonly #key: KeyObject
  readonly #redirectUri: string
  #configuration: Promise<Configuration> | null = null

  constructor(options: OidcSignInOptions) {
    this.#options = options
    this.name = options.settings.name
    this.#key = createSecretKey(keyFor(options.secret, 'provider sign-in'))
    this.#redirectUri = urlOf(options.publicOrigin, { to: 'api', path: 'account/provider/back' })
  }

  /**
   * Returns the place to send the browser to, with the cookie that lets it return. Returns null if the provider
   * cannot be reached.
   */
  async begin(): Promise<{ location: string; setCookies: readonly string[] } | null> {
    const oidc = await import('openid-client')
    const configuration = await this.#discovered().catch((error: unknown) => this.#failed(error))
    if (!configuration) return null
    const state = oidc.randomState()
    const nonce = oidc.randomNonce()
    const verifier = oidc.randomPKCECodeVerifier()
    const location = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#redirectUri,
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const expiresAt = this.#options.now() + STATE_LIFE_MS
    const sealed = seal(STATE_PREFIX, { state, nonce, verifier, expiresAt }, this.#key)
    return { location: location.href, setCookies: [this.#stateCookie(sealed, STATE_LIFE_MS / 1000)] }
  }

  /**
   * Returns the identity of a user who returns from the provider. `query` is that of the URL they return to.
   * *failed*: they did not leave from here with this browser, or the provider refused or its answer is invalid.
   * *no-email*: it did not send their e-mail.
   */
  async end(
    headers: Headers,
    query: Readonly<Record<string, string>>,
  ): Promise<ProvenIdentity | 'failed' | 'no-email'> {
    const cookie = readCookie(headers, STATE_COOKIE, this.#options.publicOrigin) ?? ''
    const left = unseal(STATE_PREFIX, cookie, this.#key, stateSchema)
    if (!left || left.expiresAt <= this.#options.now()) return 'failed'
    const claims = await this.#claims(left, query).catch((error: unknown) => this.#failed(error))
    const person = claims && v.safeParse(claimsSchema, claims)
    if (!person?.success) return 'failed'
    const { sub, email, email_verified: verified, name } = person.output
    if (email === '') return 'no-email'
    return { subject: sub, email, emailVerified: verified === true || verified === 'true', name }
  }

  /** Returns the `Set-Cookie` value that removes the cookie after the return. */
  clearedCookie(): string {
    return this.#stateCookie('', 0)
  }

  /** Trades the code for the claims about the user. Rejects if anything is invalid. */
  async #claims(
    left: v.InferOutput<typeof stateSchema>,
    query: Readonly<Record<string, string>>,
  ): Promise<Partial<UserInfoResponse>> {
    const oidc = await import('openid-client')
    const configuration = await this.#discovered()
    const back = new URL(this.#redirectUri)
    back.search = new URLSearchParams(query).toString()
    const tokens = await oidc.authorizationCodeGrant(configuration, back, {
      expectedState: left.state,
      expectedNonce: left.nonce,
      pkceCodeVerifier: left.verifier,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (!claims) throw new Error('no ID token')
    const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined
    if (claims.email || !hasUserInfo) return claims
    return oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)
  }

  /** Returns the provider's metadata, read once. */
  #discovered(): Promise<Configuration> {
    this.#configuration ??= this.#discover().catch((error: unknown) => {
      // Read them again next time: the provider may be back by then.
      this.#configuration = null
      throw error
    })
    return this.#configuration
  }

  async #discover(): Promise<Configuration> {
    const oidc = await import('openid-client')
    const { issuer, clientId, clientSecret } = this.#options.settings
    // Name the document by its own address, so that a slash at the end of the issuer, which differs between
    // providers, is the provider's own.
    const document = new URL(`${issuer}/.well-known/openid-configuration`)
    return oidc.discovery(
      document,
      clientId,
      { [oidc.clockTolerance]: CLOCK_TOLERANCE_S },
      oidc.ClientSecretPost(clientSecret),
      {
        timeout: PROVIDER_TIMEOUT_S,
        execute: [
          oidc.enableNonRepudiationChecks,
          // The settings accept http:// on this machine only.
          ...(document.protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
        ],
      },
    )
  }

  /** Logs the kind of failure. The error itself may contain tokens or e-mails. */
  #failed(error: unknown): null {
    const { name, code } = v.parse(failureSchema, error)
    this.#options.log.warn({ failure: code ?? name }, 'accounts.provider-failed')
    return null
  }

  #stateCookie(value: string, life: number): string {
    return setCookie(STATE_COOKIE, value, life, this.#options.publicOrigin)
  }
}

const failureSchema = v.object({
  name: v.fallback(v.string(), 'Error'),
  code: v.fallback(v.optional(v.string()), undefined),
})
