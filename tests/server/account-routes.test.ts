import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { CollabProvider } from '#lib/client/collab-provider.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { connected, Guest, join, openSocket } from './guest.ts'

const PASSWORD = 'correct horse battery'

let server: ServerProcess

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

/** Returns the token in the link that the server prints at its start. */
const printedToken = () => /\/setup\/([\w-]+)/.exec(server.logs())?.[1] ?? ''
const form = (fields: Record<string, string>) => new URLSearchParams(fields)

let count = 0
const newEmail = () => `person-${++count}@example.org`

async function newAccount(email = newEmail()): Promise<Guest & { email: string }> {
  const guest = new Guest(server.url)
  const answer = await guest.post('/api/account/sign-up', { email, password: PASSWORD })
  expect(answer.status).toBe(200)
  return Object.assign(guest, { email })
}

describe('a form', () => {
  test('that succeeds redirects, with the cookie of the session', async () => {
    const guest = new Guest(server.url)
    const answer = await guest.post(
      '/api/account/sign-up',
      form({ email: newEmail(), password: PASSWORD, name: 'Mei' }),
      { origin: server.url },
    )
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
    expect(answer.headers.getSetCookie().join()).toMatch(/^commonplace=[^;]+; .*HttpOnly/)
    expect((await guest.session()).user.name).toBe('Mei')
  })

  test('that fails redirects back with the reason, and our script gets the same', async () => {
    const guest = new Guest(server.url)
    for (const [fields, problem] of [
      [{ email: 'nobody', password: PASSWORD }, 'email'],
      [{ email: 'a b@example.org', password: PASSWORD }, 'email'],
      [{ email: newEmail(), password: 'too short' }, 'password'],
      [{ email: newEmail(), password: 'x'.repeat(129) }, 'password'],
    ] as const) {
      const answer = await guest.post('/api/account/sign-up', form(fields))
      expect([answer.status, answer.headers.get('location')]).toEqual([303, `/sign-up?problem=${problem}`])
      const told = await guest.post('/api/account/sign-up', fields)
      expect([told.status, await told.json()]).toEqual([422, { ok: false, problem }])
    }
  })
})

describe('signing in', () => {
  test('answers an unknown e-mail and a wrong password with the same words and headers', async () => {
    const { email } = await newAccount()
    const answers = await Promise.all(
      [
        { email, password: 'wrong password' },
        { email: newEmail(), password: PASSWORD },
      ].map(async (given) => {
        const answer = await new Guest(server.url).post('/api/account/sign-in', given)
        return [answer.status, await answer.json(), answer.headers.getSetCookie()]
      }),
    )
    expect(answers).toEqual([
      [422, { ok: false, problem: 'wrong' }, []],
      [422, { ok: false, problem: 'wrong' }, []],
    ])
  })

  test('from a guest takes over their documents, and the page learns which copies are its own', async () => {
    const { email } = await newAccount()
    const guest = new Guest(server.url)
    const address = await guest.createDocument()
    const { user } = await guest.session()
    await guest.post('/api/account/sign-in', { email, password: PASSWORD })
    const session = await guest.session()
    expect(session).toMatchObject({ aliases: [user.userId], recovery: null })
    const deleted = await guest.post('/api/documents/delete', { address })
    expect(await deleted.json()).toEqual({ ok: true, outcome: 'deleted' })
  })

  test('is limited after ten wrong passwords for one account; other accounts are not', async () => {
    const [one, other] = [await newAccount(), await newAccount()]
    const attempt = async ({ email }: { email: string }, password: string) =>
      (await new Guest(server.url).post('/api/account/sign-in', { email, password })).status
    const wrong = await Promise.all(Array.from({ length: 20 }, () => attempt(one, 'wrong password')))
    expect(wrong.toSorted().slice(0, 10)).toEqual(Array(10).fill(422))
    expect(wrong).toContain(429)
    expect(await attempt(other, PASSWORD)).toBe(200)
  })

  test('after strangers failed is still possible in a browser that has signed in before, signed out or not', async () => {
    const guest = new Guest(server.url)
    const email = newEmail()
    guest.keep(await guest.post('/api/account/sign-up', { email, password: PASSWORD }))
    const attempt = (who: Guest, password: string) => who.post('/api/account/sign-in', { email, password })
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await attempt(new Guest(server.url), 'wrong password')).status),
    )
    expect(statuses).toContain(429)
    expect((await attempt(new Guest(server.url), PASSWORD)).status).toBe(429)
    const device = guest.cookie
    guest.keep(await guest.post('/api/account/sign-out', {}))
    guest.cookie = device
    expect((await attempt(guest, PASSWORD)).status).toBe(200)
  })
})

