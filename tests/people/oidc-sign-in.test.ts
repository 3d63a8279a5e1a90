import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { OidcSignIn } from '#lib/people/oidc-sign-in.ts'
import { createLog } from '#lib/process/log.ts'
import { freePort } from '../support/free-port.ts'

/*
 * Tests with a provider that can be told to answer wrongly. tests/server/oidc.test.ts tests that sign-in works with a
 * certified one.
 */

const CLIENT_ID = 'commonplace'
const PUBLIC_ORIGIN = 'https://write.example.org'
const MINUTE = 60_000

const right = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The behaviour of the provider that tests change. */
interface Provider {
  /** The claims of the ID token; undefined removes one. */
  claims: Record<string, unknown>
  key: KeyObject
  alg: string
  /** The answer of the user-info endpoint, null if there is no such endpoint. */
  userInfo: Record<string, unknown> | null
  isDown: boolean
}

let provider: Provider
let http: Server
let issuer: string
let now: number
/** The parameters of the last request to sign in. */
let asked: URLSearchParams
/** The parameters that the code was traded with. */
let traded: URLSearchParams

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

function idToken(): string {
  const at = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer,
    aud: CLIENT_ID,
    sub: 'wei',
    iat: at,
    exp: at + 600,
    nonce: asked.get('nonce'),
  }
  const signed = `${base64({ alg: provider.alg, kid: 'one' })}.${base64({ ...claims, ...provider.claims })}`
  const signature =
    provider.alg === 'none' ? '' : sign('sha256', Buffer.from(signed), provider.key).toString('base64url')
  return `${signed}.${signature}`
}

beforeAll(async () => {
  issuer = `http://127.0.0.1:${await freePort()}`
  http = createServer(async (request, response) => {
    const answer = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (provider.isDown) response.writeHead(503).end()
    else if (request.url === '/.well-known/openid-configuration')
      answer({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        ...(provider.userInfo ? { userinfo_endpoint: `${issuer}/me` } : {}),
        id_token_signing_alg_values_supported: ['RS256'],
      })
    else if (request.url === '/keys')
      answer({
        keys: [{ ...right.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }],
      })
    else if (request.url === '/token') {
      let body = ''
      for await (const part of request) body += part
      traded = new URLSearchParams(body)
      answer({ access_token: 'an access token', token_type: 'Bearer', id_token: idToken() })
    } else answer(provider.userInfo)
  })
  await new Promise<void>((resolve) => http.listen(Number(new URL(issuer).port), '127.0.0.1', resolve))
})
afterAll(() => new Promise((resolve) => http.close(resolve)))

beforeEach(() => {
  now = Date.parse('2031-05-06T07:08:09.000Z')
  const claims = { email: 'Wei@school.example', email_verified: true, name: 'Wei' }
  provider = { claims, key: right.privateKey, alg: 'RS256', userInfo: null, isDown: false }
})

function newSignIn(secret = 'a secret of more than thirty-two characters'): OidcSignIn {
  const settings = { issuer, clientId: CLIENT_ID, clientSecret: 'shared', name: 'School' }
  const log = createLog('silent')
  return new OidcSignIn({ settings, secret, publicOrigin: PUBLIC_ORIGIN, now: () => now, log })
}

/** Leaves for the provider. Returns the cookie's header and the `state` to return with. */
async function leave(oidc: OidcSignIn) {
  const begun = await oidc.begin()
  if (!begun) throw new Error('the provider cannot be reached')
  asked = new URL(begun.location).searchParams
  const [setCookie = ''] = begun.setCookies
  const headers = new Headers({ cookie: setCookie.split(';', 1)[0] ?? '' })
  return { setCookie, headers, query: { code: 'a code', state: asked.get('state') ?? '' } }
}

async function signIn(oidc = newSignIn()) {
  const { headers, query } = await leave(oidc)
  return oidc.end(headers, query)
}

const WEI = { subject: 'wei', email: 'Wei@school.example', emailVerified: true, name: 'Wei' }

