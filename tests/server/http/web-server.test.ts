import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServerProcess, startServer } from '../../support/server-process.ts'
import { Guest } from '../guest.ts'

let server: ServerProcess
let secure: ServerProcess
/** The answer to a client that never ends its request's head. Started first, because it takes time. */
let stalled: Promise<string>

beforeAll(async () => {
  ;[server, secure] = await Promise.all([
    startServer({ env: { TRUSTED_PROXIES: '1' } }),
    startServer({ env: { PUBLIC_URL: 'https://write.example.org' } }),
  ])
  stalled = stall()
}, 60_000)
afterAll(() => Promise.all([server.stop(), secure.stop()]))

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { headers, redirect: 'manual' })

/** Sends one header per second and never the last one, until the server closes the connection. */
async function stall(): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  let answered = ''
  socket.on('data', (bytes) => {
    answered += bytes
  })
  socket.on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
  const drip = setInterval(() => socket.write('X-Drip: 1\r\n'), 1000)
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(drip)
  return answered
}

/** Returns the log line about the request with that id, once there is one. */
async function lineOf(id: string): Promise<Record<string, unknown>> {
  const find = () =>
    server
      .logs()
      .split('\n')
      .filter((line) => line.includes(id))
      .map((line) => JSON.parse(line))
      .at(0)
  await expect.poll(find, { timeout: 5000 }).toBeDefined()
  return find()
}

describe('the headers for browsers', () => {
  test('are on every answer: pages, routes, files, and missing ones', async () => {
    const address = await new Guest(server.url).createDocument()
    const page = await get('/')
    const script = /src="(\/_next\/static\/[^"]+)"/.exec(await page.text())?.[1] ?? 'no script'
    for (const path of ['/', `/d/${address}`, '/nothing/here', '/api/documents', script]) {
      const { headers } = await get(path)
      expect(headers.get('content-security-policy'), path).toMatch(/script-src 'self' 'nonce-[^']{20,}';/)
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|https?:/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('permissions-policy')).toContain('camera=()')
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  test('a page of a document is not cached and reveals no address', async () => {
    const address = await new Guest(server.url).createDocument()
    const { headers } = await get(`/d/${address}`)
    expect(headers.get('cache-control')).toMatch(/private.*no-store/)
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect((await get('/')).headers.get('referrer-policy')).toBe('same-origin')
  })

  test('each page has a nonce of its own, on all its scripts, whatever the request claims', async () => {
    const claimed = { 'content-security-policy': "script-src 'nonce-planted'" }
    const nonces = new Set<string>()
    for (let i = 0; i < 3; i++) {
      const answer = await get('/', claimed)
      const nonce = /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1] ?? ''
      const html = await answer.text()
      const scripts = html.match(/<script\b[^>]*>/g) ?? []
      expect(scripts.length).toBeGreaterThan(2)
      for (const script of scripts) expect(script).toContain(`nonce="${nonce}"`)
      expect(html).not.toContain('planted')
      nonces.add(nonce)
    }
    expect(nonces.size).toBe(3)
  })

  test('require https from now on, only under https', async () => {
    expect((await get('/')).headers.get('strict-transport-security')).toBeNull()
    const answer = await fetch(`${secure.url}/`)
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000')
  })
})

describe('the line in the log', () => {
  test('has the route instead of the path, and the client that a trusted proxy reports', async () => {
    const address = await new Guest(server.url).createDocument()
    const answer = await get(`/d/${address}?secret=1`, { 'x-forwarded-for': '8.8.8.8, 198.51.100.7' })
    const id = answer.headers.get('x-request-id') ?? ''
    expect(await lineOf(id)).toEqual({
      level: 'info',
      at: expect.any(String),
      event: 'http.request',
      id,
      method: 'GET',
      route: '/d/[address]',
      status: 200,
      ms: expect.any(Number),
      ip: '198.51.100.7',
    })
  })

  test('omits a path that is not ours', async () => {
    const answer = await get('/wp-admin/st1.abc.def?password=1')
    const line = await lineOf(answer.headers.get('x-request-id') ?? '')
    expect(line).toMatchObject({ route: '[other]', status: 404 })
    expect(server.logs()).not.toContain('wp-admin')
  })

  test('a proxy that is not in the settings is named once', async () => {
    for (let i = 0; i < 3; i++) {
      await fetch(`${secure.url}/`, { headers: { 'x-forwarded-for': '198.51.100.7' } })
    }
    await expect.poll(() => secure.logs().split('http.proxy-not-trusted').length).toBe(2)
  })
})

describe('refused before Next sees it', () => {
  test('a body that is too large, or of unknown length, for pages and routes', async () => {
    const post = (path: string, headers: Record<string, string>) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const request = httpRequest(server.url + path, { method: 'POST', headers }, resolve)
        request.on('error', reject)
        request.flushHeaders()
      })
    for (const path of ['/', '/api/documents', '/nothing']) {
      const announced = await post(path, { 'content-length': '300000' })
      expect(announced.statusCode).toBe(413)
      announced.destroy()
      const unknown = await post(path, { 'transfer-encoding': 'chunked' })
      expect(unknown.statusCode).toBe(413)
      unknown.destroy()
    }
  })

  test('an upgrade on any path but the socket’s', async () => {
    for (const path of ['/', '/_next/webpack-hmr', '/api/session', '/sockets/']) {
      const socket = connect(server.port, '127.0.0.1')
      let answered = ''
      socket.on('data', (bytes) => {
        answered += bytes
      })
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      )
      socket.on('error', () => undefined)
      await new Promise((resolve) => socket.once('close', resolve))
      expect(answered).not.toContain('101')
    }
  })
})

test('too many requests of one user are answered with 429 and a time to wait, another user’s are not', async () => {
  const ada = new Guest(server.url)
  const bob = new Guest(server.url)
  await Promise.all([ada.session(), bob.session()])
  const rename = (guest: Guest) => guest.post('/api/session/profile', { name: 'x', hue: null })
  const answers = await Promise.all(Array.from({ length: 250 }, () => rename(ada)))
  const refused = answers.find(({ status }) => status === 429)
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(await refused?.json()).toMatchObject({ ok: false, code: 'rate-limited' })
  expect((await rename(bob)).status).toBe(200)
}, 60_000)

test('a request whose head never ends is closed', async () => {
  expect(await stalled).toContain('408')
}, 40_000)