describe('signing out', () => {
  test('of a guest ends what would recover them', async () => {
    const guest = new Guest(server.url)
    const { recovery, user } = await guest.session()
    expect((await (await new Guest(server.url).post('/api/session', { recovery })).json()).user).toEqual(user)
    await guest.post('/api/account/sign-out', {})
    const other = await (await new Guest(server.url).post('/api/session', { recovery })).json()
    expect(other.user.userId).not.toBe(user.userId)
    const renewed = await new Guest(server.url).post('/api/session', { recovery, renew: true })
    expect(renewed.status).toBe(401)
  })

  test('ends the session and closes its sockets, and no others', async () => {
    const account = await newAccount()
    const other = new Guest(server.url)
    await other.post('/api/account/sign-in', { email: account.email, password: PASSWORD })
    const [socket, stays] = [await account.connect(), await other.connect()]
    const closed = new Promise((resolve) => socket.once('disconnect', resolve))
    const { token } = await account.session()
    await account.post('/api/account/sign-out', {})
    await closed
    expect(stays.connected).toBe(true)
    await expect(connected(openSocket(server.url, { token }))).rejects.toThrow('unauthenticated')
    stays.disconnect()
  })
})

/** Creates a token as the page's form does, and reads it from the page. */
const newToken = async (account: Guest, scope: 'read' | 'write') => {
  await account.post('/api/account/tokens', form({ name: `a ${scope} token`, scope, days: '7' }))
  const page = await (await account.get('/account')).text()
  const token = /cp_[\w-]{43}/.exec(page)?.[0]
  if (!token) throw new Error('the page shows no token')
  return token
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('a personal access token', () => {
  test('is shown once, and authenticates without a cookie', async () => {
    const account = await newAccount()
    const token = await newToken(account, 'write')
    expect(await (await account.get('/account')).text()).not.toContain(token)
    const answer = await new Guest(server.url).post('/api/session', {}, bearer(token))
    expect(answer.headers.getSetCookie()).toEqual([])
    expect((await answer.json()).user).toEqual((await account.session()).user)
  })

  test('that may write creates a document and writes in it from Node', async () => {
    const account = await newAccount()
    const token = await newToken(account, 'write')
    const made = await new Guest(server.url).post('/api/documents', {}, bearer(token))
    const { address } = await made.json()
    const doc = new Y.Doc()
    const auth = async () => {
      const answer = await fetch(`${server.url}/api/session`, { method: 'POST', headers: bearer(token) })
      return (await answer.json()).token
    }
    const provider = new CollabProvider({ url: server.url, address, doc, auth, created: true })
    doc.getXmlFragment('body').insert(0, [new Y.XmlText('by a program')])
    await provider.flushed()
    await provider.destroy()
    const deleted = await account.post('/api/documents/delete', { address })
    expect(await deleted.json()).toMatchObject({ outcome: 'deleted' })
  })

  test('that may read changes nothing: no route, and a viewer on the socket', async () => {
    const account = await newAccount()
    const address = await account.createDocument()
    const token = await newToken(account, 'read')
    const refused = await new Guest(server.url).post('/api/documents', {}, bearer(token))
    expect([refused.status, (await refused.json()).code]).toEqual([403, 'forbidden'])
    const answer = await new Guest(server.url).post('/api/session', {}, bearer(token))
    const socket = openSocket(server.url, { token: (await answer.json()).token })
    await connected(socket)
    expect(await join(socket, { address })).toMatchObject({ ok: true, role: 'viewer' })
    socket.disconnect()
  })

  test('does not open the account itself', async () => {
    const account = await newAccount()
    const token = await newToken(account, 'write')
    for (const path of ['account/tokens', 'account/password', 'account/name', 'admin/users']) {
      const fields = {
        name: 'x',
        scope: 'write',
        days: 1,
        current: '',
        password: '',
        userId: 'x',
        action: 'reset',
      }
      const answer = await new Guest(server.url).post(`/api/${path}`, fields, bearer(token))
      expect([path, answer.ok]).toEqual([path, false])
      expect(['unauthenticated', 'not-found']).toContain((await answer.json()).code)
    }
  })

  test('is invalid immediately after it is revoked: its socket closes, and it creates no guest', async () => {
    const account = await newAccount()
    const token = await newToken(account, 'write')
    const { token: socketToken } = await (
      await new Guest(server.url).post('/api/session', {}, bearer(token))
    ).json()
    const socket = openSocket(server.url, { token: socketToken })
    await connected(socket)
    const closed = new Promise((resolve) => socket.once('disconnect', resolve))
    const id = /name="id" value="([^"]+)"/.exec(await (await account.get('/account')).text())?.[1] ?? ''
    await account.post('/api/account/tokens/revoke', form({ id }))
    await closed
    const answer = await new Guest(server.url).post('/api/session', {}, bearer(token))
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []])
    await expect(connected(openSocket(server.url, { token: socketToken }))).rejects.toThrow('unauthenticated')
  })
})