test('a user returns with the claims of the ID token', async () => {
  expect(await signIn()).toEqual(WEI)
  expect(traded.get('redirect_uri')).toBe(`${PUBLIC_ORIGIN}/api/account/provider/back`)
  expect(traded.get('client_secret')).toBe('shared')
  const challenge = createHash('sha256').update(traded.get('code_verifier') ?? '')
  expect(asked.get('code_challenge')).toBe(challenge.digest('base64url'))
})

test('the cookie is for this server alone, for ten minutes', async () => {
  const { setCookie } = await leave(newSignIn())
  expect(setCookie).toMatch(
    /^__Host-commonplace-state=os1\.[\w.-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
  expect(newSignIn().clearedCookie()).toMatch(/^__Host-commonplace-state=; Max-Age=0;/)
})

test.for<[string, (it: Provider) => void]>([
  ['another key', (it) => Object.assign(it, { key: other.privateKey })],
  ['no signature', (it) => Object.assign(it, { alg: 'none' })],
  ['the nonce of another sign-in', (it) => Object.assign(it.claims, { nonce: 'another' })],
  ['no nonce', (it) => Object.assign(it.claims, { nonce: undefined })],
  ['another audience', (it) => Object.assign(it.claims, { aud: 'another' })],
  ['another issuer', (it) => Object.assign(it.claims, { iss: 'https://evil.example' })],
  ['an end in the past', (it) => Object.assign(it.claims, { exp: 1 })],
  ['no subject', (it) => Object.assign(it.claims, { sub: undefined })],
  ['an empty subject', (it) => Object.assign(it.claims, { sub: '' })],
  ['an e-mail of another type', (it) => Object.assign(it.claims, { email: { $ne: null } })],
])('an ID token with %s is rejected', async ([, change]) => {
  change(provider)
  expect(await signIn()).toBe('failed')
})

test('the e-mail may come from the user info, if its subject is the same', async () => {
  provider.claims = {}
  expect(await signIn()).toBe('no-email')
  provider.userInfo = { sub: 'wei', email: 'wei@school.example', email_verified: 'true' }
  expect(await signIn()).toEqual({ ...WEI, email: 'wei@school.example', name: '' })
  provider.userInfo = { sub: 'mei', email: 'mei@school.example', email_verified: true }
  expect(await signIn()).toBe('failed')
  provider.userInfo = { sub: 'wei', email: null, email_verified: null, name: null }
  expect(await signIn()).toBe('no-email')
  provider.userInfo = { sub: 'wei', email: 'wei@school.example', email_verified: null, name: null }
  expect(await signIn()).toEqual({ ...WEI, email: 'wei@school.example', emailVerified: false, name: '' })
})

test('an e-mail counts as verified only if the provider says so', async () => {
  for (const said of [undefined, false, 'false']) {
    provider.claims.email_verified = said
    expect(await signIn()).toEqual({ ...WEI, emailVerified: false })
  }
})

test('a return that is late, or has another state, a refusal or a foreign cookie, fails', async () => {
  const oidc = newSignIn()
  const elsewhere = await leave(newSignIn('another secret of thirty-two characters'))
  const { headers, query } = await leave(oidc)
  for (const [given, from] of [
    [{ ...query, state: 'forged' }, headers],
    [{ code: 'a code' }, headers],
    [{ state: query.state }, headers],
    [{ ...query, error: 'access_denied' }, headers],
    [{ ...query, iss: 'https://evil.example' }, headers],
    [elsewhere.query, elsewhere.headers],
    [query, new Headers()],
    [query, new Headers({ cookie: '__Host-commonplace-state=os1.e30.AAAA' })],
  ] as const) {
    expect(await oidc.end(from, given)).toBe('failed')
  }
  expect(await oidc.end(headers, query)).toEqual(WEI)
  now += 10 * MINUTE
  expect(await oidc.end(headers, query)).toBe('failed')
})

test('a provider that was unavailable is asked again', async () => {
  const oidc = newSignIn()
  provider.isDown = true
  expect(await oidc.begin()).toBeNull()
  provider.isDown = false
  expect(await signIn(oidc)).toEqual(WEI)
  provider.isDown = true
  expect(await signIn(oidc)).toBe('failed')
})
