import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { Guest } from './guest.ts'

const PASSWORD = 'correct horse battery'
const form = (fields: Record<string, string>) => new URLSearchParams(fields)

let server: ServerProcess
let admin: Guest

beforeAll(async () => {
  const provider = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'y' }
  server = await startServer({ env: { SIGN_UPS: 'invited', ...provider, OIDC_NAME: 'Example School' } })
  admin = new Guest(server.url)
  const token = await vi.waitFor(() => {
    const printed = /\/setup\/([\w-]+)/.exec(server.logs())?.[1]
    if (printed === undefined) throw new Error('no link yet')
    return printed
  })
  // The printed link makes an account whatever the setting.
  const made = await admin.post('/api/account/setup', { token, ...someone('admin@example.org') })
  expect(made.status).toBe(200)
})
afterAll(() => server.stop())

const someone = (email: string) => ({ email, password: PASSWORD, name: '' })

/** Invites as the administrator's form does. Returns the token in the link that the page shows. */
async function invite(email: string): Promise<string> {
  await admin.post('/api/admin/invitations', form({ email }))
  const token = /\/invitation\/([\w.-]+)/.exec(await (await admin.get('/admin')).text())?.[1]
  if (!token) throw new Error('the page shows no invitation')
  return token
}

test('without an invitation there is no account, and the page says so', async () => {
  const guest = new Guest(server.url)
  const page = await (await guest.get('/sign-up')).text()
  expect(page).toContain('You need an invitation')
  expect(page).toContain('Example School')
  expect(await (await guest.get('/sign-in')).text()).not.toContain('href="/sign-up"')
  expect(page).not.toContain('name="password"')
  const answer = await guest.post('/api/account/sign-up', someone('new@example.org'))
  expect(await answer.json()).toEqual({ ok: false, problem: 'closed' })
  for (const invitation of ['x', 'in1.e30.x', '']) {
    const forged = await guest.post('/api/account/sign-up', { ...someone('new@example.org'), invitation })
    expect(await forged.json()).toEqual({ ok: false, problem: 'link' })
  }
  const asGuest = await guest.post('/api/admin/invitations', { email: 'new@example.org' })
  expect([401, 404]).toContain(asGuest.status)
})

test('an invitation makes one account, for its e-mail only, with what the guest has; the link is shown once', async () => {
  const invitation = await invite('Mei@example.org')
  expect(await (await admin.get('/admin')).text()).not.toContain(invitation)
  const guest = new Guest(server.url)
  const address = await guest.createDocument()
  expect(await (await guest.get(`/invitation/${invitation}`)).text()).toContain('mei@example.org')
  const given = { password: PASSWORD, name: 'Mei', email: 'another@example.org', invitation }
  const short = await guest.post('/api/account/sign-up', form({ ...given, password: 'short' }))
  expect(short.headers.get('location')).toBe(`/invitation/${invitation}?problem=password`)
  const all = [guest, new Guest(server.url), new Guest(server.url)]
  const answers = await Promise.all(
    all.map(async (each) => (await each.post('/api/account/sign-up', given)).json()),
  )
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
  expect(await (await new Guest(server.url).get(`/invitation/${invitation}`)).text()).toContain('expired')
  const again = await new Guest(server.url).post('/api/account/sign-up', given)
  expect(await again.json()).toEqual({ ok: false, problem: 'link' })
  const mei = await new Guest(server.url).post('/api/account/sign-in', someone('mei@example.org'))
  expect(await mei.json()).toMatchObject({ ok: true })
  const another = await new Guest(server.url).post('/api/account/sign-in', someone('another@example.org'))
  expect(await another.json()).toEqual({ ok: false, problem: 'wrong' })
  if (answers[0].ok) {
    const deleted = await guest.post('/api/documents/delete', { address })
    expect(await deleted.json()).toMatchObject({ outcome: 'deleted' })
  }
})

test('nobody is invited to an e-mail that has an account, and the invitations of a former administrator end', async () => {
  await admin.post('/api/admin/invitations', form({ email: 'ADMIN@example.org' }))
  expect(await (await admin.get('/admin')).text()).not.toContain('/invitation/')

  const invitation = await invite('second@example.org')
  const second = new Guest(server.url)
  await second.post('/api/account/sign-up', { password: PASSWORD, invitation })
  const { user } = await second.session()
  await admin.post('/api/admin/users', form({ userId: user.userId, action: 'promote' }))
  await second.post('/api/admin/invitations', form({ email: 'third@example.org' }))
  const third = /\/invitation\/([\w.-]+)/.exec(await (await second.get('/admin')).text())?.[1] ?? ''
  expect(third).not.toBe('')
  await admin.post('/api/admin/users', form({ userId: user.userId, action: 'demote' }))
  const answer = await new Guest(server.url).post('/api/account/sign-up', {
    password: PASSWORD,
    invitation: third,
  })
  expect(await answer.json()).toEqual({ ok: false, problem: 'link' })
})

test.for(['/d/%ff', '/d/%', '/%E0%A4%A', '/reset/%ff?a=%ff', '/d/a%2', '/api/%ff'])(
  '%s has no page',
  async (path) => {
    const answer = await new Guest(server.url).get(path)
    expect(answer.status).toBe(path.startsWith('/reset') ? 200 : 404)
    if (path.startsWith('/d/')) expect(await answer.text()).toContain('<title>This document does not exist')
  },
)

test('nothing printed or logged names an invitation or an e-mail', () => {
  expect(server.logs()).not.toMatch(/in1\.|@example\.org/)
})