describe('the first administrator', () => {
  /** Made by the first test. */
  let admin: Guest

  test('is made by the printed link, once; then there are users, reset links, disabled accounts', async () => {
    const setupToken = printedToken()
    expect(setupToken).not.toBe('')
    const wrong = await new Guest(server.url).post('/api/account/setup', { token: 'x', ...someone() })
    expect(await wrong.json()).toEqual({ ok: false, problem: 'link' })
    admin = new Guest(server.url)
    const made = await admin.post('/api/account/setup', { token: setupToken, ...someone() })
    expect(await made.json()).toEqual({ ok: true, to: '/admin' })
    const again = await (await newAccount()).post('/api/account/setup', { token: setupToken })
    expect(await again.json()).toEqual({ ok: false, problem: 'link' })

    const mei = await newAccount()
    const { user } = await mei.session()
    expect(await (await admin.get(`/admin?q=${mei.email}`)).text()).toContain(user.userId)
    await admin.post('/api/admin/users', form({ userId: user.userId, action: 'reset' }))
    const page = await (await admin.get('/admin')).text()
    const link = /\/reset\/([\w.-]+)/.exec(page)?.[1] ?? ''
    expect(link).not.toBe('')
    expect(await (await admin.get('/admin')).text()).not.toContain(link)

    const reset = () =>
      new Guest(server.url).post('/api/account/reset', { token: link, password: 'a new password' })
    const program = await newToken(mei, 'write')
    const answers = await Promise.all([1, 2, 3].map(async () => (await reset()).json()))
    expect(answers).toContainEqual({ ok: true, to: '/sign-in?reset=done' })
    expect(answers.filter(({ problem }) => problem === 'link')).toHaveLength(2)
    expect(await (await reset()).json()).toEqual({ ok: false, problem: 'link' })
    const asProgram = await new Guest(server.url).post('/api/documents', {}, bearer(program))
    expect(asProgram.status).toBe(401)
    const old = await new Guest(server.url).post('/api/account/sign-in', {
      email: mei.email,
      password: PASSWORD,
    })
    expect(await old.json()).toEqual({ ok: false, problem: 'wrong' })
    expect((await mei.post('/api/account/name', { name: 'x' })).status).toBe(401)

    const socket = await (async () => {
      await mei.post('/api/account/sign-in', { email: mei.email, password: 'a new password' })
      return mei.connect()
    })()
    const closed = new Promise((resolve) => socket.once('disconnect', resolve))
    await admin.post('/api/admin/users', form({ userId: user.userId, action: 'disable' }))
    await closed
    const disabled = await new Guest(server.url).post('/api/account/sign-in', {
      email: mei.email,
      password: 'a new password',
    })
    expect(await disabled.json()).toEqual({ ok: false, problem: 'disabled' })
  })

  test('sees and revokes the access tokens of users, never the tokens themselves', async () => {
    const mei = await newAccount()
    const token = await newToken(mei, 'write')
    const page = await (await admin.get(`/admin?q=${mei.email}`)).text()
    expect(page).toContain('a write token')
    expect(page).not.toContain(token)
    const used = await new Guest(server.url).post('/api/session', {}, bearer(token))
    const socket = openSocket(server.url, { token: (await used.json()).token })
    await connected(socket)
    const closed = new Promise((resolve) => socket.once('disconnect', resolve))
    const id = /admin\/tokens"[^>]*>(?:<[^>]+>)*?<input[^>]*name="id" value="([^"]+)"/.exec(page)?.[1] ?? ''
    expect(id).not.toBe('')
    expect((await mei.post('/api/admin/tokens', form({ id }))).status).toBe(404)
    await admin.post('/api/admin/tokens', form({ id }))
    await closed
    expect((await new Guest(server.url).post('/api/session', {}, bearer(token))).status).toBe(401)
  })

  test('cannot lock themselves out, and no one else sees the page', async () => {
    const somebody = await newAccount()
    expect((await somebody.get('/admin')).status).toBe(404)
    for (const path of ['users', 'documents', 'sessions']) {
      const fields = { userId: 'x', action: 'promote', documentId: 'x', sessionId: 'x' }
      expect((await somebody.post(`/api/admin/${path}`, fields)).status).toBe(404)
    }
  })

  const someone = () => ({ email: newEmail(), password: PASSWORD, name: '' })
})

test('npm run reset-password prints a link while the server runs', async () => {
  const { email } = await newAccount()
  const run = async (...args: string[]) => {
    const env = { ...process.env, DATA_DIR: server.dataDir, PUBLIC_URL: 'https://write.example.org' }
    const child = spawn(process.execPath, ['scripts/reset-password.ts', ...args], { env })
    const said: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes))
    const [code] = await once(child, 'close')
    return [code, Buffer.concat(said).toString().trim()]
  }
  const [code, link] = await run(email.toUpperCase())
  expect([code, link]).toEqual([
    0,
    expect.stringMatching(/^https:\/\/write\.example\.org\/reset\/pr1\.[\w.-]+$/),
  ])
  const token = link.split('/reset/')[1]
  const set = await new Guest(server.url).post('/api/account/reset', { token, password: 'a new password' })
  expect(await set.json()).toMatchObject({ ok: true })
  expect(await run('nobody@example.org')).toEqual([1, 'There is no account nobody@example.org.'])
})

test('nothing printed or logged names an e-mail, a password or a token', () => {
  const logs = server.logs().replaceAll(printedToken(), '')
  expect(logs).not.toMatch(/@example\.org|cp_|pr1\.|st1\.|horse|a new password/)
})
