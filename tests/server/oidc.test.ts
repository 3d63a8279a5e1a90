import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type OidcServer, startOidcProvider } from '../support/oidc-provider.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { Guest } from './guest.ts'

const SQUATTER = { email: 'taken@school.example', password: 'correct horse battery' }

let provider: OidcServer
let server: ServerProcess

beforeAll(async () => {
  const port = await freePort()
  provider = await startOidcProvider(`http://127.0.0.1:${port}/api/account/provider/back`, {
    mei: { email: 'mei@school.example', verified: true, name: 'Mei Lin' },
    wei: { email: 'taken@school.example', verified: true, name: 'Wei' },
  })
  server = await startServer({
    port,
    env: {
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      OIDC_NAME: 'Example School',
      SIGN_UPS: 'open',
    },
  })
})
afterAll(async () => {
  await server.stop()
  await provider.close()
})

/** Leaves for the provider; the state's cookie stays in the jar. */
async function leave(guest: Guest): Promise<URL> {
  const answer = await guest.get('/api/account/provider')
  guest.keep(answer)
  return new URL(answer.headers.get('location') ?? '')
}

/** Signs in completely: leaves, signs in at the provider, and returns. */
async function signIn(guest: Guest, login: string): Promise<Response> {
  const back = await provider.signIn((await leave(guest)).href, login)
  const answer = await guest.get(back.slice(server.url.length))
  guest.keep(answer)
  return answer
}

test('the sign-in page names the provider, and leads there with PKCE, state and nonce', async () => {
  expect(await (await new Guest(server.url).get('/sign-in')).text()).toContain('Example School')
  const { origin, searchParams } = await leave(new Guest(server.url))
  expect(origin).toBe(provider.issuer)
  expect(searchParams.get('code_challenge_method')).toBe('S256')
  for (const name of ['state', 'nonce', 'code_challenge']) {
    expect(searchParams.get(name)?.length, name).toBeGreaterThanOrEqual(20)
  }
})

test('a new user gets an account with their name and the guest’s documents; the second time it is the same', async () => {
  const guest = new Guest(server.url)
  const address = await guest.createDocument()
  const before = await guest.session()
  const answer = await signIn(guest, 'mei')
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
  const session = await guest.session()
  expect(session).toMatchObject({ user: { name: 'Mei Lin' }, aliases: [before.user.userId], recovery: null })
  const deleted = await guest.post('/api/documents/delete', { address })
  expect(await deleted.json()).toMatchObject({ outcome: 'deleted' })

  const elsewhere = new Guest(server.url)
  await signIn(elsewhere, 'mei')
  expect((await elsewhere.session()).user.userId).toBe(session.user.userId)
})

test('an e-mail that an account has without proof goes to the user who proves it; the account is told and goes on', async () => {
  const squatter = new Guest(server.url)
  await squatter.post('/api/account/sign-up', SQUATTER)
  const address = await squatter.createDocument()
  expect(await (await squatter.get('/')).text()).not.toContain(SQUATTER.email)
  const owner = new Guest(server.url)
  const answer = await signIn(owner, 'wei')
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
  expect((await owner.session()).user.userId).not.toBe((await squatter.session()).user.userId)
  expect(await (await owner.get('/account')).text()).toContain(SQUATTER.email)

  const late = await new Guest(server.url).post('/api/account/sign-in', SQUATTER)
  expect(await late.json()).toEqual({ ok: false, problem: 'moved' })
  for (const page of ['/', '/account']) {
    expect(await (await squatter.get(page)).text()).toContain('now belongs to another account')
  }
  const chosen = await squatter.post('/api/account/email', { ...SQUATTER, email: 'squatter@example.org' })
  expect(await chosen.json()).toEqual({ ok: true, to: '/account' })
  expect(await (await squatter.get('/')).text()).not.toContain('now belongs')
  const deleted = await squatter.post('/api/documents/delete', { address })
  expect(await deleted.json()).toMatchObject({ outcome: 'deleted' })
})

test('a return without having left from here, or with a forged state, fails', async () => {
  const back = await provider.signIn((await leave(new Guest(server.url))).href, 'mei')
  const path = back.slice(server.url.length)
  const other = new Guest(server.url)
  await leave(other)
  for (const [guest, at] of [
    [new Guest(server.url), path],
    [other, path],
    [other, path.replace(/state=[^&]+/, 'state=forged')],
    [other, '/api/account/provider/back?error=access_denied'],
  ] as const) {
    const answer = await guest.get(at)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in?problem=failed'])
    expect(answer.headers.getSetCookie().join()).not.toMatch(/commonplace=[^;]/)
  }
})

test('none of the provider’s tokens is stored or logged', async () => {
  expect(server.logs()).not.toMatch(/mei@school|eyJ|code=/)
})
