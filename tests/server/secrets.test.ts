import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SessionAnswer } from '#lib/protocol/messages/session.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { batchOf, connected, Guest, join, next, openSocket, type TestSocket } from './guest.ts'

let server: ServerProcess
const open: TestSocket[] = []

beforeAll(async () => {
  server = await startServer({ env: { LOG_LEVEL: 'trace', TRUSTED_PROXIES: '1' } })
}, 60_000)
afterAll(async () => {
  for (const socket of open) socket.disconnect()
  await server.stop()
})

/** Returns everything in an answer as one string. */
async function told(response: Response): Promise<string> {
  return `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`
}

/** Sends raw bytes. Returns everything received until the connection ends. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.end(bytes))
    let answered = ''
    socket.on('data', (data) => {
      answered += data
    })
    socket.on('close', () => resolve(answered))
    socket.on('error', () => undefined)
    socket.setTimeout(5000, () => socket.destroy())
  })
}

test('after a whole session no token, cookie, address or text is in the log, nor in answers to other users', async () => {
  const secrets = new Map<string, string>()
  /** The answers to users who must not learn the secrets. */
  const heard: string[] = []
  const keep = (what: string, secret: string) => secrets.set(what, secret)
  const keepSession = (who: string, guest: Guest, { token, recovery }: SessionAnswer) => {
    keep(`token of ${who}`, token.slice(4))
    if (recovery !== null) keep(`recovery of ${who}`, recovery.slice(4))
    keep(`cookie of ${who}`, guest.cookie.split('=')[1] ?? '')
    keep(`decoded cookie of ${who}`, decodeURIComponent(guest.cookie.split('=')[1] ?? ''))
  }
  const sockets = async (guest: Guest) => {
    const socket = await guest.connect()
    open.push(socket)
    return socket
  }

  const ada = new Guest(server.url)
  const first = await ada.session()
  keepSession('ada', ada, first)
  const address = await ada.createDocument()
  keep('address', address)
  keep('link id', address.slice(0, 16))
  const lost = new Guest(server.url)
  keepSession('ada again', lost, await (await lost.post('/api/session', { recovery: first.recovery })).json())
  await ada.post('/api/session/profile', { name: 'Ada-of-the-secret-name', hue: 3 })
  keep('name', 'Ada-of-the-secret-name')
  await fetch(`${server.url}/d/${address}?x=1`, { headers: { cookie: ada.cookie } })
  await ada.post('/api/open', new URLSearchParams({ link: `${server.url}/d/${address}` }))

  const socket = await sockets(ada)
  const { room, self } = await join(socket, { address })
  keep('text', 'the-text-of-the-document')
  const committed = next(socket, 'document:update')
  socket.emit('document:update', batchOf(room, 1, 1, 'the-text-of-the-document'))
  await committed
  const differing = { room, seq: 1, digest: '0'.repeat(32) }
  const compare = () => socket.timeout(5000).emitWithAck('document:compare', differing)
  await expect.poll(compare).toMatchObject({ verdict: 'differs' })
  keepSession('ada at last', ada, await ada.session())

  const carol = new Guest(server.url)
  const account = { email: 'carol@the-secret-host.example', password: 'the-secret-password', name: 'Carol' }
  keep('e-mail', account.email)
  keep('password', account.password)
  expect((await carol.post('/api/account/sign-up', account)).status).toBe(200)
  keepSession('carol', carol, await carol.session())
  await carol.post('/api/account/tokens', { name: 'a program', scope: 'write', days: 1 })
  const page = await fetch(`${server.url}/account`, { headers: { cookie: carol.cookie } })
  const program = /cp_[A-Za-z0-9_-]{20,}/.exec(await page.text())?.[0] ?? ''
  keep('access token', program)
  const authorization = `Bearer ${program}`
  expect((await new Guest(server.url).post('/api/session', {}, { authorization })).status).toBe(200)

  // Another user tries everything they can.
  const bob = new Guest(server.url)
  const bobs = await bob.session()
  for (const path of ['sign-in', 'sign-up', 'reset', 'tokens', 'password', 'setup']) {
    for (const body of [{}, { ...account, password: 'another-password' }, { token: 'x', password: 5 }]) {
      heard.push(await told(await bob.post(`/api/account/${path}`, body)))
    }
  }
  const wrong = `${address.slice(0, 31)}${address.endsWith('A') ? 'B' : 'A'}`
  for (const path of ['session', 'session/profile', 'documents', 'documents/delete', 'open']) {
    for (const body of [
      {},
      { address: 5 },
      { address: wrong },
      { name: 5 },
      { recovery: 'gr1.x.y' },
      { link: wrong },
    ]) {
      heard.push(await told(await bob.post(`/api/${path}`, body)))
      heard.push(await told(await bob.post(`/api/${path}`, body, { origin: 'https://evil.example' })))
    }
    heard.push(await told(await fetch(`${server.url}/api/${path}`)))
    heard.push(await told(await bob.post(`/api/${path}`, new URLSearchParams({ broken: '%' }))))
    heard.push(await told(await bob.post(`/api/${path}`, undefined, { authorization: 'Bearer cp_wrong' })))
  }
  for (const path of [
    '/',
    `/d/${wrong}`,
    '/nothing',
    '/preferences',
    '/%',
    '/d/%ff',
    '/_next/static/nothing.js',
  ]) {
    heard.push(
      await told(await fetch(server.url + path, { headers: { cookie: bob.cookie }, redirect: 'manual' })),
    )
  }
  const broken = [
    `GET /d/${address} HTTP/1.1\r\nHost\r\nCookie: ${ada.cookie}\r\n\r\n`,
    `GET /d/${address}\r\n\r\n`,
    `POST /api/session HTTP/1.1\r\nHost: x\r\nCookie: ${ada.cookie}\r\nContent-Length: -1\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'a'.repeat(100_000)}\r\n\r\n`,
    `GET /d/${address} HTTP/9.9\r\nHost: x\r\n\r\n`,
  ]
  for (const request of broken) heard.push(await raw(request))

  for (const token of [first.token.slice(0, -4), `${first.token}x`, 'st1.e30.AAAA', '', 'x'.repeat(5000)]) {
    const refused = openSocket(server.url, { token })
    open.push(refused)
    heard.push(await connected(refused).then(() => 'let in', String))
  }
  const stranger = await sockets(bob)
  const ask = (event: string, ...args: unknown[]) =>
    stranger.timeout(5000).emitWithAck(event as never, ...(args as never)) as Promise<unknown>
  heard.push(
    JSON.stringify(
      await ask('document:join', { address: wrong, clientId: 5, schemaVersion: 1, cursor: null }),
    ),
  )
  heard.push(JSON.stringify(await ask('document:join', { address: `${address}x` })))
  heard.push(JSON.stringify(await ask('document:pull', { room, seq: 0 })))
  heard.push(JSON.stringify(await ask('document:unknown', first.token)))
  expect(heard.every((each) => !each.includes('let in'))).toBe(true)

  // Deleted, then requested again by its owner.
  await ada.post('/api/documents/delete', { address })
  const gone = await told(await ada.post('/api/open', { link: address }))
  expect(gone).not.toContain(address)

  await server.kill('SIGTERM')
  const logs = server.logs()
  expect(logs.split('\n').filter((line) => line.includes('"http.request"')).length).toBeGreaterThan(60)
  keep('token of bob', bobs.token.slice(4))
  // The user id is no secret: without it the line would be useless.
  const [differs = ''] = logs.split('\n').filter((line) => line.includes('"room.content-differs"'))
  expect(JSON.parse(differs)).toMatchObject({ userId: self.userId, seq: 1 })
  expect(self.userId).toHaveLength(32)
  const found = [...secrets].flatMap(([what, secret]) => [
    ...(logs.includes(secret) ? [`${what} in the log`] : []),
    // A wrong address that a user sent contains the link id, and may be sent back to them.
    ...heard
      .filter((each) => !['token of bob', 'link id'].includes(what) && each.includes(secret))
      .map((each) => `${what} in ${each.slice(0, 300)}`),
  ])
  expect(secrets.size).toBeGreaterThan(10)
  for (const secret of secrets.values()) expect(secret.length).toBeGreaterThan(10)
  expect(found).toEqual([])
}, 60_000)

test('the data folder’s secret is in no output', async () => {
  const secret = await readFile(`${server.dataDir}/secret`, 'utf8')
  expect(secret.length).toBeGreaterThan(30)
  expect(server.logs()).not.toContain(secret.trim())
})
