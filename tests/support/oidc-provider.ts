import { createServer } from 'node:http'
import Provider from 'oidc-provider'
import { freePort } from './free-port.ts'

/** A person known to the provider. */
export interface ProviderPerson {
  readonly email: string
  readonly verified: boolean
  readonly name: string
}

/** A certified OpenID Connect provider (the package oidc-provider) with its own sign-in pages. */
export interface OidcServer {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Answers a browser at the authorization address as that person would, up to the redirect back to the client. */
  signIn(authorization: string, login: string): Promise<string>
  close(): Promise<void>
}

/**
 * Starts a provider with one client that redirects to `redirectUri`. People sign in with their login and any
 * password.
 */
export async function startOidcProvider(
  redirectUri: string,
  people: Readonly<Record<string, ProviderPerson>>,
): Promise<OidcServer> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const clientId = 'commonplace'
  const clientSecret = 'a secret between the provider and us'
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: async (_context, id) => {
      const person = people[id]
      if (!person) return undefined
      const { email, verified, name } = person
      return { accountId: id, claims: async () => ({ sub: id, email, email_verified: verified, name }) }
    },
    cookies: { keys: ['only for tests'] },
    // Each of them prints a warning if omitted.
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  })
  const server = createServer(provider.callback())
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))

  async function signIn(authorization: string, login: string): Promise<string> {
    const jar = new Map<string, string>()
    const visit = async (url: string, fields?: Record<string, string>) => {
      const answer = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}),
      })
      for (const set of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
        jar.set(name, value)
      }
      const location = answer.headers.get('location')
      return location === null ? null : new URL(location, url).href
    }
    let at: string | null = authorization
    for (let steps = 0; at !== null && steps < 12; steps++) {
      if (at.startsWith(redirectUri)) return at
      const next = await visit(at)
      if (next !== null) {
        at = next
        continue
      }
      // A page with a form: sign in, then agree.
      at =
        (await visit(at, { prompt: 'login', login, password: 'any' })) ??
        (await visit(at, { prompt: 'consent' }))
    }
    throw new Error(`the provider did not lead back: ${at}`)
  }

  return {
    issuer,
    clientId,
    clientSecret,
    signIn,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
