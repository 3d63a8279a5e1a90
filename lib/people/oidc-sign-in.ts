import { APIError } from 'better-auth/api'
import type { OidcSettings } from '#lib/process/settings.ts'
import { urlOf } from '#lib/protocol/urls.ts'
import {
  type AuthLibrary,
  type AuthLibraryOptions,
  createAuthLibrary,
  OIDC_PROVIDER,
  type OidcProvider,
} from './auth-library.ts'

/** Why somebody who came back from the provider is not signed in. */
export type OidcProblem = 'taken' | 'no-email' | 'disabled' | 'failed'

/** Where the library would lead people: only told apart here, never followed. */
const DONE = '/done'
const FAILED = '/failed'

/**
 * Signing in with an OpenID Connect provider: authorization code with PKCE, state bound to a cookie, nonce in a verified ID
 * token. The provider is asked for its addresses at the first use, not at the start of the server.
 */
export class OidcSignIn {
  readonly name: string
  readonly #options: AuthLibraryOptions
  readonly #provider: OidcProvider
  #auth: AuthLibrary | null = null

  constructor(options: AuthLibraryOptions, settings: OidcSettings) {
    this.#options = options
    this.#provider = {
      ...settings,
      redirectUri: urlOf(options.publicOrigin, { to: 'api', path: 'account/provider/back' }),
    }
    this.name = settings.name
  }

  /** Where to send the browser, with the cookie that lets it come back. Null: the provider cannot be reached. */
  async begin(): Promise<{ location: string; setCookies: readonly string[] } | null> {
    try {
      const { response, headers } = await this.#library().api.signInSocial({
        body: { provider: OIDC_PROVIDER, callbackURL: DONE, errorCallbackURL: FAILED, disableRedirect: true },
        headers: new Headers(),
        returnHeaders: true,
      })
      if (!response.url) return null
      return { location: response.url, setCookies: headers.getSetCookie() }
    } catch (error) {
      if (!(error instanceof APIError)) throw error
      // Made anew the next time: the provider may be back by then.
      this.#auth = null
      return null
    }
  }

  /** The library's answer with the cookies of a new session, to somebody who came back; or why there is none. */
  async end(cookie: string, query: Readonly<Record<string, string>>): Promise<Headers | OidcProblem> {
    const answer = await this.#library().api.callbackOAuth({
      params: { id: OIDC_PROVIDER },
      query,
      headers: new Headers({ cookie }),
      method: 'GET',
      asResponse: true,
    })
    const location = answer.headers.get('location') ?? ''
    if (location === DONE) return answer.headers
    const error = new URL(location, 'http://localhost').searchParams.get('error') ?? ''
    return PROBLEMS[error.toLowerCase()] ?? 'failed'
  }

  #library(): AuthLibrary {
    this.#auth ??= createAuthLibrary(this.#options, this.#provider)
    return this.#auth
  }
}

/** The library's words for what people can do something about. */
const PROBLEMS: Readonly<Record<string, OidcProblem>> = {
  account_not_linked: 'taken',
  email_not_found: 'no-email',
  unable_to_create_session: 'disabled',
  failed_to_create_session: 'disabled',
}
